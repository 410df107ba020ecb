"""What steps are carried out with: their requests, resolved, named and put in their experiment."""

from typing import Any

from local_aws.sagemaker.pipelines.service_steps import SERVICE_STEPS, ServiceStep
from local_aws.sagemaker.pipelines.step_work import StepWork

_NAME_VARIABLES = {"TrainingJobName": "TrainingJobName", "ProcessingJobName": "ProcessingJobName"}


async def request_of(work: StepWork) -> dict[str, Any]:
    """The request of a step.

    Raises:
        StepFailedError: a value is not there.
    """
    step = work.run.step
    kind = SERVICE_STEPS.get(step.type)
    if kind is not None:
        return await _service_request(work, kind)
    if step.type == "Condition":
        return dict(await work.resolve({"Conditions": step.request["Conditions"]}))
    if step.type in ("Fail", "Lineage"):
        return dict(await work.resolve(step.request))
    document = {name: value for name, value in step.document.items() if name not in ("DependsOn", "Arguments")}
    return dict(await work.resolve(document | {"Arguments": step.request}))


async def _service_request(work: StepWork, kind: ServiceStep) -> dict[str, Any]:
    if kind.name is None:
        return dict(await work.resolve(work.run.step.request))
    own = work.run.step.request.get(kind.name)
    # the SDK leaves a name in the request where its pipeline has custom prefixes, and takes it out elsewhere
    prefix = None if own is None else str(await work.resolve(own))
    if prefix is not None and kind.named_by_user:
        name = prefix
    else:
        name = kind.job_name(work.execution.id, work.run.step.name, prefix=prefix)
    variables = {_NAME_VARIABLES[kind.name]: name} if kind.name in _NAME_VARIABLES else {}
    request: dict[str, Any] = await work.resolve(work.run.step.request, **variables)
    request[kind.name] = name
    if kind.experiment and work.execution.experiment is not None and "ExperimentConfig" not in request:
        request["ExperimentConfig"] = work.execution.experiment | {"TrialComponentDisplayName": work.run.step.name}
    return request
