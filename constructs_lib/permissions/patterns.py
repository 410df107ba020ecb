"""Names and addresses as IAM matches them: what is known only at run time becomes a wildcard."""

from attrs import frozen

from constructs_lib.definitions.imported import ImportedDefinition
from constructs_lib.definitions.imported_pipeline import ImportedPipeline
from constructs_lib.definitions.pipeline import PipelineDefinition
from constructs_lib.definitions.steps.base import JobStep
from constructs_lib.definitions.tokens import has_text_token
from constructs_lib.definitions.values import Join, ShortUniqueName, StepOutput, Text, UniqueName
from constructs_lib.definitions.workflow import WorkflowDefinition


def name_patterns(name: Text) -> tuple[str, ...]:
    """A resource's name, with ``*`` for what is not known yet.

    SageMaker writes names in ARNs in lower case, but not in all of them: a name with capitals gives both.
    """
    pattern = text_pattern(name)
    if has_text_token(pattern) or pattern == pattern.lower():
        return (pattern,)
    return (pattern, pattern.lower())


def text_pattern(value: Text) -> str:
    """A text, with ``*`` for what is not known yet; tokens stay as they are."""
    if isinstance(value, str):
        return value
    if isinstance(value, UniqueName | ShortUniqueName):
        return f"{value.prefix}-*"
    if isinstance(value, Join):
        parts = [part if isinstance(part, int | float) else text_pattern(part) for part in value.parts]
        pattern = value.separator.join(str(part) for part in parts)
        while "**" in pattern:
            pattern = pattern.replace("**", "*")
        return pattern
    return "*"


@frozen
class Location:
    """Where objects lie in S3.

    Attributes:
        bucket: its name, or ``*`` where it is not known.
        prefix: with which the objects' keys begin.
        kms_key: ARN of the key that encrypts them, or None.
    """

    bucket: str
    prefix: str
    kms_key: Text | None

    @property
    def folder(self) -> "Location":
        """The objects below the prefix, as in a folder."""
        prefix = self.prefix.rstrip("/")
        return Location(self.bucket, f"{prefix}/" if prefix and not prefix.endswith("*") else prefix, self.kms_key)


def location(
    uri: Text,
    kms_key: Text | None,
    definition: WorkflowDefinition | PipelineDefinition | ImportedDefinition | ImportedPipeline,
) -> Location:
    """Where an address in S3 points to. An output of a step that is an address points below what the step declares."""
    if isinstance(uri, StepOutput) and isinstance(definition, WorkflowDefinition | PipelineDefinition):
        source = next((step for step in definition.all_steps if step.name == uri.step), None)
        if isinstance(source, JobStep) and uri.path in source.artifacts:
            folder, key = source.artifacts[uri.path]
            return location(folder, key if kms_key is None else kms_key, definition).folder
    bucket, prefix = _split(text_pattern(uri))
    return Location(bucket, prefix.rstrip("*"), kms_key)


def _split(uri: str) -> tuple[str, str]:
    scheme, separator, rest = uri.partition("://")
    if not separator or "*" in scheme:
        return "*", ""
    host, _, path = rest.partition("/")
    if scheme == "s3":
        return host, path
    if host.startswith(("s3.", "s3-")):  # the bucket is in the path, as the CDK writes addresses
        bucket, _, prefix = path.partition("/")
        return bucket, prefix
    return host.partition(".s3")[0], path


def repository_arn(image: Text, *, partition: str, region: str, account: str) -> str:
    """The ARN of the ECR repository of an image; any of the account's where the address does not tell it."""
    host, slash, rest = (image if isinstance(image, str) else "").partition("/")
    registry, dot, place = host.partition(".dkr.ecr.")
    name = rest.partition("@")[0].partition(":")[0]
    if slash and dot and not has_text_token(rest):
        return f"arn:{partition}:ecr:{place.partition('.')[0]}:{registry}:repository/{name}"
    return f"arn:{partition}:ecr:{region}:{account}:repository/*"
