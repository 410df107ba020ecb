"""The experiment and the trial that an execution's jobs belong to."""

from typing import Any

from botocore.exceptions import ClientError

from local_aws.platform import Platform
from local_aws.sagemaker.pipelines.calls import RoleCalls
from local_aws.sagemaker.pipelines.failures import of_call
from local_aws.sagemaker.pipelines.records import Execution
from local_aws.sagemaker.pipelines.step_work import resolver_of


def enter_experiment(platform: Platform, execution: Execution, calls: RoleCalls) -> None:
    """Makes the experiment and the trial that a definition names, unless they are there; SageMaker itself does this.

    Raises:
        StepFailedError: they cannot be made.
    """
    config = execution.definition.experiment
    if config is None:
        return
    names: dict[str, str] = {
        member: str(value)
        for member, value in resolver_of(execution, calls).resolve(config).items()
        if value is not None
    }
    client = platform.client("sagemaker", region=execution.pipeline.region)
    experiment, trial = names.get("ExperimentName"), names.get("TrialName")
    if experiment is not None:
        wanted = {"ExperimentName": experiment}
        _make("CreateExperiment", client.create_experiment, client.describe_experiment, wanted, wanted)
    if experiment is not None and trial is not None:
        named = {"TrialName": trial}
        _make("CreateTrial", client.create_trial, client.describe_trial, named | {"ExperimentName": experiment}, named)
    execution.experiment = names or None


def _make(operation: str, create: Any, describe: Any, request: dict[str, str], named: dict[str, str]) -> None:
    try:
        create(**request)
    except ClientError as error:
        try:
            describe(**named)
        except ClientError:
            raise of_call("sagemaker", operation, error) from error
