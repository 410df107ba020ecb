import pytest

from constructs_lib.definitions import (
    TRAINING_JOB_NAME,
    ChoiceStep,
    ExecutionInput,
    ExperimentConfig,
    FailStep,
    Join,
    JsonGet,
    PropertyFile,
    StepOutput,
    UniqueName,
    equal,
)
from tests.constructs_lib.samples import (
    NUMBER_TOKEN,
    config,
    endpoint,
    evaluation,
    function,
    model,
    pipeline_problems,
    processing,
    training,
    transform,
    tuning,
)

GOOD = equal(ExecutionInput("Mode"), "good")


def test_outputs_belong_to_steps_of_the_pipeline() -> None:
    read = StepOutput("Trian", "TrainingJobStatus")
    experiment = ExperimentConfig(trial_name=read)
    assert pipeline_problems(training(), function("F", payload={"a": read}), experiment=experiment) == [
        "experiment: reads StepOutput(step='Trian', path='TrainingJobStatus'), but no step has run yet",
        ("F: reads 'TrainingJobStatus' of the step 'Trian', which is not in this pipeline; did you mean 'Train'?"),
    ]


def test_outputs_belong_to_steps_of_the_pipeline_passing() -> None:
    train = training()
    assert pipeline_problems(train, function(payload={"a": train.output("TrainingJobStatus")})) == []


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("TrainingJobStatsu", "no member 'TrainingJobStatsu' in the response of DescribeTrainingJob; did you mean"),
        ("A..B", "expected member names with dots between them"),
    ],
)
def test_outputs_exist(path: str, problem: str) -> None:
    (found,) = pipeline_problems(training(), function("F", payload={"a": training().output(path)}))
    assert found.startswith(f"F: reads {path!r} of the step 'Train': {problem}")


def test_outputs_of_functions_are_declared() -> None:
    first = function("First", outputs={"rows": "integer"})
    assert pipeline_problems(first, function("F", payload={"a": first.output("Payload.row")})) == [
        "F: reads 'Payload.row' of the step 'First': no member 'row', expected rows"
    ]


def test_what_fails_gives_nothing() -> None:
    fail = FailStep(name="Stop")
    assert pipeline_problems(fail, function("F", payload={"a": fail.output("Cause")})) == [
        "F: reads the step 'Stop', which gives nothing back"
    ]


def test_outputs_exist_passing() -> None:
    first, tune, file = function("First", outputs={"rows": "integer"}), tuning(), evaluation()
    read = [
        first.output("Payload.rows"),
        first.output("rows"),
        tune.output("TrainingJobSummaries[0].TrainingJobName"),
        tune.output("BestTrainingJob.TrainingJobName"),
        file.output("ProcessingOutputConfig.Outputs['report'].S3Output.S3Uri"),
    ]
    assert pipeline_problems(first, tune, file, function("F", payload={"a": read})) == []


def test_outputs_are_of_steps_that_surely_run() -> None:
    inside = processing("Inside")
    choice = ChoiceStep.if_else(name="C", conditions=[GOOD], if_steps=[inside])
    after = function("F", payload={"a": inside.output("ProcessingJobStatus")})
    assert pipeline_problems(choice, after) == [
        "F: reads 'ProcessingJobStatus' of the step 'Inside', which is inside of 'C' and may not run"
    ]


def test_names_are_of_steps_that_surely_run() -> None:
    saved, configured = model(), config()
    choice = ChoiceStep.if_else(name="C", conditions=[GOOD], if_steps=[saved, configured])
    after = [transform(model_name=saved.model_name), endpoint(config_name=configured.config_name)]
    assert pipeline_problems(choice, *after) == [
        "Transform: reads the name of the step 'Save', which is inside of 'C' and may not run",
        "Serve: reads the name of the step 'Configure', which is inside of 'C' and may not run",
    ]


def test_outputs_are_of_steps_that_surely_run_passing() -> None:
    inside = processing("Inside")
    after = function("F", payload={"a": inside.output("ProcessingJobStatus")})
    assert pipeline_problems(ChoiceStep.if_else(name="C", conditions=[GOOD], else_steps=[after, inside])) == []


def test_json_is_read_of_property_files() -> None:
    read = [JsonGet("Train", "Report", "a"), JsonGet("Other", "Report", "a"), JsonGet("Plain", "Report", "a")]
    others = [training(), evaluation(), processing("Plain")]
    other = evaluation("Other", property_files=[PropertyFile(name="Rows", output_name="report", path="rows.json")])
    assert pipeline_problems(*others, other, function("F", payload={"a": read})) == [
        "F: reads a property file of 'Train', a Training job, expected a processing step",
        "F: reads the property file 'Report' of 'Other', expected Rows; it is one of 'Evaluate'",
        (
            "F: reads the property file 'Report' of 'Plain', expected none: it has no property files; "
            "it is one of 'Evaluate'"
        ),
    ]


def test_json_is_read_of_property_files_passing() -> None:
    file = evaluation()
    assert pipeline_problems(file, function(payload={"a": file.json_get(file.property_files[0], "a")})) == []


@pytest.mark.parametrize("path", ["", "$.a", "a..b", "a[*]", "a[", "a b", ".a", "a[?(@.b)]"])
def test_json_paths_lead_to_one_value(path: str) -> None:
    assert pipeline_problems(evaluation(), function("F", payload={"a": JsonGet("Evaluate", "Report", path)})) == [
        f"F: got the path {path!r} in a JsonGet, expected names and positions, such as 'a.b[0]'"
    ]


@pytest.mark.parametrize("path", ["a", "a.b[0].c", "['validation:rmse'].value", "a['b c'][1]"])
def test_json_paths_lead_to_one_value_passing(path: str) -> None:
    assert pipeline_problems(evaluation(), function("F", payload={"a": JsonGet("Evaluate", "Report", path)})) == []


def test_property_files_lie_in_outputs() -> None:
    files = [PropertyFile(name="Report", output_name="reports", path="a.json")]
    assert pipeline_problems(evaluation("E", property_files=files), processing("P", property_files=files)) == [
        "E: property_files[0].output_name: got 'reports', expected one of the outputs: report",
        "P: property_files[0].output_name: got 'reports', expected one of the outputs: none: it has no outputs",
    ]


def test_property_files_lie_in_outputs_passing() -> None:
    assert pipeline_problems(evaluation()) == []


def test_job_names_are_read_in_their_steps() -> None:
    assert pipeline_problems(processing("P", arguments=[TRAINING_JOB_NAME])) == [
        "P: reads ExecutionVariable(name='TrainingJobName'), expected only in a training step"
    ]


def test_job_names_are_read_in_their_steps_passing() -> None:
    assert pipeline_problems(training(hyperparameters={"name": TRAINING_JOB_NAME})) == []


def test_names_that_the_service_gives_are_of_one_step() -> None:
    name = UniqueName("houses")
    models = [model("A", model_name=name), model("B", model_name=name)]
    late = function("F", payload={"a": UniqueName("x", per_attempt=True)})
    assert pipeline_problems(*models, transform("T", model_name=name), late) == [
        "T: reads a name that 'A', 'B' have in common, expected another name for each",
        "F: reads UniqueName(prefix='x', per_attempt=True), but SageMaker Pipelines has no numbers of attempts",
    ]


def test_names_that_the_service_gives_are_of_one_step_passing() -> None:
    saved = model("A")
    assert pipeline_problems(saved, transform(model_name=saved.model_name)) == []


def test_joins_join_texts_and_numbers() -> None:
    assert pipeline_problems(function("F", payload={"a": Join("-", []), "b": Join("-", [NUMBER_TOKEN])})) == [
        "F: got Join('-', ()), expected Join(text, list of parts)",
        f"F: got the number token {NUMBER_TOKEN} in a Join, expected a text token: Token.as_string makes one",
    ]


def test_joins_join_texts_and_numbers_passing() -> None:
    assert pipeline_problems(function(payload={"a": Join("-", ["a", 1, ExecutionInput("Mode")])})) == []
