"""Runs of distributed Map states: describe, list, update."""

from typing import Any, ClassVar

from attrs import define

from local_aws.gateway.context import RegionalState, RequestContext
from local_aws.gateway.limits import ValidatedGroup
from local_aws.gateway.operations import operation
from local_aws.stepfunctions.api.pages import page
from local_aws.stepfunctions.api.records import RegionRecords, date
from local_aws.stepfunctions.running.engine import Engine
from local_aws.stepfunctions.running.map_runs import MapRun


@define(eq=False)
class MapRunOperations(ValidatedGroup):
    """Operations on runs of distributed Map states.

    Args:
        records: by account and region.
        engine: runs them.
    """

    service: ClassVar[str] = "stepfunctions"

    records: RegionalState[RegionRecords]
    engine: Engine

    @operation("DescribeMapRun")
    def describe(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """A run, with its counts."""
        run = self.records[context].map_run(request["mapRunArn"])
        described: dict[str, Any] = {
            "mapRunArn": run.arn,
            "executionArn": run.parent.arn,
            "status": run.status,
            "startDate": date(run.started),
            "maxConcurrency": run.max_concurrency,
            "toleratedFailurePercentage": float(run.tolerated_percentage or 0),
            "toleratedFailureCount": int(run.tolerated_count or 0),
            "itemCounts": run.counts(of_items=True),
            "executionCounts": run.counts(of_items=False),
            "redriveCount": run.redrive_count,
        }
        times = {"stopDate": run.stopped, "redriveDate": run.redriven}
        return described | {name: date(moment) for name, moment in times.items() if moment is not None}

    @operation("ListMapRuns")
    def list_all(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """The runs of an execution's distributed Map states, newest first."""
        records = self.records[context]
        execution = records.execution(request["executionArn"])
        with records.lock:
            found = [run for run in reversed(records.map_runs.values()) if run.parent is execution]
        shown, following = page(found, request)
        return {"mapRuns": [_summary(run) for run in shown], **following}

    @operation("UpdateMapRun")
    def update(self, context: RequestContext, request: dict[str, Any]) -> None:
        """Changes concurrency and tolerance of a run; they count from the next execution that ends."""
        run = self.records[context].map_run(request["mapRunArn"])
        run.max_concurrency = request.get("maxConcurrency", run.max_concurrency)
        run.tolerated_count = request.get("toleratedFailureCount", run.tolerated_count)
        run.tolerated_percentage = request.get("toleratedFailurePercentage", run.tolerated_percentage)


def _summary(run: MapRun) -> dict[str, Any]:
    summary = {
        "executionArn": run.parent.arn,
        "mapRunArn": run.arn,
        "stateMachineArn": run.revision.arn,
        "startDate": date(run.started),
    }
    return summary if run.stopped is None else summary | {"stopDate": date(run.stopped)}
