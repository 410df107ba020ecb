"""Amazon DynamoDB: tables, with replicas or without."""

from local_aws.cloudformation.resources.global_tables import GlobalTableProvider
from local_aws.cloudformation.resources.tables import TableProvider

PROVIDERS = (TableProvider(), GlobalTableProvider())
