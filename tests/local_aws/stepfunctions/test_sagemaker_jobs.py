"""`.sync` over SageMaker's real jobs: each kind to its end, and stopped when nobody waits for it any more."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from attrs import define

from local_aws.eventbridge.service import register_eventbridge
from local_aws.gateway.app import Gateway
from local_aws.platform import Platform
from local_aws.sagemaker.jobs.work import JobSettings
from local_aws.sagemaker.service import register_sagemaker
from local_aws.server import LocalAws
from local_aws.stepfunctions.service import register_stepfunctions
from tests.local_aws.sagemaker.conftest import BUCKET, REGION, Account
from tests.local_aws.sagemaker.folder_engine import FolderEngine
from tests.local_aws.sagemaker.transform.conftest import ADDER
from tests.local_aws.sagemaker.tuning.conftest import TRAIN, Tuning

ACCOUNT = "123456789012"
KINDS = ("ProcessingJob", "TransformJob", "HyperParameterTuningJob", "TrainingJob")
RULES = {"HyperParameterTuningJob": "Tuning"}
WAITS = 'print("ready", flush=True)\nimport time\ntime.sleep(600)\n'


@define(eq=False)
class Machines:
    """State machines over jobs of one account."""

    account: Account
    job_role: str
    role: str

    def start(self, definition: dict[str, Any]) -> str:
        states = self.account.client("stepfunctions")
        name = f"m{len(states.list_state_machines()['stateMachines'])}"
        machine = states.create_state_machine(name=name, definition=json.dumps(definition), roleArn=self.role)
        arn: str = states.start_execution(stateMachineArn=machine["stateMachineArn"])["executionArn"]
        return arn

    def ended(self, execution: str) -> dict[str, Any]:
        states = self.account.client("stepfunctions")
        return self.account.eventually(
            lambda: dict(states.describe_execution(executionArn=execution)),
            lambda described: described["status"] != "RUNNING",
        )

    def status(self, kind: str, name: str) -> str:
        """The status of a job; "" before there is one."""
        client = self.account.client("sagemaker")
        words = {"ProcessingJob": "processing_job", "TransformJob": "transform_job", "TrainingJob": "training_job"}
        list_jobs = getattr(client, f"list_{words.get(kind, 'hyper_parameter_tuning_job')}s")
        found = list_jobs(NameContains=name)[f"{kind}Summaries"]
        return str(found[0][f"{kind}Status"]) if found else ""

    def request(self, kind: str, name: str, program: str) -> dict[str, Any]:
        """A request for a job: program is ``good``, ``bad`` or ``waits``."""
        verb = "run" if kind == "ProcessingJob" else "train"
        image = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{verb}-{program}:latest"
        resources = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1}
        if kind == "ProcessingJob":
            return {
                "ProcessingJobName": name,
                "AppSpecification": {"ImageUri": image},
                "ProcessingResources": {"ClusterConfig": resources},
                "RoleArn": self.job_role,
            }
        if kind == "TransformJob":
            source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/{program}"}
            return {
                "TransformJobName": name,
                "ModelName": "adder",
                "TransformInput": {"DataSource": {"S3DataSource": source}, "ContentType": "text/csv"},
                "TransformOutput": {"S3OutputPath": f"s3://{BUCKET}/{name}/out", "Accept": "text/csv"},
                "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
            }
        tuning = Tuning(self.account, image, self.job_role)
        if kind == "TrainingJob":
            definition = tuning.definition()
            return {"TrainingJobName": name, **definition}
        return tuning.request(name, jobs=2)


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    made: list[FolderEngine] = []

    def register(gateway: Gateway, platform: Platform) -> None:
        made.append(FolderEngine(platform, tmp_path_factory.mktemp("images")))
        register_sagemaker(gateway, platform, engine=lambda: made[0], jobs=JobSettings(stop_grace_seconds=0.5))
        register_eventbridge(gateway, platform)
        register_stepfunctions(gateway, platform)

    with LocalAws(register=register) as running:
        account = Account(running.platform, made[0], [])
        account.client("s3").create_bucket(Bucket=BUCKET)
        account.put(good="1,2\n", bad="bad\n", waits="wait\n")
        job_role = account.role("sync-job")
        for program, source in (("good", "print('done')"), ("bad", "import sys; sys.exit(2)"), ("waits", WAITS)):
            account.engine.image(f"run-{program}", run=source)
            account.engine.image(f"train-{program}", train=TRAIN if program == "good" else source)
        account.model("adder", account.engine.image("adder", serve=ADDER), job_role, {"wishes.json": b"{}"})
        yield Machines(account, job_role, account.role("sync-workflow", _rights(job_role), _TRUST))


_TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def _rights(job_role: str) -> dict[str, Any]:
    """Just what AWS's pages say that the integrations need."""
    arns = {
        "ProcessingJob": "processing-job",
        "TransformJob": "transform-job",
        "HyperParameterTuningJob": "hyper-parameter-tuning-job",
        "TrainingJob": "training-job",
    }
    rules = [
        f"arn:aws:events:{REGION}:{ACCOUNT}:rule/StepFunctionsGetEventsForSageMaker{RULES.get(kind, kind[:-3])}JobsRule"
        for kind in KINDS
    ]
    statements: list[dict[str, Any]] = [
        {
            "Effect": "Allow",
            "Action": [*(f"sagemaker:{verb}{kind}" for verb in ("Create", "Describe", "Stop")), "sagemaker:AddTags"],
            "Resource": f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:{arns[kind]}/*",
        }
        for kind in KINDS
    ]
    statements.append({"Effect": "Allow", "Action": "iam:PassRole", "Resource": job_role})
    events = ["events:PutTargets", "events:PutRule", "events:DescribeRule"]
    statements.append({"Effect": "Allow", "Action": events, "Resource": rules})
    return {"Version": "2012-10-17", "Statement": statements}


def waits_for(kind: str, request: dict[str, Any], **members: Any) -> dict[str, Any]:
    """A state that waits for a job's end."""
    return {
        "Type": "Task",
        "Resource": f"arn:aws:states:::sagemaker:create{kind}.sync",
        "Parameters": request,
        "End": True,
        **members,
    }


def alone(state: dict[str, Any]) -> dict[str, Any]:
    return {"StartAt": "S", "States": {"S": state}}


@pytest.mark.parametrize("kind", KINDS)
def test_the_task_ends_with_the_job_and_gives_its_description(machines: Machines, kind: str) -> None:
    name = f"good-{kind.lower()}"
    ended = machines.ended(machines.start(alone(waits_for(kind, machines.request(kind, name, "good")))))
    assert ended["status"] == "SUCCEEDED", ended.get("cause")
    output = json.loads(ended["output"])
    assert output[f"{kind}Status"] == "Completed"
    assert output[f"{kind}Name"] == name
    assert output["Tags"]["MANAGED_BY_AWS"] == "STARTED_BY_STEP_FUNCTIONS"
    if kind == "HyperParameterTuningJob":
        assert output["BestTrainingJob"]["TrainingJobName"].startswith(f"{name}-00")


@pytest.mark.parametrize("kind", KINDS)
def test_a_job_that_fails_fails_the_task_with_its_reason(machines: Machines, kind: str) -> None:
    ended = machines.ended(machines.start(alone(waits_for(kind, machines.request(kind, f"bad-{kind.lower()}", "bad")))))
    assert (ended["status"], ended["error"]) == ("FAILED", "States.TaskFailed")
    cause = json.loads(ended["cause"])
    assert cause[f"{kind}Status"] == "Failed"
    assert cause["FailureReason"]


def test_a_job_that_still_fails_after_its_retries_is_caught(machines: Machines) -> None:
    request = machines.request("ProcessingJob", "tried", "bad")
    del request["ProcessingJobName"]
    request["ProcessingJobName.$"] = "States.Format('tried-{}', $$.State.RetryCount)"
    job = waits_for("ProcessingJob", request)
    job["Retry"] = [{"ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 1, "MaxAttempts": 2, "BackoffRate": 1.0}]
    job["Catch"] = [{"ErrorEquals": ["States.TaskFailed"], "Next": "Failed"}]
    failed = {"Type": "Fail", "ErrorPath": "$.Error", "CausePath": "$.Cause"}
    ended = machines.ended(machines.start({"StartAt": "S", "States": {"S": job, "Failed": failed}}))

    assert (ended["status"], ended["error"]) == ("FAILED", "States.TaskFailed")
    assert json.loads(ended["cause"])["ProcessingJobName"] == "tried-2"
    assert [machines.status("ProcessingJob", f"tried-{number}") for number in range(4)] == [*["Failed"] * 3, ""]


@pytest.mark.parametrize("kind", KINDS)
def test_a_stop_of_the_execution_stops_the_job(machines: Machines, kind: str) -> None:
    name = f"stop-{kind.lower()}"
    execution = machines.start(alone(waits_for(kind, machines.request(kind, name, "waits"))))
    machines.account.eventually(lambda: machines.status(kind, name), lambda status: status == "InProgress")
    machines.account.client("stepfunctions").stop_execution(executionArn=execution)
    assert machines.ended(execution)["status"] == "ABORTED"
    machines.account.eventually(lambda: machines.status(kind, name), lambda status: status == "Stopped")


@pytest.mark.parametrize("kind", KINDS)
def test_a_branch_that_fails_stops_the_jobs_of_the_others(machines: Machines, kind: str) -> None:
    slow, bad = f"par-slow-{kind.lower()}"[:32], f"par-bad-{kind.lower()}"[:32]
    parallel = {
        "Type": "Parallel",
        "End": True,
        "Branches": [
            {"StartAt": "Slow", "States": {"Slow": waits_for(kind, machines.request(kind, slow, "waits"))}},
            {
                "StartAt": "Bad",
                "States": {"Bad": waits_for("ProcessingJob", machines.request("ProcessingJob", bad, "bad"))},
            },
        ],
    }
    ended = machines.ended(machines.start(alone(parallel)))
    assert ended["status"] == "FAILED"
    assert json.loads(ended["cause"])["ProcessingJobName"] == bad
    machines.account.eventually(lambda: machines.status(kind, slow), lambda status: status == "Stopped")
