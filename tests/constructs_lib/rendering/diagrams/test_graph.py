import re
from typing import Any

import pytest

from constructs_lib.definitions import Catch, FailStep, ReadJsonStep
from constructs_lib.rendering import render_states
from constructs_lib.rendering.diagrams import Edge, Graph
from tests.constructs_lib.rendering.diagrams.machines import COMPLEX
from tests.constructs_lib.samples import endpoint, function, training, workflow

FAILED = FailStep(name="Failed")


def test_a_definition_and_its_state_machine_have_one_graph() -> None:
    definition = workflow(training("T"), endpoint("E", catch=[Catch(next_step=FAILED)]), function("F"))

    assert Graph.from_definition(definition) == Graph.from_states(render_states(definition), title="sample")


def test_a_definition_needs_no_roles_to_be_drawn() -> None:
    assert [node.name for node in Graph.from_definition(workflow(training("T", role=None))).nodes] == ["T"]


def test_helper_states_are_part_of_their_step() -> None:
    graph = Graph.from_definition(workflow(function("A"), endpoint("E"), function("B")))

    assert [(node.name, node.kind, node.notes, node.ends) for node in graph.nodes] == [
        ("A", "Lambda function", (), False),
        ("E", "SageMaker endpoint", ("waits until in service",), False),
        ("B", "Lambda function", (), True),
    ]
    assert graph.edges == (Edge(source="A", target="E"), Edge(source="E", target="B"))


def test_a_step_with_helpers_can_be_the_last() -> None:
    graph = Graph.from_definition(workflow(endpoint("E")))

    assert [(node.name, node.ends) for node in graph.nodes] == [("E", True)]
    assert graph.edges == ()


def test_a_failure_that_a_helper_hands_on_is_a_catch() -> None:
    graph = Graph.from_definition(workflow(endpoint("E", catch=[Catch(next_step=FAILED)])))

    assert graph.edges == (Edge(source="E", target="Failed", kind="catch", label="States.ALL"),)


def test_a_failure_that_only_a_helper_meets_is_one_too() -> None:
    states: dict[str, Any] = {
        "E": {"Type": "Task", "Next": "E: look"},
        "E: look": {
            "Type": "Choice",
            "Choices": [{"Variable": "$", "StringEquals": "x", "Next": "E: wait"}],
            "Default": "E: sad",
        },
        "E: wait": {"Type": "Wait", "Seconds": 1, "Next": "E"},
        "E: sad": {"Type": "Pass", "Next": "Failed"},
        "Failed": {"Type": "Fail"},
    }
    graph = Graph.from_states({"StartAt": "E", "States": states})

    assert graph.edges == (Edge(source="E", target="Failed", kind="catch"),)
    assert graph.nodes[0].notes == ("waits for the result",)


def test_a_helper_that_keeps_a_result_goes_on_to_the_next_step() -> None:
    graph = Graph.from_definition(workflow(ReadJsonStep(name="R", bucket="my-bucket", key="k.json"), function("F")))

    assert graph.edges == (Edge(source="R", target="F"),)


def test_a_name_with_a_colon_is_no_helper_of_nothing() -> None:
    states = {"A: b": {"Type": "Pass", "Next": "C"}, "C": {"Type": "Pass", "End": True}}

    assert [node.name for node in Graph.from_states({"StartAt": "A: b", "States": states}).nodes] == ["A: b", "C"]


def test_any_state_machine_has_a_graph() -> None:
    graph = Graph.from_states(COMPLEX)

    assert graph.title == "from elsewhere"
    assert graph.starts == ("Pre-process",)
    assert [(node.name, node.kind, node.ends) for node in graph.nodes] == [
        ("Pre-process", "SageMaker processing job", False),
        ("Side by side", "Parallel", False),
        ("Train", "SageMaker training job", False),
        ("Good?", "Choice", False),
        ("Pause", "Wait", False),
        ("Notify", "Map", False),
        ("Done", "Succeed", True),
        ("ML Workflow failed", "Fail", False),
    ]
    assert [branch.starts for branch in graph.nodes[1].branches] == [("Anomaly",), ("Features",)]
    assert list(graph.names()) == [
        *("Pre-process", "Side by side", "Anomaly", "Features", "Select", "Train", "Good?", "Pause", "Notify", "Send"),
        *("Done", "ML Workflow failed"),
    ]
    assert Edge(source="Good?", target="Notify", kind="choice", label="accuracy ≥ 0.9") in graph.edges
    assert Edge(source="Good?", target="ML Workflow failed", kind="choice", label="otherwise") in graph.edges
    assert Edge(source="Side by side", target="ML Workflow failed", kind="catch", label="States.ALL") in graph.edges


def test_a_loop_of_one_state_is_kept() -> None:
    states = {"A": {"Type": "Choice", "Choices": [{"Variable": "$.x", "IsNull": True, "Next": "A"}], "Default": "B"}}
    graph = Graph.from_states({"StartAt": "A", "States": {**states, "B": {"Type": "Succeed"}}})

    assert graph.title == "workflow"
    assert graph.edges[0] == Edge(source="A", target="A", kind="choice", label="x is null")


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({}, "got a document without States or StartAt, expected a state machine definition"),
        (
            {"StartAt": "A", "States": []},
            "got a document without States or StartAt, expected a state machine definition",
        ),
        ({"StartAt": "B", "States": {"A": {}}}, "got a document without States or StartAt"),
        ({"StartAt": "A", "States": {"A": {"Next": "B"}}}, "the state 'A' leads to 'B', which is no state"),
    ],
)
def test_what_is_no_state_machine_is_refused(document: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        Graph.from_states(document)
