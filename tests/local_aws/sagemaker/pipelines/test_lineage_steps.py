"""Lineage steps: what they note down is there for those who ask the lineage API."""

import json
from typing import Any

import pytest

from tests.local_aws.sagemaker.conftest import Account
from tests.local_aws.sagemaker.pipelines.conftest import Pipelines
from tests.local_aws.sagemaker.pipelines.documents import definition, fail, get, join, training


def entity(kind: str, name: Any, uri: Any = "s3://houses/survey.csv", **members: Any) -> dict[str, Any]:
    return {f"{kind}Name": name, f"{kind}Type": "ByHand", "Source": {"SourceUri": uri}} | members


def between(source: dict[str, Any], destination: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {"Source": source, "Destination": destination} | members


def named(kind: str, name: Any) -> dict[str, Any]:
    return {"Name": name, "Type": kind}


def record(name: str = "Record", **arguments: list[dict[str, Any]]) -> dict[str, Any]:
    return {"Name": name, "Type": "Lineage", "Arguments": arguments}


def made(pipelines: Pipelines, execution: dict[str, Any], step: str = "Record") -> dict[str, Any]:
    return dict(pipelines.steps(execution)[step]["Metadata"]["Lineage"])


def test_entities_and_associations_are_made(pipelines: Pipelines) -> None:
    client = pipelines.client
    there = client.create_context(
        ContextName="lineage-houses", ContextType="Project", Source={"SourceUri": "s3://houses"}
    )["ContextArn"]
    step = record(
        Actions=[entity("Action", join("-", "cleaned", get("Execution.PipelineExecutionId")), Status="Completed")],
        Artifacts=[entity("Artifact", "survey", get("Parameters.Data"), Properties={"rows": "12"})],
        Contexts=[entity("Context", "lineage-team")],
        Associations=[
            between(
                named("Artifact", "survey"),
                named("Action", join("-", "cleaned", get("Execution.PipelineExecutionId"))),
                AssociationType="ContributedTo",
            ),
            between(named("Artifact", "survey"), {"Arn": there}),
        ],
    )
    told = fail(
        "Tell", join(" ", get("Steps.Record.ArtifactArns['survey']"), get("Steps.Record.ContextArns['lineage-team']"))
    )
    parameters = [{"Name": "Data", "Type": "String"}]
    pipelines.create("lineage", definition(step, told, parameters=parameters))

    execution = pipelines.run("lineage", {"Data": "s3://houses/2026.csv"})

    found = made(pipelines, execution)
    action = f"cleaned-{execution['PipelineExecutionArn'].rpartition('/')[2]}"
    assert set(found) == {"ActionArns", "ArtifactArns", "ContextArns", "Associations"}
    assert list(found["ActionArns"]) == [action]
    artifact, context = found["ArtifactArns"]["survey"], found["ContextArns"]["lineage-team"]
    described = client.describe_artifact(ArtifactArn=artifact)
    assert (described["Source"]["SourceUri"], described["Properties"]) == ("s3://houses/2026.csv", {"rows": "12"})
    assert described["CreatedBy"]["IamIdentity"]["Arn"].split("/")[1] == "pipelines-execution"
    assert client.describe_action(ActionName=action)["Status"] == "Completed"
    assert client.describe_context(ContextName="lineage-team")["ContextArn"] == context
    arrows = client.list_associations(SourceArn=artifact)["AssociationSummaries"]
    assert {(each["DestinationArn"], each.get("AssociationType")) for each in arrows} == {
        (found["ActionArns"][action], "ContributedTo"),
        (there, None),
    }
    assert found["Associations"] == [
        {"SourceArn": artifact, "DestinationArn": found["ActionArns"][action]},
        {"SourceArn": artifact, "DestinationArn": there},
    ]
    assert pipelines.steps(execution)["Tell"]["FailureReason"] == f"{artifact} {context}"


def test_what_sagemaker_has_noted_down_itself_gets_the_name_and_the_properties(
    account: Account, pipelines: Pipelines, noop: str, role: str
) -> None:
    model = get("Steps.Train.ModelArtifacts.S3ModelArtifacts")
    mine = entity("Artifact", "my-model", model, ArtifactType="Model", Properties={"team": "prices"})
    pipelines.create("lineage-of-a-job", definition(training("Train", noop, role), record(Artifacts=[mine])))

    execution = pipelines.run("lineage-of-a-job")

    assert execution["PipelineExecutionStatus"] == "Succeeded", pipelines.steps(execution)
    artifact = made(pipelines, execution)["ArtifactArns"]["my-model"]
    arrows = account.eventually(
        lambda: pipelines.client.list_associations(DestinationArn=artifact)["AssociationSummaries"], bool
    )
    assert [each["AssociationType"] for each in arrows] == ["Produced"]
    described = pipelines.client.describe_artifact(ArtifactArn=artifact)
    assert (described["ArtifactName"], described["Properties"]) == ("my-model", {"team": "prices"})


def test_an_artifact_that_is_there_is_taken(pipelines: Pipelines) -> None:
    there = pipelines.client.create_artifact(
        ArtifactName="by-hand", ArtifactType="ByHand", Source={"SourceUri": "s3://houses/taken.csv"}
    )["ArtifactArn"]
    step = record(Artifacts=[entity("Artifact", "by-step", "s3://houses/taken.csv")])
    pipelines.create("lineage-taken", definition(step))

    assert made(pipelines, pipelines.run("lineage-taken")) == {"ArtifactArns": {"by-step": there}}
    assert made(pipelines, pipelines.run("lineage-taken")) == {"ArtifactArns": {"by-step": there}}
    assert pipelines.client.describe_artifact(ArtifactArn=there)["ArtifactName"] == "by-step"


def test_a_name_that_is_taken_fails_the_step(pipelines: Pipelines) -> None:
    pipelines.create("lineage-twice", definition(record(Actions=[entity("Action", "lineage-twice")])))

    assert pipelines.run("lineage-twice")["PipelineExecutionStatus"] == "Succeeded"
    step = pipelines.steps(pipelines.run("lineage-twice"))["Record"]

    assert step["StepStatus"] == "Failed"
    assert step["FailureReason"].startswith(
        "ClientError: Failed to invoke sagemaker:CreateAction. Error Details: Action arn:"
    )
    assert "already exists" in step["FailureReason"]
    assert step["AttemptCount"] == 1


def test_a_retry_goes_on_from_what_was_made(pipelines: Pipelines) -> None:
    late = "arn:aws:sagemaker:us-east-1:123456789012:context/lineage-late"
    step = record(
        Actions=[entity("Action", "lineage-half")],
        Associations=[between(named("Action", "lineage-half"), {"Arn": late})],
    )
    pipelines.create("lineage-half", definition(step))
    execution = pipelines.run("lineage-half")
    failed = pipelines.steps(execution)["Record"]
    assert f"Resource '{late}' does not exist" in failed["FailureReason"]
    action = failed["Metadata"]["Lineage"]["ActionArns"]["lineage-half"]

    source = {"SourceUri": "s3://houses"}
    pipelines.client.create_context(ContextName="lineage-late", ContextType="Project", Source=source)
    arn = execution["PipelineExecutionArn"]
    pipelines.client.retry_pipeline_execution(PipelineExecutionArn=arn, ClientRequestToken="0" * 32)

    assert pipelines.ended(arn)["PipelineExecutionStatus"] == "Succeeded"
    assert made(pipelines, execution) == {
        "ActionArns": {"lineage-half": action},
        "Associations": [{"SourceArn": action, "DestinationArn": late}],
    }


@pytest.mark.parametrize(
    ("names", "end", "reason"),
    [
        (["same", "same"], "same", "Actions: ActionName 'same' is there 2 times"),
        (["this", "that"], "other", "the Source of an association is the Action 'other', which the step does not make"),
    ],
)
def test_names_of_the_execution_that_do_not_fit_make_nothing(
    pipelines: Pipelines, names: list[str], end: str, reason: str
) -> None:
    parameters = [{"Name": name, "Type": "String"} for name in ("One", "Two", "End")]
    step = record(
        Actions=[entity("Action", get("Parameters.One")), entity("Action", get("Parameters.Two"))],
        Associations=[between(named("Action", get("Parameters.End")), {"Arn": "arn"})],
    )
    name = f"lineage-{'-'.join(names)}"
    pipelines.create(name, definition(step, parameters=parameters))

    found = pipelines.steps(pipelines.run(name, dict(zip(("One", "Two", "End"), (*names, end), strict=True))))

    assert found["Record"]["FailureReason"] == f"ClientError: {reason}"
    with pytest.raises(pipelines.client.exceptions.ResourceNotFound, match=f"Action '{names[0]}' does not exist"):
        pipelines.client.describe_action(ActionName=names[0])


@pytest.mark.parametrize(
    ("denied", "step"),
    [
        ("CreateAction", record(Actions=[entity("Action", "lineage-denied")])),
        ("CreateArtifact", record(Artifacts=[entity("Artifact", "denied", "s3://houses/denied.csv")])),
        ("CreateContext", record(Contexts=[entity("Context", "lineage-denied")])),
        (
            "AddAssociation",
            record(
                Associations=[
                    between(
                        {"Arn": "arn:aws:sagemaker:us-east-1:123456789012:context/a"},
                        {"Arn": "arn:aws:sagemaker:us-east-1:123456789012:context/b"},
                    )
                ]
            ),
        ),
    ],
)
def test_the_execution_role_must_be_allowed_to(
    account: Account, pipelines: Pipelines, denied: str, step: dict[str, Any]
) -> None:
    statements = [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": f"sagemaker:{denied}", "Resource": "*"},
    ]
    role = account.role(f"lineage-no-{denied}", {"Version": "2012-10-17", "Statement": statements})
    pipelines.create(f"lineage-no-{denied}", definition(step), role)

    found = pipelines.steps(pipelines.run(f"lineage-no-{denied}"))["Record"]

    assert found["FailureReason"].startswith(f"ClientError: Failed to invoke sagemaker:{denied}. Error Details: ")
    assert f"is not authorized to perform: sagemaker:{denied}" in found["FailureReason"]
    assert found["AttemptCount"] == 1


def test_an_entity_that_the_api_refuses_fails_the_step_at_once(pipelines: Pipelines) -> None:
    pipelines.create("lineage-refused", definition(record(Actions=[{"ActionName": "lineage-refused"}])))

    found = pipelines.steps(pipelines.run("lineage-refused"))["Record"]

    assert found["FailureReason"].startswith(
        "ClientError: Failed to invoke sagemaker:CreateAction. Error Details: "
        'Missing required parameter in input: "Source"'
    )
    assert found["AttemptCount"] == 1


def test_a_definition_keeps_what_was_written(pipelines: Pipelines) -> None:
    text = definition(record(Contexts=[entity("Context", "kept")]))
    pipelines.create("lineage-kept", text)
    kept = pipelines.client.describe_pipeline(PipelineName="lineage-kept")["PipelineDefinition"]
    assert json.loads(kept) == json.loads(text)
