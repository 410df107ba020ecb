from hypothesis import given
from hypothesis import strategies as st

from constructs_lib.definitions import Step
from constructs_lib.definitions.flow import Flow
from constructs_lib.rendering.variables import Variables, View, dotted
from tests.constructs_lib.samples import build, function, training

NAMES = st.text(st.characters(min_codepoint=32, max_codepoint=0x500), min_size=1, max_size=80)


def read(*paths: str, name: str = "Train Step") -> tuple[Variables, Step, View]:
    step = training(name)
    flow = Flow([step, function("Reader", payload={"a": [step.output(path) for path in paths]})])
    variables = Variables(flow)
    return variables, step, variables.seen_from(flow.line.scope)


def test_only_what_is_read_is_kept() -> None:
    variables, step, _ = read("TrainingJobName", "ModelArtifacts.S3ModelArtifacts", "TrainingJobName")

    assert variables.assign(step) == {
        "TrainStep": {
            "S3ModelArtifacts.$": "$.ModelArtifacts.S3ModelArtifacts",
            "TrainingJobName.$": "$.TrainingJobName",
        }
    }
    assert variables.assign(function("Reader")) is None


def test_paths_that_end_alike_keep_apart() -> None:
    paths = ["A.Name", "B.Name", "A[0]", "A[1]", "A_Name"]
    variables, step, view = read(*paths)

    assert variables.assign(step) == {
        "TrainStep": {
            "A_Name.$": "$.A.Name",
            "A_0.$": "$.A[0]",
            "A_1.$": "$.A[1]",
            "A_Name_2.$": "$.A_Name",
            "B_Name.$": "$.B.Name",
        }
    }
    assert [view.path(training("Train Step").output(path)) for path in paths] == [
        "$TrainStep.A_Name",
        "$TrainStep.B_Name",
        "$TrainStep.A_0",
        "$TrainStep.A_1",
        "$TrainStep.A_Name_2",
    ]


def test_names_that_come_to_the_same_keep_apart() -> None:
    steps = [
        build(name) for name in ("Build it", "build it", "Build-It!", "1st", "states", "日本", "x" * 80, "X" + "x" * 79)
    ]
    reader = function("Reader", payload={"a": [step.output("ImageUri") for step in steps]})

    names = [next(iter(Variables(Flow([*steps, reader])).assign(step) or {})) for step in steps]

    assert names == [
        "BuildIt",
        "BuildIt_2",
        "BuildIt_3",
        "Step1st",
        "StepStates",
        "Step",
        "X" + "x" * 79,
        "X" + "x" * 77 + "_2",
    ]


def test_unusual_members_are_written_with_brackets() -> None:
    assert dotted("A.some-key[0].B") == ".A['some-key'][0].B"


@given(st.lists(NAMES, min_size=1, max_size=12, unique=True))
def test_variable_names_are_legal_and_never_clash(names: list[str]) -> None:
    steps = [build(name) for name in names]
    reader = function("\0", payload={"a": [step.output("ImageUri") for step in steps]})

    variables = [next(iter(Variables(Flow([*steps, reader])).assign(step) or {})) for step in steps]

    assert len(set(variables)) == len(names)
    assert all(name.isidentifier() and name.isascii() and len(name) <= 80 and name != "States" for name in variables)
