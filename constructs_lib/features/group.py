"""A feature group with its stores and the role that fills the offline one."""

import re
from typing import Any, Protocol

from attrs import frozen
from aws_cdk import ArnFormat, Names, RemovalPolicy, Stack, Token
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from constructs_lib.definitions.features import FeatureSchema
from constructs_lib.environments.roles import service_role
from constructs_lib.environments.storage import EncryptionKey
from constructs_lib.features.stores import GlueTable, OfflineStore, OnlineStore
from constructs_lib.permissions import Statement

_NAME = re.compile(r"[a-zA-Z0-9]([_-]*[a-zA-Z0-9]){0,63}")
_LONGEST_NAME = 64


class FeatureGroupGrants:
    """Permissions on a group's records.

    Args:
        name: of the group.
        arn: of the group.
        online_key: what its online store is encrypted with; None where it has no key of its own, or no such store.
        offline: its offline store; None where it has none, or it is not known.
    """

    def __init__(self, name: str, arn: str, online_key: kms.IKey | None, offline: OfflineStore | None) -> None:
        self._name = name
        self._arn = arn
        self._online_key = online_key
        self._offline = offline

    def put_records(self, grantee: iam.IGrantable) -> iam.Grant:
        """Lets `grantee` write records, one by one and in batches."""
        return self._grant(grantee, "sagemaker:BatchWriteRecord", "sagemaker:PutRecord")

    def describe(self, grantee: iam.IGrantable) -> iam.Grant:
        """Lets `grantee` see the group's features and stores."""
        return self._grant_on_group(grantee, "sagemaker:DescribeFeatureGroup")

    def delete_records(self, grantee: iam.IGrantable) -> iam.Grant:
        """Lets `grantee` delete records from the online store and mark them deleted in the offline store."""
        return self._grant(grantee, "sagemaker:DeleteRecord")

    def read_records(self, grantee: iam.IGrantable) -> iam.Grant:
        """Lets `grantee` look up and list the records of the online store."""
        return self._grant(grantee, "sagemaker:BatchGetRecord", "sagemaker:GetRecord", "sagemaker:ListRecords")

    def read_offline_store(self, grantee: iam.IGrantable) -> iam.Grant:
        """Lets `grantee` find and read the files of the offline store.

        Raises:
            ValueError: the group has no offline store, or it is not known.
        """
        if self._offline is None:
            raise ValueError(f"feature group {self._name}: got no offline store, expected one to read from")
        return self.describe(grantee).combine(self._offline.storage.grants.read(grantee, f"{self._offline.prefix}/"))

    def _grant_on_group(self, grantee: iam.IGrantable, *actions: str) -> iam.Grant:
        return iam.Grant.add_to_principal(grantee=grantee, actions=list(actions), resource_arns=[self._arn])

    def _grant(self, grantee: iam.IGrantable, *actions: str) -> iam.Grant:
        grant = self._grant_on_group(grantee, *actions)
        if self._online_key is None:
            return grant
        return grant.combine(
            iam.Grant.add_to_principal(
                grantee=grantee, actions=["kms:Decrypt"], resource_arns=[self._online_key.key_arn]
            )
        )


class IFeatureGroup(Protocol):
    """A feature group: made by `FeatureGroup`, or brought along by `FeatureGroup.from_feature_group_name`."""

    @property
    def feature_group_name(self) -> str:
        """Its name."""

    @property
    def feature_group_arn(self) -> str:
        """Its ARN."""

    @property
    def grants(self) -> FeatureGroupGrants:
        """Permissions on its records."""


@frozen
class _ImportedFeatureGroup:
    feature_group_name: str
    feature_group_arn: str
    grants: FeatureGroupGrants


class FeatureGroup(Construct):
    """Records of features: the latest of each identifier online, all of them offline.

    Created are the group and, unless they are given, the key of its online store and the role with which Feature Store
    writes the offline store. Feature Store makes the table of the Glue Data Catalog. Reads, writes and stored records
    cost what they are. Features that are added to the schema are added to the group; any other change of schema or
    stores needs a new group, and so another name. Deleting a group deletes its online store; files and table stay.

    Examples:
        >>> from aws_cdk import App, Stack
        >>> from constructs_lib import Feature, FeatureSchema, OfflineStore, Storage
        >>> stack = Stack(App(), "Houses")
        >>> schema = FeatureSchema(
        ...     record_identifier="house",
        ...     event_time="at",
        ...     features=[Feature("house", "Integral"), Feature("at", "String"), Feature("price", "Fractional")],
        ... )
        >>> group = FeatureGroup(
        ...     stack, "Prices", schema=schema, offline=OfflineStore(storage=Storage(stack, "Data")), name="prices"
        ... )
        >>> group.feature_group_arn.endswith(":feature-group/prices")
        True
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        schema: FeatureSchema,
        online: OnlineStore | None = None,
        offline: OfflineStore | None = None,
        name: str | None = None,
        description: str | None = None,
        role: iam.IRole | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        """Defines the group.

        Args:
            scope: where it is defined.
            construct_id: its name there.
            schema: its features.
            online: its online store. Default: none.
            offline: its offline store. Default: none; one of the two there must be.
            name: 1 to 64 letters, digits, hyphens and underscores, unique in account and region. Default: made of the
                construct's path, so that it stays the same from build to build.
            description: at most 128 characters, for people. Default: none.
            role: what Feature Store writes the offline store with. Default: a new role that may do that and no more.
            removal_policy: what happens to the group when it leaves the stack. Default: it stays, and its name is
                taken; with ``DESTROY`` the online store goes with it.

        Raises:
            ValueError: all problems of schema, stores and names together.
        """
        super().__init__(scope, construct_id)
        self._check(schema, online, offline, name, description)
        self.feature_group_name: str = (
            Names.unique_resource_name(self, max_length=_LONGEST_NAME, separator="-").lower() if name is None else name
        )
        """Its name; known when the app is built."""
        self._offline = offline
        self._online_key = None if online is None else self._key(online, offline, removal_policy)
        self.role: iam.IRole | None = self._define_role(offline) if role is None and offline is not None else role
        """What Feature Store writes the offline store with; None where there is none."""
        self.resource = sagemaker.CfnFeatureGroup(
            self,
            "Resource",
            feature_group_name=self.feature_group_name,
            record_identifier_feature_name=schema.record_identifier,
            event_time_feature_name=schema.event_time,
            feature_definitions=[
                sagemaker.CfnFeatureGroup.FeatureDefinitionProperty(
                    feature_name=feature.name, feature_type=feature.type
                )
                for feature in schema.features
            ],
            online_store_config=None if online is None else self._online_config(online),
            offline_store_config=None if offline is None else _offline_config(offline),
            role_arn=None if self.role is None else self.role.role_arn,
            description=description,
        )
        """The group itself."""
        self.resource.apply_removal_policy(removal_policy)

    @staticmethod
    def from_feature_group_name(
        scope: Construct,
        construct_id: str,
        feature_group_name: str,
        *,
        online_key: kms.IKey | None = None,
        offline: OfflineStore | None = None,
    ) -> IFeatureGroup:
        """Takes a group of this account and region by its name.

        Args:
            scope: where it is imported.
            construct_id: the import's name there.
            feature_group_name: of the group.
            online_key: what its online store is encrypted with, if grants are to include it. Default: none.
            offline: its offline store, for `FeatureGroupGrants.read_offline_store`. Default: not known.
        """
        Construct(scope, construct_id)  # the import has a place in the tree, so its id cannot be taken twice
        arn = _arn(scope, feature_group_name)
        return _ImportedFeatureGroup(
            feature_group_name, arn, FeatureGroupGrants(feature_group_name, arn, online_key, offline)
        )

    @property
    def feature_group_arn(self) -> str:
        """Its ARN; known when the app is built."""
        return _arn(self, self.feature_group_name)

    @property
    def grants(self) -> FeatureGroupGrants:
        """Permissions on its records."""
        return FeatureGroupGrants(self.feature_group_name, self.feature_group_arn, self._online_key, self._offline)

    def _check(
        self,
        schema: FeatureSchema,
        online: OnlineStore | None,
        offline: OfflineStore | None,
        name: str | None,
        description: str | None,
    ) -> None:
        problems = [f"schema.{problem}" for problem in schema.problems()]
        if online is None and offline is None:
            problems.append("got neither online nor offline, expected a store")
        problems += [f"online.{problem}" for problem in (online.problems() if online is not None else ())]
        problems += [f"offline.{problem}" for problem in (offline.problems() if offline is not None else ())]
        if name is not None and not Token.is_unresolved(name) and not _NAME.fullmatch(name):
            problems.append(
                f"name: got {name!r}, expected 1 to 64 letters, digits, hyphens and underscores, a letter or digit "
                "first and last"
            )
        if description is not None and not Token.is_unresolved(description) and len(description) > 128:
            problems.append(f"description: got {len(description)} characters, expected at most 128")
        if problems:
            raise ValueError("\n".join(f"{self.node.path}: {problem}" for problem in problems))

    def _key(self, online: OnlineStore, offline: OfflineStore | None, removal_policy: RemovalPolicy) -> kms.IKey:
        if online.encryption_key is not None:
            return online.encryption_key
        if offline is not None and offline.storage.encryption_key is not None:
            return offline.storage.encryption_key
        return EncryptionKey(self, "Key", removal_policy=removal_policy).key

    def _online_config(self, online: OnlineStore) -> dict[str, Any]:
        config: dict[str, Any] = {"EnableOnlineStore": True, "StorageType": online.tier}
        if self._online_key is not None:
            config["SecurityConfig"] = {"KmsKeyId": self._online_key.key_arn}
        if online.time_to_live is not None:
            config["TtlDuration"] = {"Unit": "Seconds", "Value": online.time_to_live.to_seconds()}
        return config

    def _define_role(self, offline: OfflineStore) -> iam.Role:
        bucket, key = offline.storage.bucket, offline.storage.encryption_key
        statements = [
            Statement(actions=["s3:GetBucketAcl"], resources=[bucket.bucket_arn]),
            Statement(
                actions=["s3:PutObject", "s3:PutObjectAcl"],
                resources=[bucket.arn_for_objects(f"{offline.prefix}/*")],
                reason="each file of records has a name of its own",
            ),
        ]
        if key is not None:
            statements.append(Statement(actions=["kms:GenerateDataKey"], resources=[key.key_arn]))
        return service_role(
            self,
            "Role",
            service="sagemaker.amazonaws.com",
            description="writes the offline store of a feature group",
            statements=statements,
        )


def _arn(scope: Construct, name: str) -> str:
    return Stack.of(scope).format_arn(
        service="sagemaker",
        resource="feature-group",
        resource_name=name,
        arn_format=ArnFormat.SLASH_RESOURCE_NAME,
    )


# the CDK passes the configurations of the stores on as they are: they are written as CloudFormation has them
def _offline_config(offline: OfflineStore) -> dict[str, Any]:
    key, table = offline.storage.encryption_key, offline.table
    storage = {"S3Uri": offline.storage.uri(offline.prefix)}
    if key is not None:
        storage["KmsKeyId"] = key.key_arn
    config: dict[str, Any] = {"S3StorageConfig": storage, "DisableGlueTableCreation": table is None}
    if isinstance(table, GlueTable):
        config["DataCatalogConfig"] = {
            "Catalog": "AwsDataCatalog",
            "Database": table.database,
            "TableName": table.name,
        }
    return config
