"""AWS CodeBuild: build projects."""

from collections.abc import Iterator, Mapping
from typing import Any

from local_aws.cloudformation.resources.provider import Provider, ResourceScope, Schema, tag_list, tags_of
from local_aws.cloudformation.resources.shapes import request, shape_problems, without

_DEFAULTS: dict[str, Any] = {
    "Cache": {"Type": "NO_CACHE"},
    "Description": "",
    "LogsConfig": {"CloudWatchLogs": {"Status": "ENABLED"}},
    "QueuedTimeoutInMinutes": 480,
    "SecondaryArtifacts": [],
    "SecondarySources": [],
    "TimeoutInMinutes": 60,
}


class ProjectProvider(Provider):
    """A build project; Ref is its name."""

    type = "AWS::CodeBuild::Project"
    schema = Schema.of(
        "Artifacts AutoRetryLimit BadgeEnabled Cache ConcurrentBuildLimit Description EncryptionKey Environment "
        "LogsConfig Name QueuedTimeoutInMinutes SecondaryArtifacts SecondarySourceVersions SecondarySources "
        "ServiceRole Source SourceVersion Tags TimeoutInMinutes VpcConfig",
        required="Artifacts Environment ServiceRole Source",
        create_only="Name",
        attributes="Arn Id",
        name="Name",
    )

    def problems(self, properties: Mapping[str, Any]) -> Iterator[str]:
        """Adds: nested members that CodeBuild does not know."""
        yield from super().problems(properties)
        known = {name: value for name, value in properties.items() if name in self.schema.properties}
        yield from shape_problems("codebuild", "CreateProject", without(known, "Tags"))

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Makes the project."""
        name = str(properties.get("Name") or scope.name(150))
        arguments = {**properties, "Name": name, "Tags": tag_list(tags_of(properties), key="key", value="value")}
        scope.client("codebuild").create_project(**request("codebuild", "CreateProject", arguments))
        return scope.created(name)

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Changes the project; what is gone from the template gets CodeBuild's default back."""
        gone = {name: value for name, value in _DEFAULTS.items() if name in old and name not in new}
        arguments = {
            **gone,
            **new,
            "Name": physical_id,
            "Tags": tag_list(tags_of(new), key="key", value="value"),
        }
        scope.client("codebuild").update_project(**request("codebuild", "UpdateProject", arguments))
        return None

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Removes the project."""
        del properties
        scope.client("codebuild").delete_project(name=physical_id)

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """ARN and id."""
        del properties
        return {"Arn": scope.arn("codebuild", f"project/{physical_id}"), "Id": physical_id}


PROVIDERS = (ProjectProvider(),)
