"""The words of ``run``, ``watch``, ``graph`` and ``logs``."""

import json

import pytest

from local_aws.server import LocalAws
from mlops_cli.commands.running import find_execution, new_name, parse_inputs
from mlops_cli.errors import BAD_INPUT, UNAVAILABLE, CliError
from mlops_cli.target import Target

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def test_inputs_are_key_and_value() -> None:
    assert parse_inputs(["JobName=a", "Note=x=y"]) == {"JobName": "a", "Note": "x=y"}
    with pytest.raises(CliError, match="--input JobName: expected KEY=VALUE") as caught:
        parse_inputs(["JobName"])
    assert caught.value.exit_code == BAD_INPUT


def test_new_names_are_unique_and_fit_a_training_job() -> None:
    names = {new_name("a-very-long-workflow-name-that-goes-on-and-on-and-on-for-ever") for _ in range(20)}
    assert len(names) == 20
    assert all(len(name) <= 63 and not name.endswith("-") for name in names)


def test_executions_of_other_apps_are_found() -> None:
    step = {"Name": "Stop", "Type": "Fail", "Arguments": {"ErrorMessage": "there is nothing to do"}}
    with LocalAws() as aws:
        target = Target(endpoint_url=aws.platform.endpoint_url)
        with pytest.raises(CliError, match="no workflow 'foreign' is deployed; deployed: none") as caught:
            find_execution(target, "dev", "foreign")
        assert (caught.value.hint, caught.value.exit_code) == ("deploy it with `./mlops deploy`", UNAVAILABLE)

        role = target.client("iam").create_role(RoleName="pipelines", AssumeRolePolicyDocument=json.dumps(TRUST))[
            "Role"
        ]
        sagemaker = target.client("sagemaker")
        sagemaker.create_pipeline(
            PipelineName="foreign",
            PipelineDefinition=json.dumps({"Version": "2020-12-01", "Steps": [step]}),
            RoleArn=role["Arn"],
            ClientRequestToken="x" * 32,
        )
        with pytest.raises(CliError, match="'foreign' has not been run yet") as caught:
            find_execution(target, "dev", "foreign")
        assert caught.value.hint == "start it with `./mlops run foreign`"
        started = sagemaker.start_pipeline_execution(PipelineName="foreign")["PipelineExecutionArn"]
        assert find_execution(target, "dev", started.rpartition("/")[2]) == started
        assert find_execution(target, "dev", "foreign") == started
        with pytest.raises(CliError, match=r"no execution is called 'zzz', and no workflow 'zzz' is .*: foreign"):
            find_execution(target, "dev", "zzz")
