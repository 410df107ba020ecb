"""Amazon ECR: image repositories."""

from typing import Any

from local_aws.cloudformation.resources.provider import (
    Provider,
    ResourceScope,
    Schema,
    changed_properties,
    tag_changes,
    tag_list,
    tags_of,
)
from local_aws.cloudformation.resources.shapes import json_text, request, truth, without


class RepositoryProvider(Provider):
    """A repository; EmptyOnDelete removes its images with it, else images keep it from being deleted."""

    type = "AWS::ECR::Repository"
    schema = Schema.of(
        "EmptyOnDelete EncryptionConfiguration ImageScanningConfiguration ImageTagMutability LifecyclePolicy "
        "RepositoryName RepositoryPolicyText Tags",
        create_only="EncryptionConfiguration RepositoryName",
        attributes="Arn RepositoryUri",
        name="RepositoryName",
    )

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Makes the repository, its policy and its lifecycle rules."""
        client = scope.client("ecr")
        name = str(properties.get("RepositoryName") or scope.name(256, lower=True))
        arguments = without(properties, "EmptyOnDelete", "LifecyclePolicy", "RepositoryPolicyText", "Tags")
        arguments |= {"RepositoryName": name, "Tags": tag_list(tags_of(properties))}
        client.create_repository(**request("ecr", "CreateRepository", arguments))
        scope.created(name)
        self._set_policies(client, name, {}, properties)
        return name

    def _set_policies(self, client: Any, name: str, old: dict[str, Any], new: dict[str, Any]) -> None:
        changed = changed_properties(old, new)
        if "RepositoryPolicyText" in changed:
            if new.get("RepositoryPolicyText"):
                client.set_repository_policy(repositoryName=name, policyText=json_text(new["RepositoryPolicyText"]))
            else:
                client.delete_repository_policy(repositoryName=name)
        if "LifecyclePolicy" in changed:
            text = (new.get("LifecyclePolicy") or {}).get("LifecyclePolicyText")
            if text:
                client.put_lifecycle_policy(repositoryName=name, lifecyclePolicyText=json_text(text))
            else:
                client.delete_lifecycle_policy(repositoryName=name)

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Changes scanning, mutability, policies and tags."""
        client, changed = scope.client("ecr"), changed_properties(old, new)
        if "ImageScanningConfiguration" in changed:
            on_push = truth((new.get("ImageScanningConfiguration") or {}).get("ScanOnPush", False))
            client.put_image_scanning_configuration(
                repositoryName=physical_id, imageScanningConfiguration={"scanOnPush": on_push}
            )
        if "ImageTagMutability" in changed:
            client.put_image_tag_mutability(
                repositoryName=physical_id, imageTagMutability=new.get("ImageTagMutability", "MUTABLE")
            )
        self._set_policies(client, physical_id, old, new)
        added, removed = tag_changes(old, new)
        arn = scope.arn("ecr", f"repository/{physical_id}")
        if removed:
            client.untag_resource(resourceArn=arn, tagKeys=removed)
        if added:
            client.tag_resource(resourceArn=arn, tags=tag_list(added))
        return None

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Removes the repository."""
        scope.client("ecr").delete_repository(repositoryName=physical_id, force=truth(properties.get("EmptyOnDelete")))

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """ARN and the URI that images are pushed to."""
        del properties
        found = scope.client("ecr").describe_repositories(repositoryNames=[physical_id])["repositories"][0]
        return {"Arn": found["repositoryArn"], "RepositoryUri": found["repositoryUri"]}


PROVIDERS = (RepositoryProvider(),)
