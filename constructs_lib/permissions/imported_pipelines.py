"""What the role of a SageMaker pipeline that somebody else wrote needs: derived from the arguments of its steps."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from constructs_lib.definitions.errors import DefinitionError, Problem
from constructs_lib.definitions.imported_pipeline import ImportedPipeline
from constructs_lib.definitions.needs import ApiAccess, Calls, InvokeFunction, Need, PassRole, ReadObjects, UseKey
from constructs_lib.definitions.values import ContextValue, Join, Text

Step = Mapping[str, Any]
Deriving = Callable[[Step], Iterator[Need]]

_JOBS = {
    "AutoML": ("AutoMLJob", "automl-job"),
    "ClarifyCheck": ("ProcessingJob", "processing-job"),
    "Processing": ("ProcessingJob", "processing-job"),
    "QualityCheck": ("ProcessingJob", "processing-job"),
    "Training": ("TrainingJob", "training-job"),
    "Transform": ("TransformJob", "transform-job"),
    "Tuning": ("HyperParameterTuningJob", "hyper-parameter-tuning-job"),
}
_NAMES = {
    "AutoML": "AutoMLJobName",
    "Processing": "ProcessingJobName",
    "Training": "TrainingJobName",
    "Transform": "TransformJobName",
    "Tuning": "HyperParameterTuningJobName",
}
_SHORT_NAMES = ("AutoML", "Tuning")
_ROLES = ("ExecutionRoleArn", "RoleArn")
_CLUSTER_ROLES = ("AutoScalingRole", "JobFlowRole", "ServiceRole")
_KEY_ID = re.compile(r"(mrk-)?[0-9a-f-]{32,36}")
_EMR = "elasticmapreduce.amazonaws.com"
_NAMED_LATER = "clusters, applications and runs get their names from the service"


def imported_pipeline_needs(pipeline: ImportedPipeline) -> tuple[Need, ...]:
    """What the role of an imported pipeline needs.

    Raises:
        DefinitionError: steps whose permissions are not known; each is named. Bring a role for such a pipeline.
    """
    needs: list[Need] = []
    problems: list[Problem] = []
    for step in pipeline.all_steps:
        derive = _DERIVATIONS.get(step["Type"])
        if derive is None:
            message = f"got {step['Type']}, whose permissions are not known; bring a role for the pipeline"
            problems.append(Problem(step=step["Name"], path="Type", message=message))
        else:
            needs += derive(step)
    if problems:
        raise DefinitionError(pipeline.name, tuple(problems), of="pipeline")
    return tuple(needs)


def _text(value: Any) -> Text:
    """A value of a document as far as it is known: what is filled in at run time is a reference."""
    if isinstance(value, Mapping):
        join = value.get("Std:Join")
        if isinstance(join, Mapping):
            return Join(str(join.get("On", "")), [_text(part) for part in join.get("Values", ())])
        return ContextValue(str(value))
    return str(value)


def _arguments(step: Step) -> Mapping[str, Any]:
    found = step.get("Arguments")
    return found if isinstance(found, Mapping) else {}


def _nothing(_step: Step) -> Iterator[Need]:
    yield from ()


def _job(step: Step) -> Iterator[Need]:
    kind, arguments = step["Type"], _arguments(step)
    job, resource_type = _JOBS[kind]
    actions = ["sagemaker:AddTags", *(f"sagemaker:{verb}{job}" for verb in ("Create", "Describe", "Stop"))]
    prefix = arguments.get(_NAMES.get(kind, ""))
    short = f"*-{step['Name'].replace('_', '-')[:6].strip('-')}*" if kind in _SHORT_NAMES else "pipelines-*"
    name = short if prefix is None else Join("", [_text(prefix), "*"])
    yield ApiAccess(actions=actions, resource_type=resource_type, name=name)
    yield from _passed_roles(arguments)
    config = arguments.get("ProcessingOutputConfig") or {}
    files = {file.get("OutputName") for file in step.get("PropertyFiles") or ()}
    # the service reads property files, and what a check has found, with the pipeline's role
    read = [
        output
        for output in config.get("Outputs") or ()
        if "S3Output" in output and (kind.endswith("Check") or output.get("OutputName") in files)
    ]
    for output in read:
        yield ReadObjects(uri=_text(output["S3Output"]["S3Uri"]))
    if read and config.get("KmsKeyId") is not None:
        yield _key_use(config["KmsKeyId"])


def _key_use(key: Any) -> Need:
    """Reading what is encrypted under a key: documents name it by its ARN, its id or an alias."""
    actions = ["kms:Decrypt"]
    if isinstance(key, str) and ":key/" in key:
        return UseKey(kms_key=key, actions=actions)
    known = isinstance(key, str) and _KEY_ID.fullmatch(key) is not None
    # permissions are of keys, and an alias does not tell which one it stands for
    return ApiAccess(actions=actions, resource_type="key", name=key if known else ContextValue("KmsKeyId"))


def _check(step: Step) -> Iterator[Need]:
    yield from _job(step)
    for member in ("SuppliedBaselineStatistics", "SuppliedBaselineConstraints"):
        if step.get(member) is not None:
            yield ReadObjects(uri=_text(step[member]))
    if step.get("ModelPackageGroupName") is not None:
        group = _text(step["ModelPackageGroupName"])
        yield ApiAccess(actions=["sagemaker:ListModelPackages"], resource_type="model-package-group", name=group)
        versions = Join("/", [group, "*"])
        yield ApiAccess(actions=["sagemaker:DescribeModelPackage"], resource_type="model-package", name=versions)


def _model(step: Step) -> Iterator[Need]:
    prefix = _arguments(step).get("ModelName")
    name = "pipelines-*" if prefix is None else Join("", [_text(prefix), "*"])
    actions = ["sagemaker:AddTags", "sagemaker:CreateModel", "sagemaker:DescribeModel"]
    yield ApiAccess(actions=actions, resource_type="model", name=name)
    yield from _passed_roles(_arguments(step))


def _package(step: Step) -> Iterator[Need]:
    given = _arguments(step).get("ModelPackageGroupName")
    group = "*" if given is None else _text(given)
    actions = ["sagemaker:AddTags", "sagemaker:CreateModelPackage"]
    # such documents name groups that nothing else makes: SageMaker makes one that is not there
    of_group = [*actions, "sagemaker:CreateModelPackageGroup"]
    yield ApiAccess(actions=of_group, resource_type="model-package-group", name=group)
    versions = Join("/", [group, "*"])
    yield ApiAccess(actions=[*actions, "sagemaker:DescribeModelPackage"], resource_type="model-package", name=versions)


def _named(*, actions: tuple[str, ...], resource_type: str, member: str) -> Deriving:
    def derive(step: Step) -> Iterator[Need]:
        given = _arguments(step).get(member)
        name = "*" if given is None else _text(given)
        yield ApiAccess(actions=[f"sagemaker:{action}" for action in actions], resource_type=resource_type, name=name)
        yield from _passed_roles(_arguments(step))

    return derive


def _endpoint(step: Step) -> Iterator[Need]:
    changes = ("CreateEndpoint", "UpdateEndpoint")
    yield from _named(
        actions=("AddTags", *changes, "DescribeEndpoint"), resource_type="endpoint", member="EndpointName"
    )(step)
    yield from _named(actions=changes, resource_type="endpoint-config", member="EndpointConfigName")(step)


def _function(step: Step) -> Iterator[Need]:
    given = step.get("FunctionArn")
    parts = given.split(":") if isinstance(given, str) and given.startswith("arn:") else []
    qualifier = parts[7] if len(parts) > 7 else None
    yield InvokeFunction(function_arn=":".join(parts[:7]) if parts else _text(given), qualifier=qualifier)


def _callback(step: Step) -> Iterator[Need]:
    url = step.get("SqsQueueUrl")
    parts = url.split("/") if isinstance(url, str) else []
    host = parts[2].split(".") if len(parts) == 5 else []
    if len(host) > 2:
        region, account, name = host[1], parts[3], parts[4]
        partition = "aws-cn" if host[-1] == "cn" else "aws-us-gov" if region.startswith("us-gov-") else "aws"
        queue = f"arn:{partition}:sqs:{region}:{account}:{name}"
        yield Calls(actions=["sqs:SendMessage"], resources=[queue])
    else:
        reason = "the document tells the queue by an address, and only when the pipeline runs"
        yield Calls(actions=["sqs:SendMessage"], resources=[ContextValue("SqsQueueUrl")], reason=reason)


def _lineage(step: Step) -> Iterator[Need]:
    kinds = {"Actions": "CreateAction", "Artifacts": "CreateArtifact", "Contexts": "CreateContext"}
    actions = [f"sagemaker:{action}" for member, action in kinds.items() if _arguments(step).get(member)]
    actions += ["sagemaker:AddTags"] if actions else []
    actions += ["sagemaker:AddAssociation"] if _arguments(step).get("Associations") else []
    if actions:
        yield Calls(actions=actions, resources=["*"], reason="artifacts get their names from the service")


def _emr(step: Step) -> Iterator[Need]:
    actions = ["AddJobFlowSteps", "CancelSteps", "DescribeCluster", "DescribeStep"]
    made: Mapping[str, Any] = _arguments(step).get("ClusterConfig") or {}
    actions += ["AddTags", "RunJobFlow", "TerminateJobFlows"] if made else []
    yield Calls(actions=[f"elasticmapreduce:{name}" for name in actions], resources=["*"], reason=_NAMED_LATER)
    yield from _passed_roles(_arguments(step), service=_EMR)
    for member in _CLUSTER_ROLES:
        if made.get(member) is not None:
            role = _text(made[member])
            arn = role if isinstance(role, str) and role.startswith("arn:") else ContextValue(member)
            yield PassRole(role=arn, service="ec2.amazonaws.com" if member == "JobFlowRole" else _EMR)


def _emr_serverless(step: Step) -> Iterator[Need]:
    actions = ["CancelJobRun", "GetApplication", "GetJobRun", "StartJobRun"]
    if _arguments(step).get("ApplicationConfig") is not None:
        actions += ["CreateApplication", "DeleteApplication", "StartApplication", "StopApplication"]
    yield Calls(actions=[f"emr-serverless:{name}" for name in actions], resources=["*"], reason=_NAMED_LATER)
    yield from _passed_roles(_arguments(step), service="emr-serverless.amazonaws.com")


def _passed_roles(request: Any, *, service: str = "sagemaker.amazonaws.com") -> Iterator[Need]:
    """The roles that a request hands over, wherever they stand in it."""
    if isinstance(request, Mapping):
        for name, member in request.items():
            if name in _ROLES and member is not None:
                yield PassRole(role=_text(member), service=service)
            else:
                yield from _passed_roles(member, service=service)
    elif isinstance(request, tuple | list):
        for element in request:
            yield from _passed_roles(element, service=service)


_DERIVATIONS: dict[str, Deriving] = {
    "AutoML": _job,
    "Callback": _callback,
    "ClarifyCheck": _check,
    "Condition": _nothing,
    "EMR": _emr,
    "EMRServerless": _emr_serverless,
    "Endpoint": _endpoint,
    "EndpointConfig": _named(
        actions=("AddTags", "CreateEndpointConfig", "DescribeEndpointConfig"),
        resource_type="endpoint-config",
        member="EndpointConfigName",
    ),
    "Fail": _nothing,
    "InferenceComponent": _named(
        actions=("AddTags", "CreateInferenceComponent", "DescribeInferenceComponent", "UpdateInferenceComponent"),
        resource_type="inference-component",
        member="InferenceComponentName",
    ),
    "Lambda": _function,
    "Lineage": _lineage,
    "Model": _model,
    "Processing": _job,
    "QualityCheck": _check,
    "RegisterModel": _package,
    "Training": _job,
    "Transform": _job,
    "Tuning": _job,
}
