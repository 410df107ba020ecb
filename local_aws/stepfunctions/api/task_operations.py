"""Answers to task tokens, and activities."""

from typing import Any, ClassVar

from attrs import define

from local_aws.gateway.context import RegionalState, RequestContext
from local_aws.gateway.errors import AwsError
from local_aws.gateway.operations import OperationGroup, operation
from local_aws.stepfunctions.api.arns import check_name, make_arn, parse_arn
from local_aws.stepfunctions.api.pages import page
from local_aws.stepfunctions.api.records import RegionRecords, date
from local_aws.stepfunctions.language.documents import is_too_large, parse_json
from local_aws.stepfunctions.language.errors import StatesError
from local_aws.stepfunctions.running.engine import Engine
from local_aws.stepfunctions.tasks.activities import Activity


@define(eq=False)
class TaskOperations(OperationGroup):
    """Operations on tokens and activities.

    Args:
        records: by account and region.
        engine: whose tasks wait.
    """

    service: ClassVar[str] = "stepfunctions"

    records: RegionalState[RegionRecords]
    engine: Engine

    @operation("SendTaskSuccess")
    def succeed(self, _context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Ends a task with its result."""
        try:
            result = parse_json(request["output"])
        except ValueError as error:
            raise AwsError("InvalidOutput", f"Invalid Output: '{error}'") from None
        if is_too_large(request["output"]):
            raise AwsError("InvalidOutput", "Invalid Output: 'Output exceeds 262144 bytes'")
        self.engine.tokens.succeed(request["taskToken"], result)
        return {}

    @operation("SendTaskFailure")
    def fail(self, _context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Ends a task with an error."""
        self.engine.tokens.fail(request["taskToken"], StatesError(request.get("error"), request.get("cause")))
        return {}

    @operation("SendTaskHeartbeat")
    def beat(self, _context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Tells that a task goes on."""
        self.engine.tokens.beat(request["taskToken"])
        return {}

    @operation("CreateActivity")
    def create(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Makes an activity, or gives the one of that name."""
        check_name(request["name"])
        records = self.records[context]
        activity = records.activities.create(
            Activity(
                arn=make_arn(context, "activity", request["name"]),
                name=request["name"],
                created=self.engine.clock.now(),
                encryption=request.get("encryptionConfiguration"),
            )
        )
        if request.get("encryptionConfiguration") != activity.encryption:
            raise AwsError("ActivityAlreadyExists", f"Activity Already Exists: '{activity.arn}'")
        records.tag(activity.arn, request.get("tags", []))
        return {"activityArn": activity.arn, "creationDate": date(activity.created)}

    @operation("DescribeActivity")
    def describe(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """An activity."""
        parse_arn(request["activityArn"], "activity")
        return _described(self.records[context].activities.get(request["activityArn"]))

    @operation("DeleteActivity")
    def delete(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Removes an activity."""
        parse_arn(request["activityArn"], "activity")
        self.records[context].activities.delete(request["activityArn"])
        return {}

    @operation("ListActivities")
    def list_all(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Every activity, by name."""
        shown, following = page(self.records[context].activities.all(), request)
        return {"activities": [_described(activity) for activity in shown], **following}

    @operation("GetActivityTask")
    def take(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """The next work of an activity; waits a minute for it, and then answers with none."""
        parse_arn(request["activityArn"], "activity")
        work = self.records[context].activities.take(request["activityArn"], request.get("workerName"))
        return {} if work is None else {"taskToken": work.token, "input": work.input}


def _described(activity: Activity) -> dict[str, Any]:
    described: dict[str, Any] = {
        "activityArn": activity.arn,
        "name": activity.name,
        "creationDate": date(activity.created),
    }
    return described if activity.encryption is None else {**described, "encryptionConfiguration": activity.encryption}
