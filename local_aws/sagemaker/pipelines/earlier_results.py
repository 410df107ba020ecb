"""Results of earlier executions of the same pipeline, for steps with a cache."""

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import define
from botocore.exceptions import ClientError

from local_aws.platform import Platform
from local_aws.sagemaker.pipelines.caching import cache_key, is_fresh
from local_aws.sagemaker.pipelines.records import SUCCEEDED, Execution, StepRun
from local_aws.sagemaker.pipelines.service_steps import SERVICE_STEPS, ServiceStep
from local_aws.sagemaker.resource_names import now
from local_aws.sagemaker.s3_locations import S3Location

_SERVER_ERRORS = 500


@define(eq=False)
class EarlierResults:
    """Finds results that still hold.

    Args:
        platform: the local AWS; SageMaker itself looks whether the artifacts are there.
    """

    platform: Platform

    def take(self, execution: Execution, run: StepRun, request: dict[str, Any], cache: Mapping[str, Any]) -> bool:
        """Gives a step the newest earlier result that is the same, fresh and still there; False for none."""
        run.cache_key = cache_key(run.step.type, run.step.name, request)
        for source, candidate in self._candidates(execution, run):
            if is_fresh(candidate.ended or now(), now(), cache) and self._is_there(execution, candidate):
                run.take_result(candidate)
                run.cached_from = source.arn
                return True
        return False

    def keep(self, execution: Execution, run: StepRun) -> None:
        """Notes what a result consists of: what it left empty need not be there when it is taken."""
        s3 = self._s3(execution)
        run.artifacts = tuple(uri for uri in run.artifacts if _has_objects(s3, S3Location.parse(uri)))

    def _candidates(self, execution: Execution, run: StepRun) -> Iterator[tuple[Execution, StepRun]]:
        for source in execution.pipeline.newest_executions():
            found = source.runs.get(run.step.name)
            if (
                found is not None
                and found is not run
                and found.status == SUCCEEDED
                and found.cache_key == run.cache_key
                and found.cached_from is None
                and found.selected_from is None
            ):
                yield source, found

    def _is_there(self, execution: Execution, run: StepRun) -> bool:
        kind = SERVICE_STEPS.get(run.step.type)
        if kind is not None and kind.named_by_user:
            sagemaker = self.platform.client("sagemaker", region=execution.pipeline.region)
            return _is_described(sagemaker, kind, run)
        s3 = self._s3(execution)
        return all(_has_objects(s3, S3Location.parse(uri)) for uri in run.artifacts)

    def _s3(self, execution: Execution) -> Any:
        return self.platform.client("s3", region=execution.pipeline.region)


def _is_described(sagemaker: Any, kind: ServiceStep, run: StepRun) -> bool:
    method = next(name for name, api in sagemaker.meta.method_to_api_mapping.items() if api == kind.describe)
    try:
        getattr(sagemaker, method)(**{str(kind.name): run.properties[kind.name]})
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] >= _SERVER_ERRORS:
            raise
        return False
    return True


def _has_objects(s3: Any, location: S3Location) -> bool:
    try:
        answer = s3.list_objects_v2(Bucket=location.bucket, Prefix=location.key, MaxKeys=1)
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchBucket":
            return False
        raise
    return bool(answer["KeyCount"])
