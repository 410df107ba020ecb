"""Pipelines and their versions as the API has them."""

from typing import Any, ClassVar

from attrs import define

from local_aws.gateway.context import RequestContext
from local_aws.gateway.errors import AwsError
from local_aws.gateway.limits import ValidatedGroup
from local_aws.gateway.operations import operation
from local_aws.platform import Platform
from local_aws.sagemaker.listing import Listed, page_of, with_token
from local_aws.sagemaker.pipelines.book import PipelineBook, version_of
from local_aws.sagemaker.pipelines.definition import Definition
from local_aws.sagemaker.pipelines.definition_rules import checked
from local_aws.sagemaker.pipelines.definition_source import definition_text
from local_aws.sagemaker.pipelines.records import OPEN, Pipeline, PipelineVersion
from local_aws.sagemaker.resource_names import now, validation_error
from local_aws.sagemaker.tags import TagStore


@define(eq=False)
class PipelineOperations(ValidatedGroup):
    """CreatePipeline and the operations that change, describe, list and delete, and those on versions.

    Args:
        platform: the local AWS.
        book: of pipelines.
        tags: where the pipelines' tags are kept.
    """

    service: ClassVar[str] = "sagemaker"
    _platform: Platform
    _book: PipelineBook
    _tags: TagStore

    @operation("CreatePipeline")
    def create_pipeline(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Checks a definition and keeps it."""
        definition = self._definition(context, request)
        if definition is None:
            raise validation_error("Either PipelineDefinition or PipelineDefinitionS3Location is needed.")
        name = request["PipelineName"]
        version = PipelineVersion(
            number=1, definition=definition, aliases=list(request.get("PipelineVersionAliases", ()))
        )
        pipeline = Pipeline(
            name=name,
            arn=self._book.arn(context, name),
            account=context.account,
            region=context.region,
            role_arn=request["RoleArn"],
            display_name=request.get("PipelineDisplayName"),
            description=request.get("PipelineDescription"),
            parallelism=request.get("ParallelismConfiguration"),
            created_by=context.principal.arn,
            modified_by=context.principal.arn,
            versions=[version],
        )
        token = request["ClientRequestToken"]
        pipeline.tokens[token] = (request, pipeline.arn)
        before = next((each for each in self._book.all(context) if each.arn == pipeline.arn), None)
        if before is not None and before.tokens.get(token) == (request, pipeline.arn):
            return {"PipelineArn": before.arn}
        self._book.add(context, pipeline)
        self._tags.create(pipeline.arn, request.get("Tags"))
        return {"PipelineArn": pipeline.arn}

    @operation("UpdatePipeline")
    def update_pipeline(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Changes what the request names; a new definition is a new version. Executions go on as they began."""
        pipeline = self._book.find(context, request["PipelineName"])
        definition = self._definition(context, request)
        with pipeline.lock:
            if definition is not None:
                number = pipeline.current.number + 1
                pipeline.versions.append(PipelineVersion(number=number, definition=definition))
            if "PipelineVersionAliases" in request:
                _point(pipeline, pipeline.current, request["PipelineVersionAliases"])
            pipeline.role_arn = request.get("RoleArn", pipeline.role_arn)
            pipeline.display_name = request.get("PipelineDisplayName", pipeline.display_name)
            pipeline.description = request.get("PipelineDescription", pipeline.description)
            pipeline.parallelism = request.get("ParallelismConfiguration", pipeline.parallelism)
            pipeline.modified, pipeline.modified_by = now(), context.principal.arn
        return {"PipelineArn": pipeline.arn, "PipelineVersionId": pipeline.current.number}

    @operation("DeletePipeline")
    def delete_pipeline(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Forgets a pipeline and its executions, none of which may run."""
        pipeline = self._book.find(context, request["PipelineName"])
        with pipeline.lock:
            if running := [each.arn for each in pipeline.newest_executions() if each.status in OPEN]:
                raise AwsError(
                    "ConflictException",
                    f"Pipeline '{pipeline.arn}' cannot be deleted while executions of it run: {', '.join(running)}.",
                )
            self._book.remove(context, pipeline)
        self._tags.forget(pipeline.arn)
        return {"PipelineArn": pipeline.arn}

    @operation("DescribePipeline")
    def describe_pipeline(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """All of a pipeline, with the current definition or that of a version."""
        pipeline = self._book.find(context, request["PipelineName"])
        version = version_of(pipeline, request)
        answer = {
            **_summary(pipeline),
            "PipelineDefinition": version.definition.text,
            "PipelineStatus": "Active",
            "LastRunTime": pipeline.last_run,
            "CreatedBy": {"IamIdentity": {"Arn": pipeline.created_by}},
            "LastModifiedBy": {"IamIdentity": {"Arn": pipeline.modified_by}},
            "ParallelismConfiguration": pipeline.parallelism,
            "PipelineVersionDisplayName": version.name,
            "PipelineVersionDescription": version.description,
            "PipelineVersionAliases": list(version.aliases) or None,
        }
        answer.pop("LastExecutionTime", None)
        return {name: value for name, value in answer.items() if value is not None}

    @operation("ListPipelines")
    def list_pipelines(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Summaries of pipelines, a page at a time."""
        prefix = request.get("PipelineNamePrefix", "")
        found = [each for each in self._book.all(context) if each.name.startswith(prefix)]
        if request.get("ManagedBy") == "AWS":
            found = []
        page, token = page_of(
            found,
            _renamed(request),
            lambda pipeline: Listed(name=pipeline.name, created=pipeline.created, modified=pipeline.modified),
        )
        return with_token({"PipelineSummaries": [_summary(each) for each in page]}, token)

    @operation("ListPipelineVersions")
    def list_pipeline_versions(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Summaries of a pipeline's versions, a page at a time."""
        pipeline = self._book.find(context, request["PipelineName"])
        page, token = page_of(
            list(pipeline.versions),
            _renamed(request),
            lambda version: Listed(name=f"{version.number:09}", created=version.created),
        )
        summaries = []
        for version in page:
            summary = {
                "PipelineArn": pipeline.arn,
                "PipelineVersionId": version.number,
                "CreationTime": version.created,
                "PipelineVersionDescription": version.description,
                "PipelineVersionDisplayName": version.name,
                "LastExecutionPipelineExecutionArn": version.last_execution_arn,
                "PipelineVersionAliases": list(version.aliases) or None,
            }
            summaries.append({name: value for name, value in summary.items() if value is not None})
        return with_token({"PipelineVersionSummaries": summaries}, token)

    @operation("UpdatePipelineVersion")
    def update_pipeline_version(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Names, describes and points at a version."""
        pipeline = self._book.find(context, request["PipelineArn"])
        version = version_of(pipeline, request)
        with pipeline.lock:
            version.name = request.get("PipelineVersionDisplayName", version.name)
            version.description = request.get("PipelineVersionDescription", version.description)
            changes = request.get("PipelineVersionAliasOperations", {})
            version.aliases = [each for each in version.aliases if each not in changes.get("Remove", ())]
            _point(pipeline, version, [*version.aliases, *changes.get("Add", ())])
        return {"PipelineArn": pipeline.arn, "PipelineVersionId": version.number}

    def _definition(self, context: RequestContext, request: dict[str, Any]) -> Definition | None:
        text = definition_text(self._platform, context, request)
        return None if text is None else checked(text)


def _point(pipeline: Pipeline, version: PipelineVersion, aliases: list[str]) -> None:
    """Gives a version its aliases; an alias points to one version alone."""
    for other in pipeline.versions:
        other.aliases = [each for each in other.aliases if each not in aliases]
    version.aliases = list(dict.fromkeys(aliases))


def _summary(pipeline: Pipeline) -> dict[str, Any]:
    summary = {
        "PipelineArn": pipeline.arn,
        "PipelineName": pipeline.name,
        "PipelineDisplayName": pipeline.display_name,
        "PipelineDescription": pipeline.description,
        "RoleArn": pipeline.role_arn,
        "CreationTime": pipeline.created,
        "LastModifiedTime": pipeline.modified,
        "LastExecutionTime": pipeline.last_run,
    }
    return {name: value for name, value in summary.items() if value is not None}


def _renamed(request: dict[str, Any]) -> dict[str, Any]:
    """A request with the filters on time under the names that all other lists have."""
    names = {"CreatedAfter": "CreationTimeAfter", "CreatedBefore": "CreationTimeBefore"}
    return {names.get(name, name): value for name, value in request.items()}
