"""Condition keys that a request carries beside those of its caller: region, tags, and services' own."""

from collections.abc import Callable, Mapping
from typing import Any

from local_aws.iam.requirements import Parameters

Value = str | tuple[str, ...]

_TAG_MEMBERS = ("Tags", "tags", "TagList", "Tag")
_UNTAG_MEMBERS = ("TagKeys", "tagKeys", "TagKeyList")
# services -> condition key -> where its value lies in the request
_MEMBERS: dict[str, dict[str, tuple[str, ...]]] = {
    "cloudformation": {
        "cloudformation:changesetname": ("ChangeSetName",),
        "cloudformation:rolearn": ("RoleARN",),
        "cloudformation:templateurl": ("TemplateURL",),
    },
    "cloudwatch": {"cloudwatch:namespace": ("Namespace",)},
    "dynamodb": {"dynamodb:select": ("Select",), "dynamodb:returnvalues": ("ReturnValues",)},
    "iam": {
        "iam:awsservicename": ("AWSServiceName",),
        "iam:permissionsboundary": ("PermissionsBoundary",),
        "iam:policyarn": ("PolicyArn",),
    },
    "kms": {
        "kms:keyspec": ("KeySpec",),
        "kms:keyusage": ("KeyUsage",),
        "kms:encryptionalgorithm": ("EncryptionAlgorithm",),
        "kms:grantoperations": ("Operations",),
        "kms:granteeprincipal": ("GranteePrincipal",),
        "kms:requestalias": ("KeyId",),
    },
    "lambda": {"lambda:principal": ("Principal",), "lambda:functionarn": ("FunctionName",)},
    "sagemaker": {
        "sagemaker:instancetypes": ("ResourceConfig", "InstanceType"),
        "sagemaker:networkisolation": ("EnableNetworkIsolation",),
        "sagemaker:intercontainertrafficencryption": ("EnableInterContainerTrafficEncryption",),
        "sagemaker:volumekmskey": ("ResourceConfig", "VolumeKmsKeyId"),
        "sagemaker:outputkmskey": ("OutputDataConfig", "KmsKeyId"),
        "sagemaker:vpcsubnets": ("VpcConfig", "Subnets"),
        "sagemaker:vpcsecuritygroupids": ("VpcConfig", "SecurityGroupIds"),
        "sagemaker:maxruntimeinseconds": ("StoppingCondition", "MaxRuntimeInSeconds"),
        "sagemaker:modelapprovalstatus": ("ModelApprovalStatus",),
    },
    "secretsmanager": {
        "secretsmanager:secretid": ("SecretId",),
        "secretsmanager:name": ("Name",),
        "secretsmanager:versionstage": ("VersionStage",),
    },
    "sns": {"sns:endpoint": ("Endpoint",), "sns:protocol": ("Protocol",)},
    "ssm": {"ssm:overwrite": ("Overwrite",), "ssm:recursive": ("Recursive",)},
    "states": {"states:publish": ("publish",)},
    "sts": {
        "sts:externalid": ("ExternalId",),
        "sts:rolesessionname": ("RoleSessionName",),
        "sts:sourceidentity": ("SourceIdentity",),
        "sts:transitivetagkeys": ("TransitiveTagKeys",),
    },
}


def request_keys(prefix: str, operation: str, parameters: Parameters) -> dict[str, Value]:
    """Tags of the request and the condition keys of its service.

    Args:
        prefix: the service's name in IAM actions.
        operation: the operation's name in the service's model.
        parameters: the request.
    """
    keys: dict[str, Value] = {}
    for member in _TAG_MEMBERS:
        if member in parameters:
            _add_tags(keys, parameters[member])
    for member in _UNTAG_MEMBERS:
        if isinstance(parameters.get(member), list):
            keys["aws:tagkeys"] = tuple(parameters[member])
    for key, path in _MEMBERS.get(prefix, {}).items():
        found: Any = parameters
        for member in path:
            found = found.get(member) if isinstance(found, Mapping) else None
        if found is not None and (value := _value(found)) is not None:
            keys[key] = value
    special = _SPECIAL.get(prefix)
    if special is not None:
        special(operation, parameters, keys)
    return keys


def _add_tags(keys: dict[str, Value], tags: Any) -> None:
    pairs: list[tuple[str, str]] = []
    if isinstance(tags, Mapping):
        pairs = [(str(name), str(value)) for name, value in tags.items()]
    elif isinstance(tags, list):
        for tag in tags:
            if isinstance(tag, Mapping):
                lowered = {name.lower().removeprefix("tag"): value for name, value in tag.items()}
                pairs.append((str(lowered.get("key", "")), str(lowered.get("value", ""))))
    for name, value in pairs:
        keys[f"aws:requesttag/{name.lower()}"] = value
    if pairs:
        keys["aws:tagkeys"] = tuple(name for name, _ in pairs)


def _value(found: Any) -> Value | None:
    if isinstance(found, bool):
        return str(found).lower()
    if isinstance(found, str | int | float):
        return str(found)
    if isinstance(found, list) and all(isinstance(item, str) for item in found):
        return tuple(found)
    return None


def _kms(operation: str, parameters: Parameters, keys: dict[str, Value]) -> None:
    context = parameters.get("EncryptionContext") or parameters.get("SourceEncryptionContext") or {}
    for name, value in context.items():
        keys[f"kms:encryptioncontext:{name.lower()}"] = value
    if context:
        keys["kms:encryptioncontextkeys"] = tuple(context)
    if not str(parameters.get("KeyId", "")).startswith("alias/"):
        keys.pop("kms:requestalias", None)
    if operation == "CreateGrant":
        keys.setdefault("kms:grantisforawsresource", "false")


def _events(operation: str, parameters: Parameters, keys: dict[str, Value]) -> None:
    if operation == "PutEvents":
        entries = parameters["Entries"]
        keys["events:source"] = tuple(entry["Source"] for entry in entries if "Source" in entry)
        keys["events:detail-type"] = tuple(entry["DetailType"] for entry in entries if "DetailType" in entry)
    elif operation == "PutTargets":
        keys["events:targetarn"] = tuple(target["Arn"] for target in parameters["Targets"])


def _sagemaker(operation: str, parameters: Parameters, keys: dict[str, Value]) -> None:  # noqa: ARG001
    variants = parameters.get("ProductionVariants")
    if isinstance(variants, list):
        keys["sagemaker:instancetypes"] = tuple(item["InstanceType"] for item in variants if "InstanceType" in item)


_SPECIAL: dict[str, Callable[[str, Parameters, dict[str, Value]], None]] = {
    "events": _events,
    "kms": _kms,
    "sagemaker": _sagemaker,
}
