"""Settings of a function: AWS's defaults and limits, and what the local AWS cannot honour."""

import re
from typing import Any

from local_aws.gateway.errors import AwsError, NotAvailableLocallyError

PYTHON_RUNTIMES = frozenset(f"python3.{minor}" for minor in range(9, 15))
NODE_RUNTIMES = frozenset({"nodejs18.x", "nodejs20.x", "nodejs22.x", "nodejs24.x"})

_RETIRED = re.compile(r"nodejs|nodejs(4\.3|6\.10|8\.10|1[0246]\.x|4\.3-edge)|python(2\.7|3\.[678])|dotnetcore.*|go1\.x")
_OTHERS = re.compile(r"java.*|dotnet\d+|ruby.*|provided.*|nodejs\d+\.x|python3\.\d+")
_HANDLER = re.compile(r"\S{1,128}")
_ROLE = re.compile(r"arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+")
_VARIABLE = re.compile(r"[a-zA-Z][a-zA-Z0-9_]*")
_LOG_GROUP = re.compile(r"[.\-_/#A-Za-z0-9]{1,512}")
_ENVIRONMENT_BYTES = 4096
_LAYERS = 5

RESERVED_VARIABLES = frozenset(
    {
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_DEFAULT_REGION",
        "AWS_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_LAMBDA_RUNTIME_API",
        "LAMBDA_TASK_ROOT",
        "LAMBDA_RUNTIME_DIR",
    }
)

MEMBERS = (
    "Runtime",
    "Role",
    "Handler",
    "Description",
    "Timeout",
    "MemorySize",
    "VpcConfig",
    "DeadLetterConfig",
    "Environment",
    "KMSKeyArn",
    "TracingConfig",
    "Layers",
    "EphemeralStorage",
    "LoggingConfig",
    "Architectures",
)

_REFUSED = {
    "CodeSigningConfigArn": "code signing of Lambda functions",
    "ImageConfig": "Lambda functions from container images (PackageType Image)",
    "TenancyConfig": "tenant isolation of Lambda functions",
    "CapacityProviderConfig": "Lambda managed instances",
    "DurableConfig": "durable Lambda functions",
    "RuntimeConfig": "custom runtimes of Lambda",
    "AcceleratorConfig": "accelerators for Lambda functions",
    "PublishTo": "PublishTo of Lambda",
}


def refuse(request: dict[str, Any]) -> None:
    """Refuses what the local AWS does not do.

    Raises:
        NotAvailableLocallyError: naming it.
    """
    if request.get("PackageType") == "Image" or request.get("Code", request).get("ImageUri"):
        raise NotAvailableLocallyError("Lambda functions from container images (PackageType Image); use a zip file")
    if request.get("FileSystemConfigs"):
        raise NotAvailableLocallyError("file systems for Lambda functions (FileSystemConfigs)")
    if request.get("SnapStart", {}).get("ApplyOn") == "PublishedVersions":
        raise NotAvailableLocallyError("SnapStart of Lambda")
    for member, what in _REFUSED.items():
        if request.get(member):
            raise NotAvailableLocallyError(what)


def with_defaults(name: str, given: dict[str, Any]) -> dict[str, Any]:
    """A new function's settings: what was given over AWS's defaults (3 s, 128 MB, 512 MB of /tmp)."""
    defaults: dict[str, Any] = {
        "Description": "",
        "Timeout": 3,
        "MemorySize": 128,
        "TracingConfig": {"Mode": "PassThrough"},
        "EphemeralStorage": {"Size": 512},
        "Architectures": ["x86_64"],
        "Layers": [],
        "LoggingConfig": {},
    }
    return changed(name, defaults, given)


def changed(name: str, settings: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Settings after a change; members that were not given stay as they are."""
    merged = {**settings, **{member: given[member] for member in MEMBERS if given.get(member) is not None}}
    logging = {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name}", **merged["LoggingConfig"]}
    if logging["LogFormat"] == "JSON":
        logging = {"ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO", **logging}
    merged["LoggingConfig"] = logging
    if not merged.get("DeadLetterConfig", {}).get("TargetArn"):
        merged.pop("DeadLetterConfig", None)
    if not merged.get("KMSKeyArn"):
        merged.pop("KMSKeyArn", None)
    vpc = merged.get("VpcConfig")
    if vpc is not None and not vpc.get("SubnetIds"):
        merged.pop("VpcConfig")
    return merged


def check(settings: dict[str, Any]) -> None:
    """Checks a function's settings against AWS's limits.

    Raises:
        AwsError: ``InvalidParameterValueException`` or ``ValidationException`` with every problem found.
        NotAvailableLocallyError: a runtime that this machine does not run.
    """
    problems = [*_values(settings)]
    if problems:
        noun = "error" if len(problems) == 1 else "errors"
        raise AwsError("ValidationException", f"{len(problems)} validation {noun} detected: {'; '.join(problems)}")
    _check_runtime(settings.get("Runtime"))
    if not settings.get("Handler"):
        raise _invalid("Handler is required: a zip file has no default entry point")
    _check_environment(settings.get("Environment", {}).get("Variables", {}))
    logging = settings["LoggingConfig"]
    if logging["LogFormat"] == "Text" and ("ApplicationLogLevel" in logging or "SystemLogLevel" in logging):
        raise _invalid("ApplicationLogLevel and SystemLogLevel can only be set when LogFormat is JSON")
    if len(settings["Layers"]) > _LAYERS:
        raise _invalid(f"Cannot reference more than {_LAYERS} layers.")
    target = settings.get("DeadLetterConfig", {}).get("TargetArn", "")
    if target and target.split(":")[2:3] not in (["sqs"], ["sns"]):
        raise _invalid(f"The provided dead letter target ({target}) is neither an SQS queue nor an SNS topic")


def _values(settings: dict[str, Any]) -> list[str]:
    problems = []

    def outside(member: str, value: object, rule: str) -> None:
        problems.append(
            f"Value '{value}' at '{member[0].lower()}{member[1:]}' failed to satisfy constraint: Member must {rule}"
        )

    for member, low, high in (("Timeout", 1, 900), ("MemorySize", 128, 10240)):
        if settings[member] < low:
            outside(member, settings[member], f"have value greater than or equal to {low}")
        if settings[member] > high:
            outside(member, settings[member], f"have value less than or equal to {high}")
    if not 512 <= settings["EphemeralStorage"]["Size"] <= 10240:
        outside("EphemeralStorage.Size", settings["EphemeralStorage"]["Size"], "have value between 512 and 10240")
    if len(settings["Description"]) > 256:
        outside("Description", settings["Description"], "have length less than or equal to 256")
    handler = settings.get("Handler")
    if handler is not None and not _HANDLER.fullmatch(handler):
        outside("Handler", handler, r"satisfy regular expression pattern: [^\s]+ and have at most 128 characters")
    if not _ROLE.fullmatch(settings["Role"]):
        outside("Role", settings["Role"], f"satisfy regular expression pattern: {_ROLE.pattern}")
    if settings["TracingConfig"].get("Mode") not in {"Active", "PassThrough"}:
        outside(
            "TracingConfig.Mode", settings["TracingConfig"].get("Mode"), "satisfy enum value set: [Active, PassThrough]"
        )
    if settings["Architectures"] not in (["x86_64"], ["arm64"]):
        outside("Architectures", settings["Architectures"], "be one of [x86_64], [arm64]")
    logging = settings["LoggingConfig"]
    if logging["LogFormat"] not in {"JSON", "Text"}:
        outside("LoggingConfig.LogFormat", logging["LogFormat"], "satisfy enum value set: [JSON, Text]")
    if not _LOG_GROUP.fullmatch(logging["LogGroup"]):
        outside("LoggingConfig.LogGroup", logging["LogGroup"], f"satisfy pattern: {_LOG_GROUP.pattern}")
    return problems


def _check_runtime(runtime: str | None) -> None:
    if runtime is None:
        raise _invalid("Runtime and Handler are mandatory parameters for functions created with deployment packages.")
    if runtime in PYTHON_RUNTIMES or runtime in NODE_RUNTIMES:
        return
    if _RETIRED.fullmatch(runtime):
        raise _invalid(
            f"The runtime parameter of {runtime} is no longer supported for creating or updating AWS Lambda functions. "
            "We recommend you use a supported runtime while creating or updating functions."
        )
    if _OTHERS.fullmatch(runtime):
        raise NotAvailableLocallyError(f"Lambda functions with runtime {runtime} (it runs Python and Node.js)")
    known = ", ".join(sorted(PYTHON_RUNTIMES | NODE_RUNTIMES))
    raise _invalid(
        f"Value {runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [{known}]"
    )


def _check_environment(variables: dict[str, str]) -> None:
    reserved = sorted(RESERVED_VARIABLES.intersection(variables))
    if reserved:
        raise _invalid(
            "Lambda was unable to configure your environment variables because the environment variables you have "
            "provided contains reserved keys that are currently not supported for modification. "
            f"Reserved keys used in this request: {', '.join(reserved)}"
        )
    for key in variables:
        if not _VARIABLE.fullmatch(key):
            raise _invalid(f"environment variable name '{key}' does not match [a-zA-Z]([a-zA-Z0-9_])*")
    size = sum(len(key.encode()) + len(value.encode()) for key, value in variables.items())
    if size > _ENVIRONMENT_BYTES:
        raise _invalid(
            "Lambda was unable to configure your environment variables because the environment variables you have "
            f"provided exceeded the 4KB limit: they have {size} bytes"
        )


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterValueException", message, Type="User")
