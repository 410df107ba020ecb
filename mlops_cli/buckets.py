"""The buckets that deleting an environment's stacks deletes, which S3 does only to empty ones."""

import json
from typing import Any

from mlops_cli import deployment
from mlops_cli.target import Target


def deleted_with(target: Target, environment: str) -> list[str]:
    """The buckets of an environment's stacks that no DeletionPolicy keeps, by name."""
    cloudformation = target.client("cloudformation")
    found = []
    for stack in deployment.stacks(target, environment):
        template = cloudformation.get_template(StackName=stack.name, TemplateStage="Processed")["TemplateBody"]
        resources = (template if isinstance(template, dict) else json.loads(template))["Resources"]
        pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack.name)
        found += [
            summary["PhysicalResourceId"]
            for page in pages
            for summary in page["StackResourceSummaries"]
            if _is_deleted_bucket(summary, resources)
        ]
    return sorted(found)


def _is_deleted_bucket(summary: dict[str, Any], resources: dict[str, Any]) -> bool:
    if summary["ResourceType"] != "AWS::S3::Bucket" or summary["ResourceStatus"] == "DELETE_COMPLETE":
        return False
    kept = resources.get(summary["LogicalResourceId"], {}).get("DeletionPolicy", "Delete")
    return bool(kept == "Delete")


def holds_something(target: Target, bucket: str) -> bool:
    """Whether a bucket has any version of any object."""
    listed = target.client("s3").list_object_versions(Bucket=bucket, MaxKeys=1)
    return bool(listed.get("Versions") or listed.get("DeleteMarkers"))


def empty(target: Target, bucket: str) -> int:
    """Deletes every version of every object of a bucket; gives how many there were."""
    s3, count = target.client("s3"), 0
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        versions = [
            {"Key": item["Key"], "VersionId": item["VersionId"]}
            for item in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        ]
        if versions:
            s3.delete_objects(Bucket=bucket, Delete={"Objects": versions, "Quiet": True})
            count += len(versions)
    return count
