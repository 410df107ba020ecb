import pytest

from constructs_lib.definitions import (
    ChoiceStep,
    DefinitionError,
    ExecutionInput,
    Join,
    MonitoredTransform,
    NotebookJobStep,
    PipelineParameter,
    QualityCheckStep,
    equal,
)
from tests.constructs_lib.samples import (
    IMAGE,
    ROLE,
    evaluation,
    function,
    pipeline,
    processing,
    training,
    transform,
    tuning,
)

GOOD = equal(ExecutionInput("Mode"), "good")


def test_steps_inside_of_a_choice_stand_behind_it() -> None:
    choice = ChoiceStep.if_else(name="C", conditions=[GOOD], if_steps=[function("A")], else_steps=[function("B")])
    given = pipeline(choice, function("D"))
    assert [step.name for step in given.all_steps] == ["C", "A", "B", "D"]
    assert given.step("B").name == "B"
    with pytest.raises(KeyError, match=r"^'E'$"):
        given.step("E")


def test_parameters_are_those_listed_and_those_read() -> None:
    listed = PipelineParameter("Listed", default="a")
    read = PipelineParameter("Read", type="integer", default=1)
    given = pipeline(function(payload={"a": [read, listed]}), parameters=[listed])
    assert [value.name for value in given.execution_inputs] == ["Listed", "Read"]


def test_roles_are_given_to_steps_inside_of_a_choice() -> None:
    choice = ChoiceStep.if_else(name="C", conditions=[GOOD], if_steps=[training("A", role=None)])
    given = pipeline(processing("P", role=None), choice)
    assert [step.name for step in given.steps_without_role] == ["P", "A"]
    assert given.with_roles({"P": ROLE, "A": ROLE}).steps_without_role == ()
    with pytest.raises(DefinitionError, match=r"C: role: got a role for 'C', expected one for: A, P$"):
        given.with_roles({"C": ROLE})


def test_all_problems_at_once_those_of_types_too() -> None:
    with pytest.raises(DefinitionError) as raised:
        pipeline(processing("P", image=1, depends_on=["Q"]), name="a_b", default_cache="PT12H", max_steps=0)
    assert str(raised.value) == (
        "pipeline 'a_b' is not valid, 5 problems:\n"
        "  default_cache: got 'PT12H', expected a CacheConfig or None\n"
        "  steps: got 1 steps, expected at most 0; max_steps says where the account's quota is higher\n"
        "  name: got 'a_b', expected 1 to 256 letters, digits and inner hyphens\n"
        "  P: image: got 1, expected a text or a reference or a ContainerImage\n"
        "  P: depends_on: got 'Q', expected a step of this pipeline"
    )


def test_an_output_is_told_by_its_name_or_place() -> None:
    file = evaluation("E")
    path = "ProcessingOutputConfig.Outputs[{}].S3Output.S3Uri"
    assert file.output_location("report") == file.output(path.format("'report'")) == file.output(path.format(0))
    with pytest.raises(KeyError, match=r"^'other'$"):
        file.output_location("other")


def test_the_model_of_one_of_the_best_training_jobs() -> None:
    step = tuning("Tune")
    name = step.output("TrainingJobSummaries[1].TrainingJobName")
    whole = Join("/", ["s3:/", "data", "models", name, "output/model.tar.gz"])
    assert step.top_model_uri(1, "data", "models") == whole
    assert step.top_model_uri(1, "data") == Join("/", ["s3:/", "data", name, "output/model.tar.gz"])


def test_outputs_of_notebook_jobs_have_names_of_their_own() -> None:
    step = NotebookJobStep(
        name="N", image=IMAGE, notebook="a.ipynb", input_uri="s3://data/a", output_uri="s3://data/b", region="eu-west-1"
    )
    assert step.output("ComputingJobName") == step.output("TrainingJobName")


@pytest.mark.parametrize(("before", "names"), [(False, ["T", "C"]), (True, ["C", "T"])])
def test_a_check_comes_before_or_after_its_transform_job(before: bool, names: list[str]) -> None:
    check = QualityCheckStep(
        name="C", image=IMAGE, compute=processing().compute, data_uri="s3://data/rows", output_uri="s3://data/quality"
    )
    first, second = MonitoredTransform(transform=transform("T"), check=check, before=before).steps
    assert [first.name, second.name] == names
    assert second.dependencies == (first.name,)
