"""Which of moto's services are offered: those whose state is all there is to them.

Fault mended: moto answers for many services as if they worked (jobs that are complete at once, schedules that never
fire, queries with canned results). Such services, and such operations, are refused by name.
"""

import re
from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from local_aws.gateway.errors import NotAvailableLocallyError


@frozen(kw_only=True)
class Offer:
    """What of a service moto carries out.

    Attributes:
        only: operations offered, as a pattern. Default: all.
        refused: operations that moto would answer without doing them.
    """

    only: re.Pattern[str] | None = None
    refused: frozenset[str] = field(factory=frozenset)

    def has(self, operation: str) -> bool:
        """Whether an operation is offered."""
        return operation not in self.refused and (self.only is None or self.only.match(operation) is not None)


_NETWORK = (
    "AvailabilityZones|Address|DhcpOptions|FlowLogs|InternetGateway|NatGateway|NetworkAcl|PrefixList|Regions|"
    "RouteTable|Route$|SecurityGroup|Subnet|Tags|Vpc"
)
# moto takes an S3 sub-resource that it does not know for the bucket or the object itself: a listing, or an overwrite
_S3 = (
    r"(Create|Delete|Head)Bucket|ListBuckets|ListObjects(V2)?|ListObjectVersions|ListMultipartUploads|ListParts|"
    r"(Get|Put|Delete)Bucket(Cors|Encryption|OwnershipControls|Policy|Tagging|Website)|DeleteBucketLifecycle|"
    r"(Get|Put)Bucket(AccelerateConfiguration|Acl|Lifecycle|LifecycleConfiguration|Logging|Notification|"
    r"NotificationConfiguration|Versioning)|GetBucket(Location|PolicyStatus|Replication)|"
    r"(Get|Put|Delete)PublicAccessBlock|(Get|Put)ObjectLockConfiguration|"
    r"(Copy|Delete|Get|Head|Put)Object|DeleteObjects|(Get|Put)Object(Acl|LegalHold)|PutObjectRetention|"
    r"(Get|Put|Delete)ObjectTagging|GetObjectAttributes|"
    r"(Abort|Complete|Create)MultipartUpload|UploadPart(Copy)?"
)

OFFERS: Mapping[str, Offer] = {
    "cloudwatch": Offer(refused=frozenset({"GetMetricWidgetImage", "PutAnomalyDetector", "PutMetricStream"})),
    "dynamodb": Offer(refused=frozenset({"ExportTableToPointInTime", "ImportTable"})),
    "dynamodbstreams": Offer(),
    "ec2": Offer(only=re.compile(f".*({_NETWORK})")),
    "ecr": Offer(refused=frozenset({"StartImageScan", "DescribeImageScanFindings", "PutReplicationConfiguration"})),
    # tables of the catalog; what runs jobs or crawls, moto does not do
    "glue": Offer(
        only=re.compile(
            r"(Batch)?(Create|Delete|Get|Update)(Database|Partition|Table(Version)?)s?$|GetTags|(Tag|Untag)Resource"
        )
    ),
    "iam": Offer(refused=frozenset({"GenerateServiceLastAccessedDetails", "GetServiceLastAccessedDetails"})),
    "kinesis": Offer(),
    "kms": Offer(),
    "logs": Offer(
        refused=frozenset(
            {"CreateExportTask", "PutDestination", "PutMetricFilter", "PutSubscriptionFilter", "StartQuery"}
        )
    ),
    "s3": Offer(only=re.compile(f"({_S3})$")),
    "secretsmanager": Offer(refused=frozenset({"RotateSecret", "ReplicateSecretToRegions"})),
    "sns": Offer(),
    "sqs": Offer(),
    "ssm": Offer(only=re.compile(".*(Parameter|Tags)")),
}

_SUBSCRIBABLE = ("sqs", "email", "email-json", "http", "https", "lambda")


def check_offer(service: str, operation: str) -> None:
    """Makes sure that moto carries out what it would answer.

    Raises:
        NotAvailableLocallyError: the service, or the operation, is not offered.
    """
    offer = OFFERS.get(service)
    if offer is None:
        raise NotAvailableLocallyError(f"{service} (asked for {service}:{operation})")
    if not offer.has(operation):
        raise NotAvailableLocallyError(f"{service}:{operation}")


def check_use(service: str, operation: str, parameters: Mapping[str, Any]) -> None:
    """Makes sure that moto does with these parameters what it would answer.

    Raises:
        NotAvailableLocallyError: this use of the operation is not offered.
    """
    if (service, operation) == ("sns", "Subscribe") and parameters.get("Protocol") not in _SUBSCRIBABLE:
        raise NotAvailableLocallyError(f"SNS subscriptions of protocol {parameters.get('Protocol')}")
    if (service, operation) == ("iam", "CreateUser") and "PermissionsBoundary" in parameters:
        # moto would forget it, and the user be free
        raise NotAvailableLocallyError("permissions boundaries of IAM users")
