"""STS: sessions of roles with the rights of those roles, and who a key belongs to.

moto's STS gives credentials for roles that do not exist and asks no trust policy; this one is its own.
"""

from typing import Any, ClassVar

from local_aws.gateway.context import Principal, RequestContext
from local_aws.gateway.errors import AwsError
from local_aws.gateway.operations import OperationGroup, operation
from local_aws.iam import denials
from local_aws.iam.evaluation import Decision
from local_aws.iam.identities import Identities, Session
from local_aws.iam.policies import Caller, parse_policy
from local_aws.moto_mends import state

_CHAINED_SECONDS = 3600


class StsOperations(OperationGroup):
    """AWS Security Token Service.

    Args:
        identities: keeps the sessions.
    """

    service: ClassVar[str] = "sts"

    def __init__(self, identities: Identities) -> None:
        self._identities = identities

    @operation("AssumeRole")
    def assume_role(self, context: RequestContext, parameters: dict[str, Any]) -> dict[str, Any]:
        """A session of a role; the gateway has asked the role's trust policy before.

        Raises:
            AwsError: ``AccessDenied`` for a role that does not exist, ``ValidationError`` for a duration beyond
                the role's longest session, or for a chained session beyond an hour.
        """
        role_arn, session_name = parameters["RoleArn"], parameters["RoleSessionName"]
        account, name = _role_of(role_arn)
        role = state.role(account, name)
        if role is None or role.arn != role_arn:
            # AWS does not tell an absent role from one that is not allowed
            caller = Caller(arn=context.principal.arn, account=context.principal.account, kind="user")
            raise denials.denied("sts", caller, "sts:AssumeRole", role_arn, Decision(allowed=False))
        seconds = parameters.get("DurationSeconds", 3600)
        if seconds > role.max_session_seconds:
            raise AwsError(
                "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
            )
        if context.principal.role_arn is not None and seconds > _CHAINED_SECONDS:
            raise AwsError(
                "ValidationError",
                "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
            )
        session = self._identities.open_session(
            Principal(
                arn=f"arn:aws:sts::{account}:assumed-role/{name}/{session_name}", account=account, role_arn=role_arn
            ),
            identifier=f"{role.identifier}:{session_name}",
            base_identifier=role.identifier,
            seconds=seconds,
            policies=self._session_policies(account, parameters),
            tags=tuple((tag["Key"], tag["Value"]) for tag in parameters.get("Tags", [])),
        )
        return {
            "Credentials": _credentials(session),
            "AssumedRoleUser": {"AssumedRoleId": session.identifier, "Arn": session.principal.arn},
            "PackedPolicySize": 0,
        }

    @operation("GetCallerIdentity")
    def get_caller_identity(self, context: RequestContext, parameters: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        """Who the request's key belongs to."""
        principal = context.principal
        session = self._identities.session(principal.access_key)
        keys = self._identities.identity(principal).keys
        user_id = session.identifier if session else keys.get("aws:userid", principal.account)
        return {"UserId": user_id, "Account": principal.account, "Arn": principal.arn}

    @operation("GetSessionToken")
    def get_session_token(self, context: RequestContext, parameters: dict[str, Any]) -> dict[str, Any]:
        """Temporary credentials of a user or of the root.

        Raises:
            AwsError: ``AccessDenied`` for a caller that has temporary credentials already.
        """
        principal = context.principal
        if principal.role_arn is not None:
            raise AwsError("AccessDenied", "Cannot call GetSessionToken with session credentials", status=403)
        identifier = self._identities.identity(principal).keys.get("aws:userid", principal.account)
        session = self._identities.open_session(
            principal,
            identifier=identifier,
            base_identifier=identifier,
            seconds=parameters.get("DurationSeconds", 43200),
        )
        return {"Credentials": _credentials(session)}

    @operation("GetAccessKeyInfo")
    def get_access_key_info(self, context: RequestContext, parameters: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        """The account that an access key belongs to."""
        return {"Account": self._identities.principal(parameters["AccessKeyId"]).account}

    def _session_policies(self, account: str, parameters: dict[str, Any]) -> tuple[str, ...]:
        documents = [parameters["Policy"]] if parameters.get("Policy") else []
        for reference in parameters.get("PolicyArns", []):
            document = state.managed_policy_document(account, reference["arn"])
            if document is None:
                raise AwsError("ValidationError", f"Policy {reference['arn']} does not exist or is not attachable.")
            documents.append(document)
        for document in documents:
            parse_policy(document)
        return tuple(documents)


def _role_of(role_arn: str) -> tuple[str, str]:
    parts = role_arn.split(":")
    if len(parts) != 6 or parts[2] != "iam" or not parts[5].startswith("role/"):
        raise AwsError("ValidationError", f"{role_arn} is invalid")
    return parts[4], parts[5].rsplit("/", 1)[-1]


def _credentials(session: Session) -> dict[str, Any]:
    return {
        "AccessKeyId": session.access_key,
        "SecretAccessKey": session.secret_key,
        "SessionToken": session.token,
        "Expiration": session.expires,
    }
