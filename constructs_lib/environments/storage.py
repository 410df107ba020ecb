"""Encrypted storage: a bucket for data, the key under which it is encrypted, and who may use it."""

from typing import Protocol

from attrs import frozen
from aws_cdk import Duration, RemovalPolicy, Stack, Token
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct


@frozen(kw_only=True)
class StorageLifecycle:
    """How long objects are kept.

    Attributes:
        noncurrent_version_days: days for which an overwritten or deleted object can be had back; at least 1. Default:
            30.
        access_log_days: days for which access logs are kept; at least 1. Default: 90.
    """

    noncurrent_version_days: int = 30
    access_log_days: int = 90

    def problems(self) -> list[str]:
        """What is wrong with the values, each with what was got and what was expected."""
        days = {"noncurrent_version_days": self.noncurrent_version_days, "access_log_days": self.access_log_days}
        return [
            f"{name}: got {value}, expected at least 1"
            for name, value in days.items()
            if value < 1 and not Token.is_unresolved(value)
        ]


class StorageGrants:
    """Permissions on a storage's objects and on its key; each needs the key to be of any use."""

    def __init__(self, bucket: s3.IBucket, key: kms.IKey | None) -> None:
        self._bucket = bucket
        self._key = key

    def read(self, grantee: iam.IGrantable, prefix: str = "") -> iam.Grant:
        """Lets `grantee` list and read the objects whose key starts with `prefix`. Default: all objects."""
        return self._grant(grantee, prefix, ["s3:GetObject"], ["kms:Decrypt"])

    def read_write(self, grantee: iam.IGrantable, prefix: str = "") -> iam.Grant:
        """Lets `grantee` list, read, write and delete the objects whose key starts with `prefix`."""
        return self._grant(
            grantee,
            prefix,
            ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
            ["kms:Decrypt", "kms:GenerateDataKey"],
        )

    def _grant(
        self, grantee: iam.IGrantable, prefix: str, object_actions: list[str], key_actions: list[str]
    ) -> iam.Grant:
        grant = iam.Grant.add_to_principal(
            grantee=grantee, actions=object_actions, resource_arns=[self._bucket.arn_for_objects(f"{prefix}*")]
        ).combine(
            iam.Grant.add_to_principal(
                grantee=grantee,
                actions=["s3:ListBucket"],
                resource_arns=[self._bucket.bucket_arn],
                conditions={"StringLike": {"s3:prefix": f"{prefix}*"}} if prefix else None,
            )
        )
        if self._key is None:
            return grant
        return grant.combine(
            iam.Grant.add_to_principal(grantee=grantee, actions=key_actions, resource_arns=[self._key.key_arn])
        )


class IStorage(Protocol):
    """A bucket with its key: made by `Storage`, or brought along by `Storage.from_bucket`."""

    @property
    def bucket(self) -> s3.IBucket:
        """The bucket."""

    @property
    def encryption_key(self) -> kms.IKey | None:
        """The key under which its objects are encrypted; None for a bucket that encrypts by S3's own keys."""

    @property
    def grants(self) -> StorageGrants:
        """Permissions on the objects."""

    def uri(self, path: str = "") -> str:
        """The address of an object or of a prefix: ``s3://BUCKET/PATH``."""


@frozen
class _ImportedStorage:
    bucket: s3.IBucket
    encryption_key: kms.IKey | None

    @property
    def grants(self) -> StorageGrants:
        return StorageGrants(self.bucket, self.encryption_key)

    def uri(self, path: str = "") -> str:
        return f"s3://{self.bucket.bucket_name}/{path}"


class EncryptionKey(Construct):
    """A customer-managed key that rotates each year, for what an environment stores, logs and announces.

    Besides those who are granted it, CloudWatch Logs may use it for the account's log groups, and CloudWatch alarms
    and EventBridge rules for encrypted topics. A key costs about one US dollar a month, until it is deleted.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, removal_policy: RemovalPolicy = RemovalPolicy.RETAIN
    ) -> None:
        """Defines the key.

        Args:
            scope: where it is defined.
            construct_id: its name there.
            removal_policy: what happens to the key when it leaves the stack. Default: it stays, as what is encrypted
                under it cannot be read without it. ``DESTROY`` deletes it after seven days.
        """
        super().__init__(scope, construct_id)
        stack = Stack.of(self)
        self.key = kms.Key(
            self,
            "Resource",
            description=f"encrypts what {self.node.path} stores",
            enable_key_rotation=True,
            pending_window=Duration.days(7),
            removal_policy=removal_policy,
        )
        """The key itself."""
        log_groups = f"arn:{stack.partition}:logs:{stack.region}:{stack.account}:log-group:*"
        self.key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="LogGroupsOfThisAccount",
                principals=[iam.ServicePrincipal(f"logs.{stack.region}.amazonaws.com")],
                actions=["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
                resources=["*"],
                conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": log_groups}},
            )
        )
        self.key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AnnouncementsOfThisAccount",
                principals=[
                    iam.ServicePrincipal("cloudwatch.amazonaws.com"),
                    iam.ServicePrincipal("events.amazonaws.com"),
                ],
                actions=["kms:Decrypt", "kms:GenerateDataKey*"],
                resources=["*"],
                conditions={"StringEquals": {"aws:SourceAccount": stack.account}},
            )
        )


class Storage(Construct):
    """A bucket for a workflow's data: encrypted with a customer-managed key, versioned, private, TLS only.

    Created are the bucket, a bucket for its access logs (encrypted by S3, as log delivery needs it) and, unless one is
    given, a key. By default all of them stay when the stack is deleted, and cost what storage costs. The access logs
    always stay until they expire, as they tell who deleted what.

    Examples:
        >>> from aws_cdk import App, Stack
        >>> storage = Storage(Stack(App(), "Data"), "Storage")
        >>> storage.uri("training/").endswith("/training/")
        True
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        encryption_key: kms.IKey | None = None,
        lifecycle: StorageLifecycle | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        """Defines the buckets and the key.

        Args:
            scope: where the storage is defined.
            construct_id: its name there.
            encryption_key: a key of your own, whose policy lets the account's policies allow its use. Default: a new
                `EncryptionKey`.
            lifecycle: how long objects are kept. Default: current objects for ever, old versions for 30 days and
                access logs for 90.
            removal_policy: what happens to bucket and key when they leave the stack. Default: they stay. With
                ``DESTROY`` the bucket must be emptied first, or deleting the stack fails; the access logs stay.

        Raises:
            ValueError: all problems of the lifecycle together.
        """
        super().__init__(scope, construct_id)
        kept = StorageLifecycle() if lifecycle is None else lifecycle
        if kept.problems():
            raise ValueError("\n".join(f"{self.node.path}: lifecycle.{problem}" for problem in kept.problems()))
        self._key = (
            EncryptionKey(self, "Key", removal_policy=removal_policy).key if encryption_key is None else encryption_key
        )
        self.access_logs_bucket = s3.Bucket(
            self,
            "AccessLogs",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            lifecycle_rules=[
                s3.LifecycleRule(
                    expiration=Duration.days(kept.access_log_days),
                    abort_incomplete_multipart_upload_after=Duration.days(7),
                )
            ],
            # deleting the bucket is logged too, hours later: no deletion would ever find this one empty
            removal_policy=RemovalPolicy.RETAIN,
        )
        """Who read, wrote and deleted what, written by S3; it always stays, and empties itself."""
        self._bucket = s3.Bucket(
            self,
            "Resource",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.KMS,
            encryption_key=self._key,
            bucket_key_enabled=True,
            enforce_ssl=True,
            versioned=True,
            server_access_logs_bucket=self.access_logs_bucket,
            lifecycle_rules=[
                s3.LifecycleRule(
                    noncurrent_version_expiration=Duration.days(kept.noncurrent_version_days),
                    abort_incomplete_multipart_upload_after=Duration.days(7),
                )
            ],
            removal_policy=removal_policy,
        )
        self._grants = StorageGrants(self._bucket, self._key)

    @staticmethod
    def from_bucket(bucket: s3.IBucket, encryption_key: kms.IKey | None = None) -> IStorage:
        """Takes a bucket that exists.

        Args:
            bucket: the bucket.
            encryption_key: the key under which it is encrypted. Default: the one that the bucket knows, or none.
        """
        return _ImportedStorage(bucket, bucket.encryption_key if encryption_key is None else encryption_key)

    @property
    def bucket(self) -> s3.IBucket:
        """The bucket."""
        return self._bucket

    @property
    def encryption_key(self) -> kms.IKey:
        """The key under which its objects are encrypted."""
        return self._key

    @property
    def grants(self) -> StorageGrants:
        """Permissions on the objects."""
        return self._grants

    def uri(self, path: str = "") -> str:
        """The address of an object or of a prefix: ``s3://BUCKET/PATH``."""
        return f"s3://{self._bucket.bucket_name}/{path}"
