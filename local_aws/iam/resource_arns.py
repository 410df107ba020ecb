"""The resource that a request is about, as its IAM ARN, for the services in play."""

from collections.abc import Callable, Iterator
from typing import Any

from local_aws.iam.policies import ANY_RESOURCE
from local_aws.iam.requirements import Parameters, Place
from local_aws.moto_mends import state

Resources = list[tuple[str, ...]]
"""One entry for each resource that must be allowed; an entry lists the spellings of one resource."""

_SAGEMAKER = {
    "TrainingJobName": "training-job",
    "ProcessingJobName": "processing-job",
    "TransformJobName": "transform-job",
    "HyperParameterTuningJobName": "hyper-parameter-tuning-job",
    "AutoMLJobName": "automl-job",
    "CompilationJobName": "compilation-job",
    "InferenceComponentName": "inference-component",
    "EndpointName": "endpoint",
    "EndpointConfigName": "endpoint-config",
    "ModelPackageGroupName": "model-package-group",
    "ModelPackageName": "model-package",
    "ModelCardName": "model-card",
    "ModelName": "model",
    "PipelineName": "pipeline",
    "FeatureGroupName": "feature-group",
    "TrialComponentName": "experiment-trial-component",
    "TrialName": "experiment-trial",
    "ExperimentName": "experiment",
    "MonitoringScheduleName": "monitoring-schedule",
    "NotebookInstanceName": "notebook-instance",
    "ImageName": "image",
    "CodeRepositoryName": "code-repository",
    "ActionName": "action",
    "ContextName": "context",
    "ProjectName": "project",
    "DomainId": "domain",
}
# an endpoint is made from a config, a component is put on an endpoint: AWS asks for both
_OF_TWO = frozenset({"CreateEndpoint", "CreateInferenceComponent", "UpdateEndpoint"})
# parameters that name the resource, first come first served; values that are ARNs stay as they are
_BY_PARAMETER: dict[str, dict[str, str]] = {
    "cloudwatch": {"AlarmName": "alarm:{}", "MetricStreamName": "metric-stream/{}"},
    "dynamodb": {"TableName": "table/{}", "ResourceArn": "{}", "TableArn": "{}", "StreamArn": "{}"},
    "ecr": {"repositoryName": "repository/{}", "resourceArn": "{}"},
    "kinesis": {"StreamName": "stream/{}", "StreamARN": "{}", "ResourceARN": "{}"},
    "scheduler": {"ResourceArn": "{}"},
    "states": {
        "stateMachineArn": "{}",
        "executionArn": "{}",
        "activityArn": "{}",
        "mapRunArn": "{}",
        "stateMachineAliasArn": "{}",
        "stateMachineVersionArn": "{}",
        "resourceArn": "{}",
    },
}


def resources_of(prefix: str, operation: str, parameters: Parameters, place: Place) -> Resources:
    """The resources of a request; ``*`` where the operation has none, or the table does not know it.

    Args:
        prefix: the service's name in IAM actions, such as ``states``.
        operation: the operation's name in the service's model.
        parameters: the request.
        place: where names without account and region are meant.
    """
    find = _FINDERS.get(prefix)
    found = list(find(operation, parameters, place)) if find else []
    if not found:
        for name, form in _BY_PARAMETER.get(prefix, {}).items():
            if isinstance(value := parameters.get(name), str) and value:
                return [(place.arn(prefix, value if value.startswith("arn:") else form.format(value)),)]
    return found or [("*",)]


def _sagemaker(operation: str, parameters: Parameters, place: Place) -> Iterator[tuple[str, ...]]:
    for name in ("ResourceArn", "PipelineExecutionArn", "ArtifactArn", "Arn"):
        if name in parameters:
            yield (parameters[name],)
            return
    if operation == "BatchGetRecord":
        for group in {wanted["FeatureGroupName"] for wanted in parameters["Identifiers"]}:
            arn = place.arn("sagemaker", group if group.startswith("arn:") else f"feature-group/{group}")
            yield arn.lower(), arn
        return
    if "JobDefinitionName" in parameters:
        kind = operation.removeprefix("Create").removeprefix("Describe").removeprefix("Delete")
        words = {"DataQuality": "data-quality", "ModelQuality": "model-quality", "ModelBias": "model-bias"}
        form = words.get(kind.removesuffix("JobDefinition"), "model-explainability")
        yield (place.arn("sagemaker", f"{form}-job-definition/{parameters['JobDefinitionName'].lower()}"),)
        return
    if operation == "ListModelPackages" and not str(parameters.get("ModelPackageGroupName")).startswith("arn:"):
        return  # it lists the account, whatever it filters by
    if several := [*_model_packages(operation, parameters, place), *_lineage(operation, parameters, place)]:
        yield from several
        return
    names = [name for name in _SAGEMAKER if isinstance(parameters.get(name), str)]
    wanted = names[:2] if operation in _OF_TWO else names[:1]
    for name in wanted:
        value = parameters[name]
        arn = value if value.startswith("arn:") else place.arn("sagemaker", f"{_SAGEMAKER[name]}/{value}")
        # AWS writes these ARNs in lower case, whatever the name
        yield arn.lower(), arn


def _model_packages(operation: str, parameters: Parameters, place: Place) -> Iterator[tuple[str, ...]]:
    """Operations on versions of a group, whose ARNs are `model-package/GROUP/VERSION`."""
    named: list[str] = []
    if operation == "UpdateModelPackage":
        named = [parameters["ModelPackageArn"]]
    elif operation == "BatchDescribeModelPackage":
        named = list(parameters["ModelPackageArnList"])
    elif operation == "CreateModel":
        containers = [parameters.get("PrimaryContainer") or {}, *(parameters.get("Containers") or ())]
        packages = [each["ModelPackageName"] for each in containers if "ModelPackageName" in each]
        # another account's package lets itself be used by its group's policy; one's own needs nothing
        named = [arn for arn in packages if arn.startswith("arn:") and arn.split(":")[4:5] != [place.account]]
        if named:
            named.append(place.arn("sagemaker", f"model/{parameters['ModelName']}"))
    elif operation in ("CreateModelPackage", "ListModelPackages") and "ModelPackageGroupName" in parameters:
        group = parameters["ModelPackageGroupName"]
        arn = group if group.startswith("arn:") else place.arn("sagemaker", f"model-package-group/{group}")
        named = [f"{arn.replace(':model-package-group/', ':model-package/')}/*"]
        if operation == "CreateModelPackage":
            named.insert(0, arn)
    for arn in named:
        yield arn.lower(), arn


def _lineage(operation: str, parameters: Parameters, place: Place) -> Iterator[tuple[str, ...]]:
    """Both ends of an association; an artifact, whose ARN nobody knows before it is there."""
    if operation in ("AddAssociation", "DeleteAssociation"):
        yield from ((parameters[end].lower(), parameters[end]) for end in ("SourceArn", "DestinationArn"))
    elif operation == "CreateArtifact":
        yield (place.arn("sagemaker", "artifact/*"),)


def _scheduler(operation: str, parameters: Parameters, place: Place) -> Iterator[tuple[str, ...]]:
    if "Name" in parameters:
        group = operation.endswith("ScheduleGroup")
        path = parameters["Name"] if group else f"{parameters.get('GroupName', 'default')}/{parameters['Name']}"
        yield (place.arn("scheduler", f"schedule{'-group' if group else ''}/{path}"),)


def _states(operation: str, parameters: Parameters, place: Place) -> Iterator[tuple[str, ...]]:
    if operation.startswith("SendTask"):
        # the token's state machine is known to the service alone
        yield (ANY_RESOURCE,)
    elif operation in ("CreateStateMachine", "CreateActivity"):
        kind = "stateMachine" if operation == "CreateStateMachine" else "activity"
        yield (place.arn("states", f"{kind}:{parameters['name']}"),)
    elif operation in ("StartExecution", "StartSyncExecution"):
        # a version or alias is authorized on its state machine
        yield (":".join(parameters["stateMachineArn"].split(":")[:7]),)


def _codebuild(operation: str, parameters: Parameters, place: Place) -> Iterator[tuple[str, ...]]:
    build_ids = parameters.get("ids") or ([parameters["id"]] if "id" in parameters else [])
    names = [name.rsplit("/", 1)[-1].split(":")[0] for name in build_ids]
    names += parameters.get("names", [])
    names += [parameters[name] for name in ("projectName",) if name in parameters]
    if "Project" in operation and "name" in parameters:
        names.append(parameters["name"])
    for name in names:
        yield (place.arn("codebuild", name if name.startswith("arn:") else f"project/{name}"),)


def _lambda(operation: str, parameters: Parameters, place: Place) -> Iterator[tuple[str, ...]]:
    if "FunctionName" in parameters and operation != "ListEventSourceMappings":
        name, qualifier = function_name(parameters["FunctionName"])
        qualifier = parameters.get("Qualifier") or qualifier
        full = parameters["FunctionName"]
        base = ":".join(full.split(":")[:7]) if full.startswith("arn:") else place.arn("lambda", f"function:{name}")
        yield (f"{base}:{qualifier}" if qualifier else base,)
    elif "UUID" in parameters:
        yield (place.arn("lambda", f"event-source-mapping:{parameters['UUID']}"),)
    elif "LayerName" in parameters:
        version = f":{parameters['VersionNumber']}" if "VersionNumber" in parameters else ""
        yield (place.arn("lambda", f"layer:{parameters['LayerName']}{version}"),)
    elif "Resource" in parameters or "ResourceArn" in parameters:
        yield (parameters.get("Resource") or parameters["ResourceArn"],)


def function_name(reference: str) -> tuple[str, str | None]:
    """Name and qualifier of a function that is given by name, partial ARN or ARN."""
    parts = reference.split(":function:", 1)[-1] if ":function:" in reference else reference
    name, _, qualifier = parts.partition(":")
    return name, qualifier or None


def _events(operation: str, parameters: Parameters, place: Place) -> Iterator[tuple[str, ...]]:
    if operation in ("PutEvents", "PutPartnerEvents"):
        for bus in {entry.get("EventBusName", "default") for entry in parameters["Entries"]}:
            yield (place.arn("events", bus if bus.startswith("arn:") else f"event-bus/{bus}"),)
        return
    rule = parameters.get("Rule") or (parameters.get("Name") if operation.endswith("Rule") else None)
    if rule:
        bus = parameters.get("EventBusName", "default").rsplit("/", 1)[-1]
        yield (place.arn("events", f"rule/{rule}" if bus == "default" else f"rule/{bus}/{rule}"),)
    elif operation.endswith(("EventBus", "Permission")):
        bus = parameters.get("Name") or parameters.get("EventBusName") or "default"
        yield (place.arn("events", bus if bus.startswith("arn:") else f"event-bus/{bus}"),)
    elif "ResourceARN" in parameters:
        yield (parameters["ResourceARN"],)
    else:
        kinds = {
            "Archive": "archive",
            "Replay": "replay",
            "Connection": "connection",
            "ApiDestination": "api-destination",
        }
        for kind, form in kinds.items():
            name = parameters.get(f"{kind}Name") or parameters.get("Name")
            if operation.endswith(kind) and name:
                yield (place.arn("events", f"{form}/{name}"),)


def _sqs(operation: str, parameters: Parameters, place: Place) -> Iterator[tuple[str, ...]]:  # noqa: ARG001
    if "QueueUrl" in parameters:
        account, name = parameters["QueueUrl"].rstrip("/").rsplit("/", 2)[-2:]
        yield (f"arn:aws:sqs:{place.region}:{account}:{name}",)
    elif "QueueName" in parameters:
        account = parameters.get("QueueOwnerAWSAccountId", place.account)
        yield (f"arn:aws:sqs:{place.region}:{account}:{parameters['QueueName']}",)
    elif "SourceArn" in parameters:
        yield (parameters["SourceArn"],)


def _sns(operation: str, parameters: Parameters, place: Place) -> Iterator[tuple[str, ...]]:
    found = parameters.get("TopicArn") or parameters.get("TargetArn") or parameters.get("ResourceArn")
    if operation == "CreateTopic":
        found = parameters["Name"]
    elif "SubscriptionArn" in parameters:
        found = parameters["SubscriptionArn"].rsplit(":", 1)[0]
    if found:
        yield (place.arn("sns", found),)


def _logs(operation: str, parameters: Parameters, place: Place) -> Iterator[tuple[str, ...]]:
    groups = parameters.get("logGroupNames") or parameters.get("logGroupIdentifiers") or []
    single = parameters.get("logGroupName") or parameters.get("logGroupIdentifier")
    for group in [*groups, *([single] if single else [])]:
        name = group.split(":log-group:", 1)[-1].removesuffix(":*")
        base = place.arn("logs", f"log-group:{name}")
        stream = parameters.get("logStreamName")
        if stream and operation != "DescribeLogStreams":
            # CreateLogStream belongs to the group: policies name either
            yield (
                (f"{base}:log-stream:{stream}",)
                if operation != "CreateLogStream"
                else (
                    f"{base}:log-stream:{stream}",
                    base,
                )
            )
        else:
            yield f"{base}:log-stream:", base
    if operation == "DescribeLogGroups" and not groups:
        yield (place.arn("logs", "log-group::log-stream:"),)
    if "resourceArn" in parameters:
        arn = parameters["resourceArn"].removesuffix(":*")
        yield arn, f"{arn}:*"


def _ecr(operation: str, parameters: Parameters, place: Place) -> Iterator[tuple[str, ...]]:
    owner = Place(account=parameters.get("registryId") or place.account, region=place.region)
    if name := parameters.get("repositoryName"):
        yield (owner.arn("ecr", f"repository/{name}"),)
    elif operation == "DescribeRepositories":
        for name in parameters.get("repositoryNames") or ["*"]:
            yield (owner.arn("ecr", f"repository/{name}"),)


_IAM_NAMES = {"RoleName": "role", "UserName": "user", "GroupName": "group", "InstanceProfileName": "instance-profile"}


def _iam(operation: str, parameters: Parameters, place: Place) -> Iterator[tuple[str, ...]]:
    if operation == "CreateServiceLinkedRole":
        service = parameters["AWSServiceName"]
        yield (f"arn:aws:iam::{place.account}:role/aws-service-role/{service}/*",)
        return
    order = ("InstanceProfileName", "GroupName", "RoleName", "UserName")
    for member in order:
        if name := parameters.get(member):
            kind = _IAM_NAMES[member]
            creates = operation.startswith("Create") and operation not in ("CreateAccessKey", "CreateLoginProfile")
            path = parameters.get("Path", "/") if creates else state.iam_path(place.account, kind, name)
            yield (f"arn:aws:iam::{place.account}:{kind}{path}{name}",)
            return
    if operation == "CreatePolicy":
        yield (f"arn:aws:iam::{place.account}:policy{parameters.get('Path', '/')}{parameters['PolicyName']}",)
    elif "PolicyArn" in parameters:
        yield (parameters["PolicyArn"],)


def _sts(operation: str, parameters: Parameters, place: Place) -> Iterator[tuple[str, ...]]:  # noqa: ARG001
    if "RoleArn" in parameters:
        yield (parameters["RoleArn"],)


def _ssm(operation: str, parameters: Parameters, place: Place) -> Iterator[tuple[str, ...]]:
    names = list(parameters.get("Names", []))
    if "Parameter" in operation and isinstance(parameters.get("Name"), str):
        names.append(parameters["Name"])
    if operation == "GetParametersByPath":
        names.append(parameters["Path"])
    if parameters.get("ResourceType") == "Parameter":
        names.append(parameters["ResourceId"])
    for name in names:
        if name.startswith("arn:"):
            yield (name,)
        else:
            bare = name.partition(":")[0].lstrip("/")
            yield (place.arn("ssm", f"parameter/{bare.rstrip('/')}"),)


def _cloudformation(operation: str, parameters: Parameters, place: Place) -> Iterator[tuple[str, ...]]:  # noqa: ARG001
    stack = parameters.get("StackName")
    if stack:
        yield (stack if stack.startswith("arn:") else place.arn("cloudformation", f"stack/{stack}/*"),)
    elif str(parameters.get("ChangeSetName", "")).startswith("arn:"):
        yield (parameters["ChangeSetName"],)


def _cloudwatch(operation: str, parameters: Parameters, place: Place) -> Iterator[tuple[str, ...]]:
    if "Dashboard" in operation:
        for name in parameters.get("DashboardNames") or [parameters.get("DashboardName", "*")]:
            yield (f"arn:aws:cloudwatch::{place.account}:dashboard/{name}",)
    for name in parameters.get("AlarmNames", []) if operation != "DescribeAlarms" else []:
        yield (place.arn("cloudwatch", f"alarm:{name}"),)
    if operation == "DescribeAlarms":
        for name in parameters.get("AlarmNames") or ["*"]:
            yield (place.arn("cloudwatch", f"alarm:{name}"),)


def _ec2(operation: str, parameters: Parameters, place: Place) -> Iterator[tuple[str, ...]]:
    # what makes, describes and connects networks is asked for on all resources
    if operation.startswith(("Authorize", "Revoke", "Delete", "Modify", "Update")) and "SecurityGroup" in operation:
        group = parameters.get("GroupId")
        if group:
            yield (place.arn("ec2", f"security-group/{group}"),)


def _glue(operation: str, parameters: Parameters, place: Place) -> Iterator[tuple[str, ...]]:
    # a table is asked for together with its database and the catalog that holds both
    yield (place.arn("glue", "catalog"),)
    of_database = operation.endswith(("Database", "Databases"))
    database = parameters.get("DatabaseName") or (parameters.get("Name") if of_database else None)
    database = database or parameters.get("DatabaseInput", {}).get("Name")
    if database:
        yield (place.arn("glue", f"database/{database}"),)
    table = None if of_database else parameters.get("TableName") or parameters.get("Name")
    table = table or parameters.get("TableInput", {}).get("Name")
    if table:
        yield (place.arn("glue", f"table/{database}/{table}"),)


def _secretsmanager(operation: str, parameters: Parameters, place: Place) -> Iterator[tuple[str, ...]]:
    if "SecretId" in parameters:
        secret = state.secret(place.account, place.region, parameters["SecretId"])
        name = parameters["SecretId"]
        yield (secret.arn if secret else place.arn("secretsmanager", f"secret:{name}"),)
    elif operation == "CreateSecret":
        yield (place.arn("secretsmanager", f"secret:{parameters['Name']}-??????"),)


def _kms(operation: str, parameters: Parameters, place: Place) -> Iterator[tuple[str, ...]]:
    members = [name for name in ("KeyId", "TargetKeyId", "DestinationKeyId") if name in parameters]
    if operation == "Decrypt" and not members:
        key = state.kms_key_of_ciphertext(place.account, place.region, parameters["CiphertextBlob"])
        yield (key.arn if key else ANY_RESOURCE,)
    for member in members:
        key = state.kms_key(place.account, place.region, parameters[member])
        yield (key.arn if key else place.arn("kms", parameters[member]),)
    if alias := parameters.get("AliasName"):
        yield (place.arn("kms", alias),)


def _dynamodb(operation: str, parameters: Parameters, place: Place) -> Iterator[tuple[str, ...]]:
    if "TableName" in parameters:
        table = place.arn("dynamodb", _table(parameters["TableName"]))
        yield (f"{table}/index/{parameters['IndexName']}" if "IndexName" in parameters else table,)
    elif operation in ("BatchGetItem", "BatchWriteItem"):
        for name in parameters["RequestItems"]:
            yield (place.arn("dynamodb", _table(name)),)
    elif operation.startswith("Transact"):
        items: list[dict[str, Any]] = parameters.get("TransactItems", [])
        for name in {part["TableName"] for item in items for part in item.values()}:
            yield (place.arn("dynamodb", _table(name)),)


def _table(name: str) -> str:
    return name if name.startswith("arn:") else f"table/{name}"


Finder = Callable[[str, Parameters, Place], Iterator[tuple[str, ...]]]

_FINDERS: dict[str, Finder] = {
    "cloudformation": _cloudformation,
    "cloudwatch": _cloudwatch,
    "codebuild": _codebuild,
    "dynamodb": _dynamodb,
    "ec2": _ec2,
    "ecr": _ecr,
    "events": _events,
    "glue": _glue,
    "iam": _iam,
    "kms": _kms,
    "lambda": _lambda,
    "logs": _logs,
    "sagemaker": _sagemaker,
    "scheduler": _scheduler,
    "secretsmanager": _secretsmanager,
    "sns": _sns,
    "sqs": _sqs,
    "ssm": _ssm,
    "states": _states,
    "sts": _sts,
}
