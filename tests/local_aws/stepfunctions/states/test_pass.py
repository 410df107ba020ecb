"""Pass states: https://states-language.net/#pass-state."""

from tests.local_aws.stepfunctions.workbench import Workbench


def test_hands_its_input_on(bench: Workbench) -> None:
    assert bench.run_state({"Type": "Pass"}, {"a": [1, None, "ü"]}).output == {"a": [1, None, "ü"]}


def test_result_takes_the_input_s_place(bench: Workbench) -> None:
    assert bench.run_state({"Type": "Pass", "Result": {"x": 1}}, {"a": 1}).output == {"x": 1}


def test_result_path_puts_the_result_into_the_input(bench: Workbench) -> None:
    state = {"Type": "Pass", "Result": {"x-datum": 0.381, "y-datum": 622.2}, "ResultPath": "$.coords"}
    assert bench.run_state(state, {"georefOf": "Home"}).output == {
        "georefOf": "Home",
        "coords": {"x-datum": 0.381, "y-datum": 622.2},
    }


def test_result_path_null_keeps_the_input(bench: Workbench) -> None:
    assert bench.run_state({"Type": "Pass", "Result": 1, "ResultPath": None}, {"a": 1}).output == {"a": 1}


def test_parameters_make_the_result(bench: Workbench) -> None:
    state = {"Type": "Pass", "Parameters": {"flag": True, "x.$": "$.a.b", "list": [{"y.$": "$.a"}]}}
    assert bench.run_state(state, {"a": {"b": 2}}).output == {"flag": True, "x": 2, "list": [{"y": {"b": 2}}]}


def test_history_of_two_states(bench: Workbench) -> None:
    result = bench.run(
        {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "End": True}}}, {"x": 1}
    )
    assert result.types == [
        "ExecutionStarted",
        "PassStateEntered",
        "PassStateExited",
        "PassStateEntered",
        "PassStateExited",
        "ExecutionSucceeded",
    ]
    assert result.chain == [0, 0, 2, 3, 4, 5]
    assert [event["id"] for event in result.events] == [1, 2, 3, 4, 5, 6]
    assert result.details("ExecutionStarted") == {
        "input": '{"x": 1}',
        "inputDetails": {"truncated": False},
        "roleArn": bench.role,
    }
    assert result.details("PassStateEntered", 1) == {
        "name": "B",
        "input": '{"x":1}',
        "inputDetails": {"truncated": False},
    }
    assert result.details("ExecutionSucceeded") == {"output": '{"x":1}', "outputDetails": {"truncated": False}}
