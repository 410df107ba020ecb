"""Feature groups as the API has them."""

from typing import Any, ClassVar

from attrs import define
from botocore.exceptions import BotoCoreError, ClientError

from local_aws.gateway.app import Authority
from local_aws.gateway.context import RequestContext
from local_aws.gateway.errors import AwsError
from local_aws.gateway.limits import ValidatedGroup
from local_aws.gateway.operations import operation
from local_aws.moto_mends import state
from local_aws.platform import Platform
from local_aws.sagemaker.feature_store.catalog import CATALOG, DATABASE, CatalogTable, caller_of, table_name
from local_aws.sagemaker.feature_store.features import Feature
from local_aws.sagemaker.feature_store.group import FeatureGroup
from local_aws.sagemaker.feature_store.groups import GroupBook
from local_aws.sagemaker.feature_store.offline import OfflineSettings, OfflineStore
from local_aws.sagemaker.feature_store.online import OnlineStore
from local_aws.sagemaker.feature_store.request_rules import check_creation, check_update
from local_aws.sagemaker.jobs.role_keys import RoleKeys
from local_aws.sagemaker.listing import Listed, page_of, with_token
from local_aws.sagemaker.resource_names import arn_of, event_detail, now, validation_error
from local_aws.sagemaker.s3_locations import S3Location
from local_aws.sagemaker.tags import TagStore

_SORTED_BY_STATUS = ("FeatureGroupStatus", "OfflineStoreStatus")


@define(eq=False, kw_only=True)
class FeatureGroupOperations(ValidatedGroup):
    """Create, Describe, List, Update and Delete of feature groups, and the metadata of their features.

    Args:
        platform: the local AWS.
        authority: decides who may use the key of an online store.
        groups: where the groups are kept.
        tags: where their tags are kept.
        settings: how their offline stores are written.
    """

    service: ClassVar[str] = "sagemaker"
    platform: Platform
    authority: Authority
    groups: GroupBook
    tags: TagStore
    settings: OfflineSettings

    @operation("CreateFeatureGroup")
    def create_feature_group(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Records a group; its role, its bucket and its table are seen to in the background."""
        check_creation(request)
        self._check_online_key(context, request)
        created = now()
        epoch = int(created.timestamp())
        request = _with_defaults(request, context, epoch)
        keys = RoleKeys(self.platform, request["RoleArn"], context.region) if "RoleArn" in request else None
        features = {item["FeatureName"]: Feature.of(item, created) for item in request["FeatureDefinitions"]}
        group = FeatureGroup(
            account=context.account,
            region=context.region,
            arn=arn_of(context, "feature-group", request["FeatureGroupName"]),
            request=request,
            features=features,
            online=OnlineStore() if request.get("OnlineStoreConfig", {}).get("EnableOnlineStore") else None,
            offline=None,
            created=created,
        )
        if "OfflineStoreConfig" in request:
            group.offline = self._offline_store(group)
        self.groups.add(group)
        self.tags.create(group.arn, request.get("Tags"))
        self._tell(group)
        self.platform.workers.submit(self._establish, group, keys, self._table(context, group))
        return {"FeatureGroupArn": group.arn}

    @operation("DescribeFeatureGroup")
    def describe_feature_group(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """All of a group: its features fit on one page."""
        return self._find(context, request).describe()

    @operation("ListFeatureGroups")
    def list_feature_groups(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Summaries of groups, a page at a time."""
        by = request.get("SortBy")
        wanted = {
            "FeatureGroupStatus": request.get("FeatureGroupStatusEquals"),
            "OfflineStoreStatus": request.get("OfflineStoreStatusEquals"),
        }
        groups = [
            group
            for group in self.groups.of(context.account, context.region)
            if all(status in (None, _status(group, kind)) for kind, status in wanted.items())
        ]
        page, token = page_of(
            groups,
            request | ({"SortBy": "Status"} if by in _SORTED_BY_STATUS else {}),
            lambda group: Listed(name=group.name, created=group.created, status=_status(group, by)),
        )
        return with_token({"FeatureGroupSummaries": [group.summary() for group in page]}, token)

    @operation("UpdateFeatureGroup")
    def update_feature_group(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Adds features, or changes the settings of the online store or the throughput."""
        group = self._find(context, request)
        with group.lock:
            check_update(group, request)
            group.add_features(request.get("FeatureAdditions", []))
            _change_settings(group, request)
            group.modified = now()
            group.last_update = {"Status": "Successful"}
            table = self._table(context, group) if "FeatureAdditions" in request else None
            if table is not None:
                try:
                    table.update(group.columns())
                except (ClientError, BotoCoreError) as error:
                    group.last_update = {"Status": "Failed", "FailureReason": str(error)[:1024]}
        return {"FeatureGroupArn": group.arn}

    @operation("DeleteFeatureGroup")
    def delete_feature_group(self, context: RequestContext, request: dict[str, Any]) -> None:
        """Removes a group and its online store; files and table of the offline store stay."""
        group = self._find(context, request)
        with group.lock:
            if group.status == "Creating":
                raise validation_error(f"Feature group {group.name} is being created; it can be deleted afterwards.")
            if group.status == "Deleting":
                return
            group.status = "Deleting"
            self._tell(group)
        self.platform.workers.submit(self._remove, group)

    @operation("DescribeFeatureMetadata")
    def describe_feature_metadata(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """All of one feature."""
        group, feature = self._find_feature(context, request)
        told: dict[str, Any] = {
            "FeatureGroupArn": group.arn,
            "FeatureGroupName": group.name,
            "FeatureName": feature.name,
            "FeatureType": feature.type,
            "CreationTime": feature.created,
            "LastModifiedTime": feature.modified,
            "Parameters": [{"Key": key, "Value": value} for key, value in feature.parameters],
        }
        return told | ({"Description": feature.description} if feature.description else {})

    @operation("UpdateFeatureMetadata")
    def update_feature_metadata(self, context: RequestContext, request: dict[str, Any]) -> None:
        """Changes a feature's description and parameters."""
        group, _ = self._find_feature(context, request)
        with group.lock:
            feature = group.features[request["FeatureName"]]
            removed = set(request.get("ParameterRemovals", ()))
            parameters = {key: value for key, value in feature.parameters if key not in removed}
            parameters |= {item["Key"]: item["Value"] for item in request.get("ParameterAdditions", ())}
            if len(parameters) > 25:
                raise validation_error(f"got {len(parameters)} parameters, expected at most 25")
            group.change_feature(
                feature.name,
                description=request.get("Description", feature.description),
                parameters=tuple(parameters.items()),
            )

    def close(self) -> None:
        """Writes what the offline stores have not written yet, before the server ends."""
        for group in self.groups:
            if group.offline is not None:
                group.offline.close()

    def _find(self, context: RequestContext, request: dict[str, Any]) -> FeatureGroup:
        return self.groups.find(context.account, context.region, request["FeatureGroupName"])

    def _find_feature(self, context: RequestContext, request: dict[str, Any]) -> tuple[FeatureGroup, Feature]:
        group = self._find(context, request)
        feature = group.features.get(request["FeatureName"])
        if feature is None:
            raise AwsError(
                "ResourceNotFound",
                f"Resource Not Found: feature group {group.name} has no feature {request['FeatureName']}.",
            )
        return group, feature

    def _check_online_key(self, context: RequestContext, request: dict[str, Any]) -> None:
        key_id = request.get("OnlineStoreConfig", {}).get("SecurityConfig", {}).get("KmsKeyId")
        if not key_id:
            return
        key = state.kms_key(context.account, context.region, key_id)
        if key is None:
            raise validation_error(f"The KMS key {key_id} of OnlineStoreConfig does not exist.")
        for action in ("kms:DescribeKey", "kms:CreateGrant"):
            self.authority.require(
                context.principal, action, key.arn, {"kms:viaservice": f"sagemaker.{context.region}.amazonaws.com"}
            )

    def _offline_store(self, group: FeatureGroup) -> OfflineStore:
        storage = group.request["OfflineStoreConfig"]["S3StorageConfig"]
        return OfflineStore(
            platform=self.platform,
            region=group.region,
            role_arn=group.request["RoleArn"],
            location=S3Location.parse(storage["ResolvedOutputS3Uri"]),
            key=storage.get("KmsKeyId"),
            settings=self.settings,
            features=group.columns,
        )

    def _table(self, context: RequestContext, group: FeatureGroup) -> CatalogTable | None:
        offline = group.request.get("OfflineStoreConfig")
        if offline is None or offline["DisableGlueTableCreation"]:
            return None
        glue = self.platform.client("glue", region=group.region, credentials=caller_of(context))
        location = offline["S3StorageConfig"]["ResolvedOutputS3Uri"]
        return CatalogTable(glue=glue, config=offline["DataCatalogConfig"], location=location)

    def _establish(self, group: FeatureGroup, keys: RoleKeys | None, table: CatalogTable | None) -> None:
        try:
            if group.offline is not None and keys is not None:
                keys.client("s3").get_bucket_acl(Bucket=group.offline.location.bucket)
            if table is not None:
                table.create(group.columns())
        except (ClientError, BotoCoreError, AwsError) as error:
            group.failure = str(error)[:1024]
        with group.lock:
            group.status = "Created" if group.failure is None else "CreateFailed"
            self._tell(group)

    def _tell(self, group: FeatureGroup) -> None:
        self.platform.emit(
            account=group.account,
            region=group.region,
            source="aws.sagemaker",
            detail_type="SageMaker Feature Group State Change",
            detail=event_detail(group.describe(), self.tags.of(group.arn)),
            resources=[group.arn],
        )

    def _remove(self, group: FeatureGroup) -> None:
        if group.offline is not None:
            group.offline.close()
        self.groups.remove(group)
        self.tags.forget(group.arn)


def _with_defaults(request: dict[str, Any], context: RequestContext, epoch: int) -> dict[str, Any]:
    """The request with what AWS fills in."""
    filled = dict(request)
    if request.get("OnlineStoreConfig", {}).get("EnableOnlineStore"):
        filled["OnlineStoreConfig"] = {"StorageType": "Standard", **request["OnlineStoreConfig"]}
    filled.setdefault("ThroughputConfig", {"ThroughputMode": "OnDemand"})
    offline = request.get("OfflineStoreConfig")
    if offline is None:
        return filled
    name = request["FeatureGroupName"]
    storage = offline["S3StorageConfig"]
    location = S3Location.parse(storage["S3Uri"]).join(
        context.account, "sagemaker", context.region, "offline-store", f"{name}-{epoch}", "data"
    )
    filled["OfflineStoreConfig"] = {
        **offline,
        "S3StorageConfig": {**storage, "ResolvedOutputS3Uri": location.uri},
        "DisableGlueTableCreation": offline.get("DisableGlueTableCreation", False),
    }
    if not offline.get("DisableGlueTableCreation"):
        generated = {"TableName": table_name(name, epoch), "Catalog": CATALOG, "Database": DATABASE}
        filled["OfflineStoreConfig"].setdefault("DataCatalogConfig", generated)
    return filled


def _change_settings(group: FeatureGroup, request: dict[str, Any]) -> None:
    if "ThroughputConfig" in request:
        group.request = group.request | {"ThroughputConfig": request["ThroughputConfig"]}
    if "OnlineStoreConfig" in request:
        config = group.request["OnlineStoreConfig"] | request["OnlineStoreConfig"]
        # an empty duration takes the default away
        if not config.get("TtlDuration"):
            config.pop("TtlDuration", None)
        group.request = group.request | {"OnlineStoreConfig": config}


def _status(group: FeatureGroup, kind: str | None) -> str | None:
    if kind == "OfflineStoreStatus":
        return None if group.offline is None else group.offline.status()["Status"]
    return group.status
