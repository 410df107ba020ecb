import pytest

from constructs_lib.definitions import (
    CAUGHT_CAUSE,
    CAUGHT_ERROR,
    MAP_INDEX,
    TASK_TOKEN,
    Catch,
    ChoiceRule,
    ChoiceStep,
    DistributedMapStep,
    ExecutionInput,
    FailStep,
    Join,
    MapItem,
    MapStep,
    ParallelStep,
    StepOutput,
    SucceedStep,
    UniqueName,
    is_present,
)
from tests.constructs_lib.samples import (
    NUMBER_TOKEN,
    TOKEN,
    build,
    config,
    endpoint,
    function,
    model,
    problems,
    training,
    tuning,
)

ARTIFACT = "ModelArtifacts.S3ModelArtifacts"


def test_outputs_belong_to_steps_of_the_workflow() -> None:
    reader = model("Save", model_data_uri=StepOutput("Trian", ARTIFACT))
    assert problems(training("Train"), reader) == [
        f"Save: reads '{ARTIFACT}' of the step 'Trian', which is not in this workflow; did you mean 'Train'?"
    ]


def test_outputs_belong_to_steps_of_the_workflow_passing() -> None:
    train = training("Train")
    assert problems(train, model("Save", model_data_uri=train.output(ARTIFACT))) == []


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (
            "ModelArtifacts.S3ModelArtifact",
            "no member 'S3ModelArtifact' in 'ModelArtifacts'; did you mean 'S3ModelArtifacts'?",
        ),
        (
            "ModelArtifact",
            "no member 'ModelArtifact' in the response of DescribeTrainingJob; did you mean 'ModelArtifacts'?",
        ),
        ("ModelArtifacts.Zzz", "no member 'Zzz' in 'ModelArtifacts', expected S3ModelArtifacts"),
        ("TrainingJobName.x", "'TrainingJobName' is a string and has no member 'x'"),
        ("TrainingJobName[0]", "'TrainingJobName' is a string and has no positions"),
        ("$.TrainingJobName", "expected member names with dots between them, such as 'A.B' or 'A[0].B'"),
    ],
)
def test_outputs_exist(path: str, message: str) -> None:
    train = training("Train")
    assert problems(train, function("Next", payload={"a": train.output(path)})) == [
        f"Next: reads '{path}' of the step 'Train': {message}"
    ]


def test_outputs_exist_where_the_step_declares_them() -> None:
    image = build("Build")
    call = function("Call")
    stop = FailStep(name="Stop")
    values = [image.output("ImageUrl"), image.output("ImageUri.x"), call.output("Payload"), call.output("Pay")]
    found = problems(image, call, function("Next", payload={"a": values, "b": StepOutput("Stop", "x")}), stop)
    assert found == [
        (
            "Next: reads 'ImageUrl' of the step 'Build': no member 'ImageUrl', expected BuildId, ImageDigest, "
            "ImageTag, ImageUri, Reused"
        ),
        "Next: reads 'ImageUri.x' of the step 'Build': 'ImageUri' is a string and has no members",
        (
            "Next: reads 'Pay' of the step 'Call': no member 'Pay', expected ExecutedVersion, FunctionError, Payload, "
            "StatusCode"
        ),
        "Next: reads the step 'Stop', which gives nothing back",
        "Next: reads 'x' of the step 'Stop', which has not surely run before it",
    ]


def test_outputs_exist_passing() -> None:
    train, image, call = training("Train"), build("Build"), function("Call")
    answered = function("Ask", payload={"token": TASK_TOKEN}, wait_for_callback=True)
    started = training("Start", wait=False)
    served, asked = endpoint("Serve"), endpoint("Request", wait=False)
    saved, configured = model("Save"), config("Configure")
    reader = {
        "a": train.output("FinalMetricDataList[0].Value"),
        "b": train.output("HyperParameters.eta"),
        "c": image.output("Reused"),
        "d": call.output("Payload.anything[3].at.all"),
        "e": answered.output("whatever.it.says"),
        "f": started.output("TrainingJobArn"),
        "g": served.output("ProductionVariants[0].CurrentWeight"),
        "h": asked.output("EndpointArn"),
        "i": saved.output("ModelArn"),
        "j": configured.output("EndpointConfigArn"),
    }
    before = [train, image, call, answered, started, served, asked, saved, configured]
    assert problems(*before, function("Read", payload=reader)) == []


def test_outputs_are_read_after_their_step() -> None:
    train = training("Train")
    early = function("Early", payload={"a": train.output(ARTIFACT)})
    assert problems(early, train) == [
        f"Early: reads '{ARTIFACT}' of the step 'Train', which has not surely run before it"
    ]


def test_outputs_are_read_after_their_step_and_not_by_itself() -> None:
    assert problems(function("A", payload={"x": StepOutput("A", "Payload")})) == ["A: reads 'Payload' of itself"]


def test_outputs_are_read_after_their_step_whatever_failed() -> None:
    first, second = function("First"), function("Second")
    clean = function("Clean", payload={"a": first.output("Payload"), "b": second.output("Payload")})
    caught = [Catch(next_step=clean)]
    found = problems(first, function("Middle", catch=caught), second, function("Last", catch=caught))
    assert found == ["Clean: reads 'Payload' of the step 'Second', which has not surely run before it"]


def test_outputs_are_read_after_their_step_in_a_handler_of_a_handler() -> None:
    first = function("First")
    last = function("Last", payload={"a": first.output("Payload")})
    other = function("Other", catch=[Catch(next_step=last)])
    chain = [function("Zero", catch=[Catch(next_step=other)]), first, function("A", catch=[Catch(next_step=last)])]
    assert problems(*chain) == ["Last: reads 'Payload' of the step 'First', which has not surely run before it"]
    assert problems(first, function("A", catch=[Catch(next_step=other)])) == []


def test_outputs_are_read_after_their_step_passing() -> None:
    first = function("First")
    clean = function("Clean", payload={"a": first.output("Payload")})
    caught = [Catch(next_step=clean)]
    second = function("Second", payload={"a": first.output("Payload")}, depends_on=[first], catch=caught)
    assert problems(second, first) == []


def test_execution_inputs_are_declared_alike() -> None:
    one, other = ExecutionInput("A"), ExecutionInput("A", type="integer")
    assert problems(function("F", payload={"a": one}), function("G", payload={"a": other})) == [
        "G: declares the execution input 'A' otherwise than an earlier use of it"
    ]


def test_execution_inputs_are_declared_alike_passing() -> None:
    steps = [function(name, payload={"a": ExecutionInput("A", pattern="x+")}) for name in "FG"]
    assert problems(*steps) == []


@pytest.mark.parametrize("name", ["", "1a", "a b", "-a", "x" * 81])
def test_execution_inputs_have_legal_names(name: str) -> None:
    (found,) = problems(function("F", payload={"a": ExecutionInput(name)}))
    assert found.startswith("F: got the execution input '")
    assert found.endswith("expected 1 to 80 letters, digits, '-' or '_', not beginning with a digit or '-'")


def test_execution_inputs_have_legal_names_passing() -> None:
    assert problems(function("F", payload={"a": ExecutionInput("job-name_1")})) == []


def test_execution_inputs_have_sound_patterns() -> None:
    assert problems(function("F", payload={"a": ExecutionInput("A", pattern="(")})) == [
        "F: execution input 'A': got the pattern '(': missing ), unterminated subpattern at position 0"
    ]


def test_execution_inputs_have_sound_patterns_passing() -> None:
    assert problems(function("F", payload={"a": ExecutionInput("A", pattern="a|b")})) == []


@pytest.mark.parametrize("prefix", ["", "-a", "a-", "a_b", "x" * 28])
def test_unique_names_have_legal_prefixes(prefix: str) -> None:
    assert problems(training("T", job_name=UniqueName(prefix))) == [
        f"T: got the prefix '{prefix}', expected 1 to 27 letters, digits and inner hyphens"
    ]


def test_unique_names_have_legal_prefixes_passing() -> None:
    assert problems(training("T", job_name=UniqueName("a--B9" + "x" * 22))) == []


def test_joins_join_texts_and_numbers() -> None:
    assert problems(function("F", payload={"a": [Join("-", []), Join("-", [NUMBER_TOKEN])]})) == [
        "F: got Join('-', ()), expected Join(text, list of parts)",
        "F: got the number token -1.8881545897087e+289 in a Join, expected a text token: Token.as_string makes one",
    ]


def test_joins_join_texts_and_numbers_passing() -> None:
    assert problems(function("F", payload={"a": Join("/", ["s3://", TOKEN, 1, 0.5, ExecutionInput("A")])})) == []


def test_lists_hold_plain_values_beside_references() -> None:
    name = ExecutionInput("A")
    assert problems(function("F", payload={"a": [{"b": [name, {"c": 1}, True]}], "d": [name, None]})) == [
        ("F: Payload.a[0].b[1]: got {'c': 1} in a list with references, expected texts, numbers and references only"),
        "F: Payload.a[0].b[2]: got True in a list with references, expected texts, numbers and references only",
        "F: Payload.d[1]: got None in a list with references, expected texts, numbers and references only",
    ]


def test_lists_hold_plain_values_beside_references_passing() -> None:
    name = ExecutionInput("A")
    assert problems(function("F", payload={"a": [name, "b", 1, 0.5], "c": [{"d": name}, None, True, [name]]})) == []


def test_caught_errors_are_read_where_a_catch_leads() -> None:
    assert problems(function("F", payload={"a": CAUGHT_ERROR})) == [
        "F: reads CaughtValue(member='Error'), expected only in a step that a Catch leads to"
    ]


def test_caught_errors_are_read_where_a_catch_leads_passing() -> None:
    failed = FailStep(name="Failed", error=CAUGHT_ERROR, cause=CAUGHT_CAUSE)
    assert problems(function("F", catch=[Catch(next_step=failed)])) == []


def test_task_tokens_are_passed_by_steps_that_wait() -> None:
    found = problems(function("F", wait_for_callback=True), function("G", payload={"a": TASK_TOKEN}))
    assert found == [
        "F: waits for a callback, expected TASK_TOKEN somewhere in its request",
        "G: reads TASK_TOKEN, expected only in a step that waits for a callback",
    ]


def test_task_tokens_are_passed_by_steps_that_wait_passing() -> None:
    waiting = function("F", wait_for_callback=True, payload={"a": {"b": TASK_TOKEN}})
    assert problems(waiting, build("B"), config("C")) == []


def test_outputs_of_ways_and_iterations_are_not_surely_there() -> None:
    one, two, three = function("One"), function("Two"), function("Three", catch=[Catch(next_step=function("Rescue"))])
    choice = ChoiceStep(
        name="C",
        rules=[ChoiceRule(condition=is_present(ExecutionInput("A", optional=True)), steps=[one])],
        otherwise=[],
    )
    repeat = MapStep(name="M", items=[1], steps=[two])
    branches = ParallelStep(name="P", branches=[[three]])
    payload = {"a": [step.output("Payload") for step in (one, two, three)]}

    assert problems(choice, repeat, branches, function("Reader", payload=payload)) == [
        f"Reader: reads 'Payload' of the step {name!r}, which has not surely run before it"
        for name in ("One", "Two", "Three")
    ]


def test_outputs_of_steps_side_by_side_are_there_behind_their_join_only() -> None:
    first = function("F")
    left = function("L", depends_on=[first])
    right = function("R", depends_on=[first])
    failed = FailStep(name="Failed", cause=left.output("Payload.a"))
    last = function("Z", payload={"a": left.output("Payload"), "b": right.output("Payload")})
    inside = function("I", payload={"a": left.output("Payload")}, catch=[Catch(next_step=failed)])

    assert problems(first, left, right, last) == []
    assert problems(first, left, right, inside) == [
        "Failed: reads 'Payload.a' of the step 'L', which has not surely run before it"
    ]


def test_items_are_read_inside_of_maps() -> None:
    rescue = function("Rescue", payload={"n": MAP_INDEX})
    assert problems(
        function("A", payload={"item": MapItem("x")}, catch=[Catch(next_step=rescue)]),
    ) == [
        "A: reads MapItem(path='x'), expected only in the steps of a Map",
        "Rescue: reads MAP_INDEX, expected only in the steps of a Map",
    ]


def test_items_are_read_inside_of_maps_passing() -> None:
    rescue = function("Rescue", payload={"n": MAP_INDEX})
    inner = function("A", payload={"item": MapItem("x")}, catch=[Catch(next_step=rescue)])
    assert (
        problems(MapStep(name="M", items=[1], steps=[ParallelStep(name="P", branches=[[function("B")]]), inner])) == []
    )


def test_names_differ_between_the_items_of_a_map() -> None:
    assert problems(MapStep(name="M", items=[1], steps=[training("T", job_name="job")])) == [
        "T: TrainingJobName: got one name for all items of 'M', 'job', expected one with MAP_INDEX or MapItem in it"
    ]


def test_names_differ_between_the_items_of_a_map_passing() -> None:
    name = Join("-", [UniqueName("t"), MAP_INDEX])
    assert problems(MapStep(name="M", items=[1], steps=[training("T", job_name=name), function("F")])) == []


def test_names_that_differ_by_themselves_need_no_number() -> None:
    maps = MapStep(name="M", items=[1], steps=[tuning("Tune")])
    distributed = DistributedMapStep(name="D", items=[1], steps=[training("T")])
    assert problems(maps, distributed) == []
    fixed = UniqueName("t")  # one name for the whole execution of the workflow, from which all items are started
    assert problems(DistributedMapStep(name="D", items=[1], steps=[training("T", job_name=fixed)])) == [
        (
            "T: TrainingJobName: got one name for all items of 'D', UniqueName(prefix='t', per_attempt=False), "
            "expected one with MAP_INDEX or MapItem in it"
        )
    ]


def test_the_result_of_an_iteration_is_of_a_step_that_has_run_in_it() -> None:
    skipped = function("Skipped")
    choice = ChoiceStep(name="C", rules=[ChoiceRule(condition=is_present(MapItem("a")), steps=[skipped])], otherwise=[])
    unknown = StepOutput("Nobody", "Payload")
    assert problems(
        MapStep(name="M", items=[1], steps=[choice], result=skipped.output("Payload.a")),
        MapStep(name="N", items=[1], steps=[function("F")], result=unknown),
        MapStep(name="O", items=[1], steps=[function("G")], result=MapItem("a")),
    ) == [
        "M: result: reads 'Payload.a' of the step 'Skipped', which has not surely run in an iteration",
        "N: reads 'Payload' of the step 'Nobody', which is not in this workflow",
    ]


def test_a_branch_that_may_end_early_gives_nothing() -> None:
    inner = function("Inner")
    ending = ChoiceStep(
        name="C",
        rules=[ChoiceRule(condition=is_present(ExecutionInput("A", optional=True)), steps=[SucceedStep(name="End")])],
        otherwise=[],
    )
    branches = ParallelStep(name="P", branches=[[inner, ending]])
    assert problems(branches, function("Reader", payload={"a": inner.output("Payload")})) == [
        "Reader: reads 'Payload' of the step 'Inner', which has not surely run before it"
    ]
