import json
from typing import Any

import pytest

from constructs_lib.definitions import (
    PIPELINE_NAME,
    CacheConfig,
    ChoiceStep,
    DefinitionError,
    ExecutionInput,
    ExperimentConfig,
    FailStep,
    Join,
    MlflowConfig,
    PipelineDefinition,
    PipelineParameter,
    PipelineRetry,
    UniqueName,
    equal,
)
from constructs_lib.rendering import render_pipeline, render_pipeline_text, render_states
from tests.constructs_lib.samples import (
    ROLE,
    TOKEN,
    config,
    endpoint,
    evaluation,
    function,
    model,
    pipeline,
    processing,
    training,
    transform,
    workflow,
)


def rendered(*steps: Any, **changed: Any) -> dict[str, dict[str, Any]]:
    """The steps of a pipeline's document by name, those inside of Conditions too."""
    found: dict[str, dict[str, Any]] = {}
    waiting = list(render_pipeline(pipeline(*steps, **changed))["Steps"])
    for step in waiting:
        found[step["Name"]] = step
        waiting += step["Arguments"].get("IfSteps", []) + step["Arguments"].get("ElseSteps", [])
    return found


def test_the_whole_document() -> None:
    reason = PipelineParameter("Reason", default="as asked", allowed=["as asked", "by chance"])
    stop = FailStep(name="Stop", cause=Join(": ", ["stopped", reason]), comment="ends", display_name="The end")
    assert render_pipeline(pipeline(stop, parameters=[ExecutionInput("Count", type="integer")])) == {
        "Version": "2020-12-01",
        "Metadata": {},
        "Parameters": [
            {"Name": "Count", "Type": "Integer"},
            {
                "Name": "Reason",
                "Type": "String",
                "DefaultValue": "as asked",
                "EnumValues": ["as asked", "by chance"],
            },
        ],
        "PipelineExperimentConfig": {
            "ExperimentName": {"Get": "Execution.PipelineName"},
            "TrialName": {"Get": "Execution.PipelineExecutionId"},
        },
        "Steps": [
            {
                "Name": "Stop",
                "Type": "Fail",
                "Arguments": {
                    "ErrorMessage": {"Std:Join": {"On": ": ", "Values": ["stopped", {"Get": "Parameters.Reason"}]}}
                },
                "DisplayName": "The end",
                "Description": "ends",
            }
        ],
    }


def test_parameters_of_an_experiment_are_declared() -> None:
    experiment = ExperimentConfig(experiment_name=PipelineParameter("Experiment", default="prices"))
    document = render_pipeline(pipeline(FailStep(name="Stop"), experiment=experiment))
    assert document["Parameters"] == [{"Name": "Experiment", "Type": "String", "DefaultValue": "prices"}]
    assert document["PipelineExperimentConfig"]["ExperimentName"] == {"Get": "Parameters.Experiment"}


def test_what_a_job_is_named_by_is_a_parameter_where_its_name_is_written() -> None:
    definition = pipeline(
        training("T", job_name=ExecutionInput("JobName"), hyperparameters={"rounds": ExecutionInput("Rounds")}),
        use_custom_job_prefix=True,
    )
    parameters = render_pipeline(definition)["Parameters"]
    assert {found["Name"] for found in parameters} == {found.name for found in definition.execution_inputs}
    assert len(parameters) == 2


def test_where_mlflow_is_and_the_parameters_of_it() -> None:
    server = PipelineParameter("Server")
    definition = pipeline(
        FailStep(name="Stop"), mlflow=MlflowConfig(resource_arn=server, experiment_name=PIPELINE_NAME)
    )
    document = render_pipeline(definition)
    assert document["MlflowConfig"] == {
        "MlflowResourceArn": {"Get": "Parameters.Server"},
        "MlflowExperimentName": {"Get": "Execution.PipelineName"},
    }
    assert document["Parameters"] == [{"Name": "Server", "Type": "String"}]
    assert definition.execution_inputs == (server,)
    assert "MlflowConfig" not in render_pipeline(pipeline(FailStep(name="Stop")))


def test_a_pipeline_without_experiments_says_null() -> None:
    assert render_pipeline(pipeline(FailStep(name="Stop"), experiment=None))["PipelineExperimentConfig"] is None


def test_steps_without_roles_are_named() -> None:
    given = pipeline(training("A", role=None), training("B"), training("C", role=None))
    expected = (
        "pipeline 'sample' is not valid, 2 problems:\n"
        "  A: role: missing, expected the ARN of a role; with_roles gives it one\n"
        "  C: role: missing, expected the ARN of a role; with_roles gives it one"
    )
    with pytest.raises(DefinitionError) as raised:
        render_pipeline(given)
    assert str(raised.value) == expected
    assert {
        step["Arguments"]["RoleArn"] for step in render_pipeline(given.with_roles({"A": TOKEN, "C": ROLE}))["Steps"]
    } == {
        TOKEN,
        ROLE,
    }


def test_defaults_are_of_the_steps_that_take_them() -> None:
    retry = PipelineRetry(errors=["Step.THROTTLING"], max_attempts=2)
    own = PipelineRetry(errors=["SageMaker.CAPACITY_ERROR"], expire_after_minutes=5)
    steps = rendered(
        processing("P", cache=CacheConfig(enabled=False)),
        training("T", retry=[own]),
        model("M"),
        function("F"),
        default_cache=CacheConfig(expire_after="P30D"),
        default_retry=[retry],
    )
    assert {name: step.get("CacheConfig") for name, step in steps.items()} == {
        "P": {"Enabled": False},
        "T": {"Enabled": True, "ExpireAfter": "P30D"},
        "M": None,
        "F": {"Enabled": True, "ExpireAfter": "P30D"},
    }
    throttled = {"BackoffRate": 2.0, "IntervalSeconds": 1, "MaxAttempts": 2, "ExceptionType": ["Step.THROTTLING"]}
    assert {name: step.get("RetryPolicies") for name, step in steps.items()} == {
        "P": [throttled],
        "T": [
            {
                "BackoffRate": 2.0,
                "IntervalSeconds": 1,
                "ExpireAfterMin": 5,
                "ExceptionType": ["SageMaker.CAPACITY_ERROR"],
            }
        ],
        "M": [throttled],
        "F": None,
    }


def test_names_of_jobs_are_the_services_or_begin_as_is_said() -> None:
    steps = [processing("My job"[:2] + "-job"), training("T", job_name="train-houses")]
    assert "ProcessingJobName" not in rendered(steps[0])["My-job"]["Arguments"]
    named = rendered(*steps, use_custom_job_prefix=True)
    assert named["My-job"]["Arguments"]["ProcessingJobName"] == "my-job"
    assert named["T"]["Arguments"]["TrainingJobName"] == "train-houses"


@pytest.mark.parametrize("custom_prefix", [False, True])
def test_a_name_that_the_service_gives_is_read_from_its_step(custom_prefix: bool) -> None:
    saved = model("Save")
    steps = rendered(saved, transform("T", model_name=saved.model_name), use_custom_job_prefix=custom_prefix)
    assert steps["T"]["Arguments"]["ModelName"] == {"Get": "Steps.Save.ModelName"}


def test_the_name_of_a_configuration_has_the_id_of_the_execution_and_is_waited_for() -> None:
    configured = config("Configure")
    steps = rendered(configured, endpoint("E", config_name=configured.config_name))
    assert steps["Configure"]["Arguments"]["EndpointConfigName"] == {
        "Std:Join": {"On": "-", "Values": ["configure", {"Get": "Execution.PipelineExecutionId"}]}
    }
    assert steps["E"]["Arguments"]["EndpointConfigName"] == {"Get": "Steps.Configure.EndpointConfigName"}


def test_an_endpoint_may_have_the_name_of_its_configuration() -> None:
    name = UniqueName("houses")
    steps = rendered(config("Configure", config_name=name), endpoint("E", endpoint_name=name, config_name=name))
    arguments = steps["E"]["Arguments"]
    assert arguments["EndpointName"] == steps["Configure"]["Arguments"]["EndpointConfigName"]
    assert arguments["EndpointConfigName"] == {"Get": "Steps.Configure.EndpointConfigName"}


def test_a_function_by_its_version() -> None:
    arn = "arn:aws:lambda:eu-west-1:111122223333:function:work"
    steps = rendered(function("A"), function("B", qualifier="live", depends_on=["A"]))
    assert steps["A"]["FunctionArn"] == arn
    assert steps["B"]["FunctionArn"] == {"Std:Join": {"On": ":", "Values": [arn, "live"]}}
    assert steps["B"]["DependsOn"] == ["A"]


def test_a_condition_with_its_ways() -> None:
    file = evaluation()
    choice = ChoiceStep.if_else(
        name="Good",
        conditions=[equal(file.json_get("Report", "a.b"), 1), equal(file.output("ProcessingJobStatus"), "Completed")],
        if_steps=[function("Yes")],
        else_steps=[FailStep(name="No")],
    )
    steps = rendered(file, choice)
    assert steps["Good"]["Type"] == "Condition"
    assert steps["Good"]["Arguments"]["Conditions"] == [
        {
            "Type": "Equals",
            "LeftValue": {
                "Std:JsonGet": {"PropertyFile": {"Get": "Steps.Evaluate.PropertyFiles.Report"}, "Path": "a.b"}
            },
            "RightValue": 1,
        },
        {
            "Type": "Equals",
            "LeftValue": {"Get": "Steps.Evaluate.ProcessingJobStatus"},
            "RightValue": "Completed",
        },
    ]
    assert [step["Name"] for step in steps["Good"]["Arguments"]["IfSteps"]] == ["Yes"]
    assert [step["Name"] for step in steps["Good"]["Arguments"]["ElseSteps"]] == ["No"]


def test_choices_inside_of_choices_are_the_same_steps_for_both_engines() -> None:
    first = processing("First")
    wanted = equal(ExecutionInput("Stage"), "prod")
    read = function("Read", payload={"status": first.output("ProcessingJobStatus")})
    inner = ChoiceStep.if_else(
        name="Inner",
        conditions=[wanted, equal(first.output("ProcessingJobStatus"), "Completed")],
        if_steps=[read],
        else_steps=[FailStep(name="Unwanted", cause="not wanted")],
    )
    outer = ChoiceStep.if_else(name="Outer", conditions=[wanted], if_steps=[first, inner])

    (written,) = render_pipeline(pipeline(outer))["Steps"]
    _, nested = written["Arguments"]["IfSteps"]
    assert (nested["Name"], nested["Type"]) == ("Inner", "Condition")
    assert [step["Name"] for step in nested["Arguments"]["IfSteps"]] == ["Read"]
    assert [step["Name"] for step in nested["Arguments"]["ElseSteps"]] == ["Unwanted"]

    states = render_states(workflow(outer))["States"]
    assert states["Outer"]["Choices"][0]["Next"] == "First"
    assert states["First"]["Next"] == "Inner"
    assert (states["Inner"]["Choices"][0]["Next"], states["Inner"]["Default"]) == ("Read", "Unwanted")


def test_roles_reach_the_steps_of_choices_inside_of_choices() -> None:
    work = processing("Work", role=None)
    inner = ChoiceStep.if_else(name="Inner", conditions=[equal(ExecutionInput("Stage"), "prod")], else_steps=[work])
    outer = ChoiceStep.if_else(name="Outer", conditions=[equal(ExecutionInput("Stage"), "x")], else_steps=[inner])
    found = pipeline(outer)
    assert [step.name for step in found.steps_without_role] == ["Work"]
    assert '"RoleArn": "arn:aws:iam::' in json.dumps(render_pipeline(found.with_roles({"Work": ROLE})))


def test_a_thousand_steps_in_a_row_are_rendered_the_same_twice() -> None:
    steps = [processing("P0")]
    for number in range(1, 1000):
        before = steps[-1].output("ProcessingJobStatus")
        steps.append(processing(f"P{number}", environment={"BEFORE": before}))
    given = PipelineDefinition(name="long", steps=steps, max_steps=1000)
    document = render_pipeline(given)
    assert json.dumps(document) == json.dumps(render_pipeline(given))
    assert document["Steps"][999]["Arguments"]["Environment"] == {"BEFORE": {"Get": "Steps.P998.ProcessingJobStatus"}}


def test_the_text_is_the_document() -> None:
    threshold = PipelineParameter("Threshold", type="number", default=0.1)
    stop = FailStep(name="Stop", cause=Join(" ", ["größer als", threshold]))
    limited = ChoiceStep.if_else(name="Limit", conditions=[equal(threshold, 0.1)], if_steps=[stop], else_steps=[])
    made = pipeline(training("Train", environment={"House": "🏠"}), limited, mlflow=MlflowConfig(resource_arn=TOKEN))
    assert json.loads(render_pipeline_text(made)) == render_pipeline(made)
    assert render_pipeline_text(made) == render_pipeline_text(made)
    assert list(render_pipeline(made)) == [
        "Version",
        "Metadata",
        "Parameters",
        "PipelineExperimentConfig",
        "MlflowConfig",
        "Steps",
    ]


def test_a_document_belongs_to_its_caller() -> None:
    made = pipeline(training("Train", environment={"A": "b"}))
    render_pipeline(made)["Steps"][0]["Arguments"]["Environment"]["A"] = "changed"
    assert render_pipeline(made)["Steps"][0]["Arguments"]["Environment"] == {"A": "b"}
