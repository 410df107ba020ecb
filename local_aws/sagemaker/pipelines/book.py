"""Where pipelines, executions and versions are found."""

from typing import Any

from attrs import define, field

from local_aws.gateway.context import RegionalState, RequestContext
from local_aws.gateway.errors import AwsError
from local_aws.sagemaker.pipelines.records import Execution, Pipeline, PipelineVersion
from local_aws.sagemaker.resource_names import arn_of, validation_error


@define(eq=False)
class PipelineBook:
    """The pipelines of all accounts and regions."""

    _pipelines: RegionalState[dict[str, Pipeline]] = field(factory=lambda: RegionalState(dict))

    def arn(self, context: RequestContext, name: str) -> str:
        """The ARN of a pipeline of that name: AWS writes it in small letters."""
        return arn_of(context, "pipeline", name.lower())

    def add(self, context: RequestContext, pipeline: Pipeline) -> None:
        """Keeps a pipeline.

        Raises:
            AwsError: there is one of that name.
        """
        if self._pipelines[context].setdefault(pipeline.arn, pipeline) is not pipeline:
            raise validation_error(
                "Pipeline names must be unique within an AWS account and region. "
                f"Pipeline with name ({pipeline.name}) already exists."  # the SDK's upsert looks for these two words
            )

    def remove(self, context: RequestContext, pipeline: Pipeline) -> None:
        """Forgets a pipeline, with its executions."""
        self._pipelines[context].pop(pipeline.arn, None)

    def all(self, context: RequestContext) -> list[Pipeline]:
        """Those of an account and region."""
        return list(self._pipelines[context].values())

    def find(self, context: RequestContext, name: str) -> Pipeline:
        """The pipeline of a name or an ARN.

        Raises:
            AwsError: ``ResourceNotFound``.
        """
        arn = name.lower() if name.startswith("arn:") else self.arn(context, name)
        pipeline = self._pipelines[context].get(arn)
        if pipeline is None:
            raise AwsError("ResourceNotFound", f"Pipeline '{arn}' does not exist.")
        return pipeline

    def execution(self, context: RequestContext, request: dict[str, Any]) -> Execution:
        """The execution that a request names.

        Raises:
            AwsError: ``ResourceNotFound``.
        """
        arn = request["PipelineExecutionArn"]
        of, _, identity = arn.partition("/execution/")
        pipeline = self._pipelines[context].get(of)
        execution = pipeline.executions.get(identity) if pipeline is not None else None
        if execution is None:
            raise AwsError("ResourceNotFound", f"Pipeline execution '{arn}' does not exist.")
        return execution


def version_of(pipeline: Pipeline, request: dict[str, Any]) -> PipelineVersion:
    """The version that a request names by number or alias; the current one where it names none.

    Raises:
        AwsError: ``ResourceNotFound``, or both are named.
    """
    number, alias = request.get("PipelineVersionId"), request.get("PipelineVersionAlias")
    if number is not None and alias is not None:
        raise validation_error("PipelineVersionId and PipelineVersionAlias exclude each other.")
    if number is None and alias is None:
        return pipeline.current
    for version in pipeline.versions:
        if version.number == number or alias in version.aliases:
            return version
    told = f"version {number}" if alias is None else f"version alias '{alias}'"
    raise AwsError("ResourceNotFound", f"Pipeline '{pipeline.arn}' has no {told}.")
