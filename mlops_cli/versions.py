"""Versions in the model registry: which one is meant, what is known of it, and what is decided of it."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from attrs import frozen
from botocore.exceptions import ClientError

from mlops_cli.errors import BAD_INPUT, CliError
from mlops_cli.target import Target

Decision = Literal["Approved", "Rejected"]
PENDING = "PendingManualApproval"

_LONGEST_REASON = 1024
_LARGEST_REPORT = 262_144
_MOST_METRICS = 40


@frozen(kw_only=True)
class Version:
    """One version of a model.

    Attributes:
        arn: of it.
        described: what DescribeModelPackage says.
    """

    arn: str
    described: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Group and number, as people say it."""
        return f"{self.described['ModelPackageGroupName']} version {self.described['ModelPackageVersion']}"

    @property
    def status(self) -> str:
        """``Approved``, ``Rejected`` or ``PendingManualApproval``."""
        return str(self.described["ModelApprovalStatus"])

    @property
    def reports(self) -> dict[str, str]:
        """Addresses of its metrics' reports, by what they tell of."""
        return {
            f"{subject} {kind}": report["S3Uri"]
            for subject, kinds in self.described.get("ModelMetrics", {}).items()
            for kind, report in kinds.items()
        }


def find_version(target: Target, given: str) -> Version:
    """The version of an ARN, or the newest of a group that waits for a decision.

    Raises:
        CliError: there is no such version, or none that waits.
    """
    if given.startswith("arn:"):
        return _described(target, given)
    arns = _newest(target, given, ModelApprovalStatus=PENDING)
    if arns:
        return _described(target, arns[0])
    others = _newest(target, given)
    if not others:
        raise CliError(f"{given} has no versions", hint="a pipeline or a workflow registers them", exit_code=BAD_INPUT)
    newest = _described(target, others[0])
    raise CliError(
        f"no version of {given} waits for a decision: the newest, {newest.described['ModelPackageVersion']}, "
        f"is {newest.status}",
        hint=f"to decide on it again, give its ARN: {newest.arn}",
        exit_code=BAD_INPUT,
    )


def newest_version(target: Target, group: str) -> str:
    """The ARN of a group's newest version, whatever was decided of it.

    Raises:
        CliError: there is no such group, or it has no versions.
    """
    arns = _newest(target, group)
    if not arns:
        raise CliError(f"{group} has no versions", exit_code=BAD_INPUT)
    return arns[0]


def decide(target: Target, version: Version, decision: Decision, reason: str | None) -> None:
    """Approves or rejects a version.

    Raises:
        CliError: the reason is too long.
    """
    if reason is not None and len(reason) > _LONGEST_REASON:
        message = f"--reason: got {len(reason)} characters, expected at most {_LONGEST_REASON}"
        raise CliError(message, exit_code=BAD_INPUT)
    described = {} if reason is None else {"ApprovalDescription": reason}
    target.client("sagemaker").update_model_package(
        ModelPackageArn=version.arn, ModelApprovalStatus=decision, **described
    )


def metrics(target: Target, version: Version) -> Iterator[tuple[str, str]]:
    """What a version's reports say: a name and a value for each number, or why a report cannot be read."""
    for subject, uri in version.reports.items():
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        try:
            answer = target.client("s3").get_object(Bucket=bucket, Key=key)
            if answer["ContentLength"] > _LARGEST_REPORT:
                yield subject, f"{uri} ({answer['ContentLength']:,} bytes)"
                continue
            document = json.loads(answer["Body"].read())
        except ClientError as error:
            yield subject, f"{uri} cannot be read: {error.response['Error']['Code']}"
            continue
        except ValueError:
            yield subject, f"{uri} (no JSON)"
            continue
        numbers = list(_numbers(document))
        yield from numbers[:_MOST_METRICS]
        if len(numbers) > _MOST_METRICS:
            yield subject, f"{len(numbers) - _MOST_METRICS} more in {uri}"


def _numbers(document: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(document, Mapping):
        for name, member in document.items():
            yield from _numbers(member, f"{path}.{name}" if path else str(name))
    elif isinstance(document, int | float) and not isinstance(document, bool):
        yield path, f"{document:,.6g}"


def _described(target: Target, arn: str) -> Version:
    try:
        described = target.client("sagemaker").describe_model_package(ModelPackageName=arn)
    except ClientError as error:
        _refuse_unknown(error)
        raise
    if "ModelPackageVersion" not in described:
        raise CliError(f"{arn} is no version of a group: nothing is decided of it", exit_code=BAD_INPUT)
    return Version(arn=arn, described=described)


def _newest(target: Target, group: str, **filters: str) -> list[str]:
    try:
        listed = target.client("sagemaker").list_model_packages(
            ModelPackageGroupName=group, SortBy="CreationTime", SortOrder="Descending", MaxResults=1, **filters
        )
    except ClientError as error:
        _refuse_unknown(error)
        raise
    return [package["ModelPackageArn"] for package in listed["ModelPackageSummaryList"]]


def _refuse_unknown(error: ClientError) -> None:
    """Tells a person that there is no such version or group, where that is what AWS says."""
    details = error.response["Error"]
    if details["Code"] == "ValidationException":
        hint = "give a group's name, or a version's ARN"
        raise CliError(details["Message"], hint=hint, exit_code=BAD_INPUT) from error
