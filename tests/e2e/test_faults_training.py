"""Training jobs that fail: in the state that AWS would show, with their cause and log on the terminal."""

import json

import pytest

from tests.e2e import processes
from tests.e2e.account import (
    Account,
    Definition,
    Run,
    build_overrides,
    end_after,
    hyperparameters,
    train_with,
    training_data,
)
from workflows.byoc_housing.data import COLUMNS
from workflows.byoc_housing.definition import SAVE_MODEL, TRAIN

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

HANGS = {"train": "#!/bin/sh\necho training\nwhile true; do sleep 1; done\n"}


def job_that_failed(account: Account, run: Run, *, status: str = "Failed") -> str:
    """Checks that the failed step is told with the job's reason and log; gives the reason."""
    job = account.training_job(run.name)
    assert job["TrainingJobStatus"] == status
    assert f"step '{TRAIN}' failed: States.TaskFailed" in run.ended.errors, run.ended
    reason = str(job.get("FailureReason", ""))
    assert reason.replace("\n", "") in run.ended.errors.replace("\n", ""), run.ended
    assert json.loads(run.execution["cause"])["TrainingJobName"] == run.name
    return reason


def test_a_program_that_ends_with_an_error(account: Account) -> None:
    run = account.fail(
        build_overrides(files={"train": "#!/bin/sh\necho no luck today\nexit 1\n"}),
    )
    assert job_that_failed(account, run) == "AlgorithmError: , exit code: 1"
    assert f"./mlops logs {run.name}" in run.ended.errors
    assert "no luck today" in run.ended.errors.partition("end of its log")[2]


def test_a_program_that_says_why_in_the_failure_file(account: Account) -> None:
    script = '#!/bin/sh\necho "out of ideas" > "${SAGEMAKER_BASE_DIR:-/opt/ml}/output/failure"\nexit 4\n'
    run = account.fail(build_overrides(files={"train": script}))
    assert job_that_failed(account, run) == "AlgorithmError: out of ideas\n, exit code: 4"


def test_a_program_that_is_killed(account: Account) -> None:
    run = account.fail(build_overrides(files={"train": "#!/bin/sh\nkill -9 $$\n"}))
    assert job_that_failed(account, run) == "AlgorithmError: , exit code: 137"


def test_a_program_that_is_not_there(account: Account) -> None:
    def absent(definition: Definition) -> None:
        algorithm = definition["States"][TRAIN]["Parameters"]["AlgorithmSpecification"]
        algorithm["ContainerEntrypoint"] = ["/opt/program/not-there"]

    run = account.fail(absent)
    assert "CannotStartContainerError" in job_that_failed(account, run)


def test_an_image_without_train(account: Account) -> None:
    run = account.fail(build_overrides(files={"Dockerfile": "FROM scratch\nCOPY serve /opt/program/serve\n"}))
    assert "CannotStartContainerError" in job_that_failed(account, run)


def test_a_job_past_its_limit(account: Account) -> None:
    run = account.fail(build_overrides(files=HANGS), train_with(StoppingCondition={"MaxRuntimeInSeconds": 2}))
    job_that_failed(account, run, status="Stopped")
    assert account.training_job(run.name)["SecondaryStatus"] == "MaxRuntimeExceeded"
    assert "the training job was stopped: MaxRuntimeExceeded, its limit is 2 s" in run.ended.errors


def test_a_job_that_leaves_no_model(account: Account) -> None:
    run = account.fail(build_overrides(files={"train": "#!/bin/sh\necho done\n"}))
    job = account.training_job(run.name)
    assert job["TrainingJobStatus"] == "Completed"
    assert f"step '{SAVE_MODEL}' failed: SageMaker.AmazonSageMakerException" in run.ended.errors, run.ended
    model = job["ModelArtifacts"]["S3ModelArtifacts"]
    assert f"model data at {model}" in run.ended.errors, run.ended
    assert f"there is no object {model}: did the training program leave a model" in run.ended.errors


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("price,built\n100000,1990\n", "no column"),
        (",".join(COLUMNS) + "\n" + ",".join(["nineteen-ninety"] * len(COLUMNS)) + "\n", "nineteen-ninety"),
        ("", "houses.csv"),
    ],
    ids=["columns", "values", "empty"],
)
def test_data_that_is_no_table_of_houses(account: Account, text: str, reason: str) -> None:
    with account.training_file(text) as uri:
        run = account.fail(training_data(uri))
    told = job_that_failed(account, run)
    assert told.startswith("AlgorithmError: "), told
    assert "houses.csv" in told
    assert reason in told
    message = told.removeprefix("AlgorithmError: ").rpartition(", exit code")[0]
    assert f"error: {message}" in run.ended.errors.partition("end of its log")[2], run.ended


def test_a_hyperparameter_out_of_range(account: Account) -> None:
    run = account.fail(hyperparameters(max_depth="deep"))
    reason = job_that_failed(account, run)
    assert "max_depth" in reason
    assert "'deep'" in reason


def request_that_was_refused(account: Account, run: Run) -> str:
    """Checks that no job was made, and that the refusal is told; gives what the terminal said."""
    jobs = account.client("sagemaker").list_training_jobs(NameContains=run.name)["TrainingJobSummaries"]
    assert jobs == []
    assert f"step '{TRAIN}' failed: SageMaker.AmazonSageMakerException" in run.ended.errors, run.ended
    return run.ended.errors


def test_data_that_is_not_there(account: Account) -> None:
    uri = f"{account.outputs['TrainingDataUri']}nothing-here/"
    errors = request_that_was_refused(account, account.fail(training_data(uri)))
    assert f'No S3 objects found under S3 URL "{uri}" given in input data source' in errors


def test_data_that_the_role_may_not_read(account: Account) -> None:
    roles: list[str] = []

    def role_of_the_model(definition: Definition) -> None:
        states = definition["States"]
        roles.append(states[SAVE_MODEL]["Parameters"]["ExecutionRoleArn"])
        states[TRAIN]["Parameters"]["RoleArn"] = roles[0]

    errors = request_that_was_refused(account, account.fail(role_of_the_model))
    assert f"assumed-role/{roles[0].rpartition('/')[2]}/" in errors
    assert "is not authorized to perform: s3:ListBucket on resource" in errors


def test_a_role_that_may_not_be_passed(account: Account) -> None:
    errors = request_that_was_refused(account, account.fail(train_with(RoleArn=account.state_machine["roleArn"])))
    assert "is not authorized to perform: iam:PassRole on resource" in errors
    assert "Error Code: AccessDeniedException" in errors


def test_an_execution_that_is_stopped(account: Account) -> None:
    machine = account.variant(build_overrides(files=HANGS), end_after(TRAIN))
    name, running = account.start(machine)
    assert processes.poll(lambda: processes.mentioning(f"TRAINING_JOB_NAME={name}"), seconds=180), running.said()
    account.client("stepfunctions").stop_execution(
        executionArn=account.execution(machine, name)["executionArn"], error="Enough", cause="changed my mind"
    )
    run = account.finish(machine, name, running)
    account.assert_failed(run, status="ABORTED")
    assert f"step '{TRAIN}' failed: Enough" in run.ended.errors, run.ended
    assert "changed my mind" in run.ended.errors
    assert processes.poll(lambda: account.training_job(name)["TrainingJobStatus"] == "Stopped", seconds=120)


def test_the_name_of_a_job_that_is_taken(account: Account) -> None:
    machine = account.variant(build_overrides(files={"train": "#!/bin/sh\nexit 1\n"}))
    first = account.run(machine)
    again = account.run(machine, "--input", f"JobName={first.name}")
    account.assert_failed(again)
    assert f"step '{TRAIN}' failed: SageMaker.ResourceInUse" in again.ended.errors, again.ended
    assert first.name in again.ended.errors.partition("ResourceInUse")[2]
