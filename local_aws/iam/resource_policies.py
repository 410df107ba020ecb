"""Policies that hang on resources: who keeps them, and what they say of a resource."""

from typing import Protocol

from attrs import frozen

from local_aws.iam.requirements import Place
from local_aws.moto_mends import state


@frozen(kw_only=True)
class ResourcePolicy:
    """What a resource says of itself.

    Attributes:
        account: the account it belongs to.
        document: its policy's text, None where it has none.
        rules: identity policies count only as far as this policy lets them (KMS keys, role trust).
        grants: principals and the KMS operations granted to them beside the policy.
    """

    account: str
    document: str | None
    rules: bool = False
    grants: tuple[tuple[str, tuple[str, ...]], ...] = ()


class ResourcePolicies(Protocol):
    """A service that keeps policies on its resources; Lambda offers its functions' permissions this way."""

    def resource_policy(self, arn: str) -> ResourcePolicy | None:
        """The policy of a resource, None where the resource does not exist or has none. Must be quick."""


class StoredResourcePolicies:
    """Resource policies of the services whose state moto keeps."""

    def resource_policy(self, arn: str) -> ResourcePolicy | None:
        """Finds the policy by the ARN's service."""
        parts = arn.split(":", 5)
        if len(parts) < 6:
            return None
        service, name = parts[2], parts[5]
        place = Place(account=parts[4], region=parts[3])
        finder = _FINDERS.get(service)
        return None if finder is None else finder(arn, name, place)


def _s3(arn: str, name: str, place: Place) -> ResourcePolicy | None:  # noqa: ARG001
    bucket = state.bucket(name.split("/", 1)[0])
    return None if bucket is None else ResourcePolicy(account=bucket.account, document=bucket.policy)


def _kms(arn: str, name: str, place: Place) -> ResourcePolicy | None:
    key = state.kms_key(place.account, place.region, arn) if name.startswith("key/") else None
    if key is None:
        return None
    return ResourcePolicy(account=key.account, document=key.policy, rules=key.customer_managed, grants=key.grants)


def _sqs(arn: str, name: str, place: Place) -> ResourcePolicy | None:  # noqa: ARG001
    return ResourcePolicy(account=place.account, document=state.queue_policy(place.account, place.region, name))


def _sns(arn: str, name: str, place: Place) -> ResourcePolicy | None:  # noqa: ARG001
    return ResourcePolicy(account=place.account, document=state.topic_policy(arn))


def _ecr(arn: str, name: str, place: Place) -> ResourcePolicy | None:  # noqa: ARG001
    repository = name.removeprefix("repository/")
    document = state.repository_policy(place.account, place.region, repository)
    return ResourcePolicy(account=place.account, document=document)


def _secretsmanager(arn: str, name: str, place: Place) -> ResourcePolicy | None:  # noqa: ARG001
    secret = state.secret(place.account, place.region, arn)
    return None if secret is None else ResourcePolicy(account=place.account, document=secret.policy)


def _iam(arn: str, name: str, place: Place) -> ResourcePolicy | None:
    if not name.startswith("role/"):
        return None
    role = state.role(place.account, name.rsplit("/", 1)[-1])
    if role is None or role.arn != arn:
        return None
    return ResourcePolicy(account=place.account, document=role.trust, rules=True)


_FINDERS = {
    "s3": _s3,
    "kms": _kms,
    "sqs": _sqs,
    "sns": _sns,
    "ecr": _ecr,
    "secretsmanager": _secretsmanager,
    "iam": _iam,
}
