"""Reads what moto keeps, in process, for decisions that are made on every request.

Fault mended: none. Asking moto's own API for policies and keys would be a request inside each request; here the
records are read where they lie. Nothing is written.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from attrs import frozen

from local_aws.moto_mends import apply

_PARTITION = "aws"


@frozen(kw_only=True)
class StoredIdentity:
    """A role or user as IAM keeps it.

    Attributes:
        arn: with its path.
        identifier: unique id, such as ``AROA…``; another one after a delete and create of the same name.
        name: without path.
        documents: its policies' texts: inline, managed, and of a user's groups.
        boundary: text of its permissions boundary, if it has one.
        trust: a role's trust policy.
        max_session_seconds: of a role.
        tags: its tags.
    """

    arn: str
    identifier: str
    name: str
    documents: tuple[str, ...]
    boundary: str | None = None
    trust: str = ""
    max_session_seconds: int = 3600
    tags: tuple[tuple[str, str], ...] = ()


@frozen(kw_only=True)
class StoredKey:
    """A KMS key: its policy decides over all others."""

    arn: str
    account: str
    policy: str
    enabled: bool
    customer_managed: bool
    grants: tuple[tuple[str, tuple[str, ...]], ...]


@frozen(kw_only=True)
class StoredSecret:
    """A secret of Secrets Manager."""

    arn: str
    policy: str | None


@frozen(kw_only=True)
class StoredBucket:
    """A bucket: whose it is, its policy, and the key that encrypts what is put without naming one."""

    account: str
    region: str
    policy: str | None
    encryption: str | None
    key_id: str | None


@cache
def _iam_backends() -> Any:
    apply("iam")
    from moto.iam.models import iam_backends  # costs 30 MB; needed with the first request, not at import

    return iam_backends


def _iam(account: str) -> Any:
    return _iam_backends()[account][_PARTITION]


def role(account: str, name: str) -> StoredIdentity | None:
    """A role by its name, None where there is none."""
    backend = _iam(account)
    # moto keys roles by their unique ids
    for found in list(backend.roles.values()):
        if found.name == name:
            boundary = found.permissions_boundary_arn
            return StoredIdentity(
                arn=found.arn,
                identifier=found.id,
                name=name,
                documents=tuple(_documents(found)),
                boundary=_managed_document(backend, boundary) if boundary else None,
                trust=found.assume_role_policy_document,
                max_session_seconds=int(found.max_session_duration or 3600),
                tags=_tags(found.tags),
            )
    return None


def user_of_key(access_key: str) -> tuple[str, bool, StoredIdentity] | None:
    """Account, whether the key is active, and user of a long-lived access key."""
    for account in list(_iam_backends()):
        backend = _iam(account)
        for user in list(backend.users.values()):
            for key in user.access_keys:
                if key.access_key_id == access_key:
                    return str(account), key.status == "Active", _user(backend, user)
    return None


def user(account: str, name: str) -> StoredIdentity | None:
    """A user by its name, None where there is none."""
    backend = _iam(account)
    found = backend.users.get(name)
    return None if found is None else _user(backend, found)


def _user(backend: Any, user: Any) -> StoredIdentity:
    documents = list(_documents(user))
    for group in list(backend.groups.values()):
        if user in group.users:
            documents += _documents(group)
    boundary = getattr(user, "permissions_boundary_arn", None)
    return StoredIdentity(
        arn=user.arn,
        identifier=user.id,
        name=user.name,
        documents=tuple(documents),
        boundary=_managed_document(backend, boundary) if boundary else None,
        tags=_tags(user.tags),
    )


def managed_policy_document(account: str, arn: str) -> str | None:
    """The default version of a managed policy, None where there is no such policy."""
    backend = _iam(account)
    return _managed_document(backend, arn) if arn in backend.managed_policies else None


def iam_path(account: str, kind: str, name: str) -> str:
    """The path of a role, user, group or instance profile; ``/`` where it does not exist."""
    backend = _iam(account)
    records = {
        "role": backend.roles,
        "user": backend.users,
        "group": backend.groups,
        "instance-profile": backend.instance_profiles,
    }[kind]
    return next((record.path for record in list(records.values()) if record.name == name), "/")


def _documents(identity: Any) -> Iterator[str]:
    yield from list(identity.policies.values())
    for policy in list(identity.managed_policies.values()):
        yield _default_version(policy)


def _managed_document(backend: Any, arn: str) -> str:
    policy = backend.managed_policies.get(arn)
    # a boundary that names no policy allows nothing
    return _default_version(policy) if policy is not None else '{"Statement": []}'


def _default_version(policy: Any) -> str:
    for version in policy.versions:
        if version.version_id == policy.default_version_id:
            return str(version.document)
    return '{"Statement": []}'


def _tags(tags: Any) -> tuple[tuple[str, str], ...]:
    found = list(tags.values() if isinstance(tags, dict) else (tags or ()))
    return tuple((tag["Key"], tag["Value"]) for tag in found if isinstance(tag, dict))


def kms_key(account: str, region: str, key_id: str) -> StoredKey | None:
    """A key by its id, ARN, alias or alias ARN."""
    from moto.kms.models import kms_backends  # imported with the first request that needs it

    if key_id.startswith("arn:"):
        parts = key_id.split(":", 5)
        region, account, key_id = parts[3], parts[4], parts[5].removeprefix("key/")
    if region not in kms_backends[account]:
        return None
    backend = kms_backends[account][region]
    if key_id.startswith("alias/"):
        found = next((key for key in list(backend.keys.values()) if key_id in key.aliases), None)
    else:
        found = backend.keys.get(key_id)
    return None if found is None else _key(found)


def kms_key_of_ciphertext(account: str, region: str, blob: bytes) -> StoredKey | None:
    """The key that made a ciphertext, as its first bytes tell."""
    return kms_key(account, region, blob[:36].decode("latin-1"))


def _key(key: Any) -> StoredKey:
    return StoredKey(
        arn=key.arn,
        account=key.account_id,
        policy=key.policy,
        enabled=key.enabled,
        customer_managed=key.key_manager == "CUSTOMER",
        grants=tuple((grant.grantee_principal, tuple(grant.operations)) for grant in list(key.grants.values())),
    )


def bucket(name: str) -> StoredBucket | None:
    """A bucket of any account."""
    found = _bucket(name)
    if found is None:
        return None
    rule = ((found.encryption or {}).get("Rule") or {}) if isinstance(found.encryption, dict) else {}
    default = (rule[0] if isinstance(rule, list) else rule).get("ApplyServerSideEncryptionByDefault", {})
    return StoredBucket(
        account=found.account_id,
        region=found.region_name,
        policy=found.policy.decode() if isinstance(found.policy, bytes) else found.policy,
        encryption=default.get("SSEAlgorithm"),
        key_id=default.get("KMSMasterKeyID"),
    )


def _bucket(name: str) -> Any:
    from moto.s3.models import s3_backends  # imported with the first request that needs it

    for account in list(s3_backends.values()):
        for backend in list(account.values()):
            if name in backend.buckets:
                return backend.buckets[name]
    return None


def object_key_id(bucket_name: str, key: str, version: str | None) -> str | None:
    """The customer's or AWS's KMS key with which an object is stored; None where it is not by KMS."""
    found = _bucket(bucket_name)
    if found is None:
        return None
    versions = found.keys.getlist(key, default=[])
    if version is not None:
        versions = [item for item in versions if item.version_id == version]
    if not versions or getattr(versions[-1], "encryption", None) not in ("aws:kms", "aws:kms:dsse"):
        return None
    return versions[-1].kms_key_id or "alias/aws/s3"


def upload_key_id(bucket_name: str, upload_id: str) -> tuple[str | None, str | None]:
    """Encryption and KMS key with which a multipart upload was started."""
    found = _bucket(bucket_name)
    upload = found.multiparts.get(upload_id) if found is not None else None
    return (None, None) if upload is None else (upload.sse_encryption, upload.kms_key_id)


def secret(account: str, region: str, secret_id: str) -> StoredSecret | None:
    """A secret by name or ARN."""
    from moto.secretsmanager.models import secretsmanager_backends  # imported with the first request that needs it

    if secret_id.startswith("arn:"):
        region, account = secret_id.split(":")[3:5]
    if region not in secretsmanager_backends[account]:
        return None
    found = secretsmanager_backends[account][region].secrets.get(secret_id)
    return None if found is None else StoredSecret(arn=found.arn, policy=getattr(found, "policy", None))


def queue_policy(account: str, region: str, name: str) -> str | None:
    """The policy of an SQS queue."""
    from moto.sqs.models import sqs_backends  # imported with the first request that needs it

    if region not in sqs_backends[account]:
        return None
    found = sqs_backends[account][region].queues.get(name)
    return getattr(found, "policy", None)


def topic_policy(arn: str) -> str | None:
    """The policy of an SNS topic."""
    from moto.sns.models import sns_backends  # imported with the first request that needs it

    region, account = arn.split(":")[3:5]
    if region not in sns_backends[account]:
        return None
    found = sns_backends[account][region].topics.get(arn)
    return getattr(found, "policy", None)


def repository_policy(account: str, region: str, name: str) -> str | None:
    """The policy of an ECR repository."""
    from moto.ecr.models import ecr_backends  # imported with the first request that needs it

    if region not in ecr_backends[account]:
        return None
    found = ecr_backends[account][region].repositories.get(name)
    return getattr(found, "policy", None)


def message_key_id(service: str, account: str, region: str, parameters: Mapping[str, Any]) -> str | None:
    """The KMS key of the queue or topic that a request names, if it has one."""
    if service == "sqs" and "QueueUrl" in parameters:
        from moto.sqs.models import sqs_backends  # imported with the first request that needs it

        account, name = parameters["QueueUrl"].rstrip("/").rsplit("/", 2)[-2:]
        known = region in sqs_backends[account]
        found = sqs_backends[account][region].queues.get(name) if known else None
        return getattr(found, "kms_master_key_id", None) or None
    arn = parameters.get("TopicArn") or parameters.get("TargetArn")
    if service == "sns" and arn and arn.count(":") == 5:
        from moto.sns.models import sns_backends  # imported with the first request that needs it

        region, account = arn.split(":")[3:5]
        topic = sns_backends[account][region].topics.get(arn) if region in sns_backends[account] else None
        return getattr(topic, "kms_master_key_id", None) or None
    return None


def now() -> datetime:
    """The time by which moto dates its records."""
    from moto.core.utils import utcnow  # moto's clock, so that both agree

    moment: datetime = utcnow()
    return moment
