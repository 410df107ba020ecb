"""Resource policies of functions: who else may invoke them."""

import json
import re
import uuid
from typing import Any

from attrs import define

from local_aws.functions.names import FunctionName
from local_aws.functions.records import Function, Registry
from local_aws.gateway.context import RequestContext
from local_aws.gateway.errors import AwsError, NotAvailableLocallyError
from local_aws.gateway.operations import OperationGroup, operation

_STATEMENT_ID = re.compile(r"[a-zA-Z0-9_-]{1,100}")
_ACTION = re.compile(r"lambda:(\*|[a-zA-Z]+)")
_ACCOUNT = re.compile(r"\d{12}")


@define(eq=False)
class Permissions(OperationGroup):
    """AddPermission and its like.

    Args:
        registry: the functions.
    """

    service = "lambda"

    registry: Registry

    @operation("AddPermission")
    def add_permission(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Adds a statement to the policy of a function, a version or an alias."""
        name = FunctionName.read(context, request["FunctionName"], request.get("Qualifier"))
        function = self.registry.function(name)
        sid, action = request["StatementId"], request["Action"]
        if not _STATEMENT_ID.fullmatch(sid):
            raise _invalid(f"Value '{sid}' at 'statementId' must match ([a-zA-Z0-9-_]+), at most 100 characters")
        if not _ACTION.fullmatch(action):
            raise _invalid(f"Value '{action}' at 'action' must match lambda:[*]|lambda:[a-zA-Z]+")
        if request.get("FunctionUrlAuthType") or request.get("InvokedViaFunctionUrl"):
            raise NotAvailableLocallyError("function URLs of Lambda")
        statement: dict[str, Any] = {
            "Sid": sid,
            "Effect": "Allow",
            "Principal": _principal(request["Principal"]),
            "Action": action,
            "Resource": name.arn,
        }
        conditions: dict[str, dict[str, str]] = {}
        if request.get("SourceAccount"):
            conditions.setdefault("StringEquals", {})["AWS:SourceAccount"] = request["SourceAccount"]
        if request.get("PrincipalOrgID"):
            conditions.setdefault("StringEquals", {})["aws:PrincipalOrgID"] = request["PrincipalOrgID"]
        if request.get("EventSourceToken"):
            conditions.setdefault("StringEquals", {})["lambda:EventSourceToken"] = request["EventSourceToken"]
        if request.get("SourceArn"):
            conditions["ArnLike"] = {"AWS:SourceArn": request["SourceArn"]}
        if conditions:
            statement["Condition"] = conditions
        with self.registry.lock:
            function.version(name)
            statements = self._statements(function, name, request.get("RevisionId"))
            if sid in statements:
                raise AwsError(
                    "ResourceConflictException",
                    f"The statement id ({sid}) provided already exists. Please provide a new statement id, or remove "
                    "the existing statement.",
                    Type="User",
                )
            statements[sid] = statement
            function.policy_revisions[name.qualifier] = str(uuid.uuid4())
        return {"Statement": json.dumps(statement)}

    @operation("RemovePermission")
    def remove_permission(self, context: RequestContext, request: dict[str, Any]) -> None:
        """Removes a statement."""
        name = FunctionName.read(context, request["FunctionName"], request.get("Qualifier"))
        function = self.registry.function(name)
        with self.registry.lock:
            statements = self._statements(function, name, request.get("RevisionId"))
            if request["StatementId"] not in statements:
                raise AwsError(
                    "ResourceNotFoundException",
                    f"Statement {request['StatementId']} is not found in resource policy.",
                    Type="User",
                )
            del statements[request["StatementId"]]
            function.policy_revisions[name.qualifier] = str(uuid.uuid4())

    @operation("GetPolicy")
    def get_policy(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """The policy of a function, a version or an alias."""
        name = FunctionName.read(context, request["FunctionName"], request.get("Qualifier"))
        policy = self.policy_of(name)
        if policy is None:
            raise AwsError("ResourceNotFoundException", "The resource you requested does not exist.", Type="User")
        revision = self.registry.function(name).policy_revisions[name.qualifier]
        return {"Policy": json.dumps(policy), "RevisionId": revision}

    def policy_of(self, name: FunctionName) -> dict[str, Any] | None:
        """The policy document that guards a function as it is named; None where there is none.

        Raises:
            AwsError: ``ResourceNotFoundException``: no such function.
        """
        function = self.registry.function(name)
        with self.registry.lock:
            statements = list(function.policies.get(name.qualifier, {}).values())
        return {"Version": "2012-10-17", "Id": "default", "Statement": statements} if statements else None

    def _statements(self, function: Function, name: FunctionName, revision_id: str | None) -> dict[str, dict[str, Any]]:
        if revision_id is not None and revision_id != function.policy_revisions.get(name.qualifier):
            raise AwsError(
                "PreconditionFailedException",
                "The RevisionId provided does not match the latest RevisionId. Call the GetPolicy API to retrieve the "
                "latest RevisionId",
                Type="User",
            )
        return function.policies.setdefault(name.qualifier, {})


def _principal(text: str) -> Any:
    if text == "*":
        return "*"
    if _ACCOUNT.fullmatch(text):
        return {"AWS": f"arn:aws:iam::{text}:root"}
    if text.startswith("arn:"):
        return {"AWS": text}
    if "." in text:
        return {"Service": text}
    raise _invalid(f"The provided principal was invalid. Please check the principal and try again: '{text}'")


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterValueException", message, Type="User")
