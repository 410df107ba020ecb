"""The gateway's authority: knows principals by their keys and decides each request by the policies that exist."""

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from attrs import define, evolve, field

from local_aws.gateway.context import Principal, RequestContext
from local_aws.gateway.errors import AwsError
from local_aws.gateway.wire import Call
from local_aws.iam import denials
from local_aws.iam.documents import check_documents
from local_aws.iam.encryption import log_group_key, queue_key_requirements, s3_key_requirements
from local_aws.iam.evaluation import ALLOWED, Decision, Grants, decide
from local_aws.iam.identities import Identities, Identity
from local_aws.iam.operations import iam_prefix, operation_requirements
from local_aws.iam.pass_role import passed_roles
from local_aws.iam.patterns import UNTOLD, Keys
from local_aws.iam.policies import ANY_RESOURCE, AccessRequest, Caller, parse_policy
from local_aws.iam.request_keys import request_keys
from local_aws.iam.requirements import Place, Requirement
from local_aws.iam.resource_policies import ResourcePolicies, ResourcePolicy, StoredResourcePolicies
from local_aws.moto_mends import state

# every identity may ask who it is; AWS lets no policy deny that
_FREE = {("sts", "GetCallerIdentity"), ("sts", "GetSessionToken")}
# the root of a bucket's account can always mend the bucket's policy
_ROOT_REPAIRS = {"s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"}
_REMEMBERED = 4096


@define(eq=False)
class IamAuthority:
    """IAM for the gateway.

    Attributes:
        identities: who is who, and the sessions that exist.
    """

    identities: Identities = field(factory=Identities)
    _policies: dict[str, ResourcePolicies] = field(factory=dict)
    _stored: StoredResourcePolicies = field(factory=StoredResourcePolicies)
    _required: dict[Any, bool] = field(factory=dict)
    _lock: Lock = field(factory=Lock)

    def keep_policies(self, service: str, keeper: ResourcePolicies) -> None:
        """Names who keeps the resource policies of a service.

        Args:
            service: the service in its resources' ARNs, such as ``lambda``.
            keeper: finds a resource's policy by its ARN.
        """
        self._policies[service] = keeper

    def principal(self, access_key: str | None, service: str = "sts") -> Principal:
        """The identity behind an access key: a session, a user, a service; the account's root for all other keys.

        Raises:
            AwsError: the session has expired, or the key is one that IAM knew and no longer accepts.
        """
        return self.identities.principal(access_key, service)

    def authorize(self, context: RequestContext, call: Call, parameters: dict[str, Any]) -> None:
        """Decides a request.

        Raises:
            AwsError: some permission that the request needs is not allowed; nothing has happened.
        """
        identity = self.identities.identity(context.principal)
        check_documents(call, parameters)
        if identity.internal or (call.service, call.operation) in _FREE:
            return
        place = Place.of(context)
        prefix = iam_prefix(call.service)
        keys: dict[str, Any] = {
            **_moment(),
            **identity.keys,
            "aws:requestedregion": context.region,
            "aws:securetransport": "true",
            "aws:sourceip": "127.0.0.1",
            "s3:tlsversion": "1.3",
        }
        if context.source_arn is not None:
            keys["aws:sourcearn"] = context.source_arn
        if context.source_account is not None:
            keys["aws:sourceaccount"] = context.source_account
            if context.principal.service == "cloudwatch.amazonaws.com":
                # the older key, which topics' default policies ask for
                keys["aws:sourceowner"] = keys["aws:sourceaccount"]
        elif identity.caller.kind == "service" and call.operation == "AssumeRole":
            keys["aws:sourcearn"] = UNTOLD
        own = {**keys, **request_keys(prefix, call.operation, parameters)}
        for requirement in operation_requirements(call, parameters, place):
            self._demand(call.service, identity, requirement, own)
        for requirement in passed_roles(call, parameters):
            self._demand(call.service, identity, requirement, keys)
        for requirement in self._key_requirements(call, parameters, place, keys):
            self._demand(call.service, identity, requirement, keys)

    def hides_absence(self, context: RequestContext, call: Call, parameters: dict[str, Any]) -> AwsError | None:
        """The denial that S3 gives in place of "no such key" to a caller who may not list the bucket."""
        if (
            call.service != "s3"
            or call.operation not in ("GetObject", "HeadObject")
            or state.bucket(parameters["Bucket"]) is None
        ):
            return None
        identity = self.identities.identity(context.principal)
        if identity.internal:
            return None
        requirement = Requirement(action="s3:ListBucket", resources=(f"arn:aws:s3:::{parameters['Bucket']}",))
        keys = {**_moment(), **identity.keys, "aws:securetransport": "true", "s3:tlsversion": "1.3"}
        decision, caller = self._decision(identity, requirement, keys)
        return (
            None
            if decision.allowed
            else denials.denied("s3", caller, "s3:ListBucket", requirement.resources[0], decision)
        )

    def require(
        self,
        principal: Principal,
        action: str,
        resource: str,
        context: Mapping[str, str | tuple[str, ...]] | None = None,
    ) -> None:
        """Checks one permission outside the gateway's own path; a repeated question costs microseconds.

        Args:
            principal: who asks.
            action: such as ``sagemaker:InvokeEndpoint``.
            resource: its ARN.
            context: condition keys of the request, in lower case. Default: none.

        Raises:
            AwsError: not allowed, in the words and with the code of the action's service.
        """
        identity = self.identities.identity(principal)
        if identity.internal:
            return
        keys = tuple(sorted(context.items())) if context else ()
        # compiled policies are the same objects until a document changes, so they tell whether the answer still holds
        question = (identity.caller, identity.grants.identity, identity.grants.boundary, action, resource, keys)
        timeless = self._required.get(question)
        if timeless:
            return
        service = action.split(":", 1)[0]
        # SageMaker's ARNs are in lower case, names in requests may not be
        spellings = (resource, resource.lower()) if service == "sagemaker" else (resource,)
        requirement = Requirement(action=action, resources=spellings, keys=dict(context or {}))
        region = resource.split(":")[3] if resource.count(":") > 3 else ""
        self._demand(
            service,
            identity,
            requirement,
            {**_moment(), **identity.keys, "aws:requestedregion": region, "aws:securetransport": "true"},
        )
        settled = not identity.grants.session and _timeless(identity.grants)
        if settled and self._resource_policy(resource, action) is None:
            with self._lock:
                if len(self._required) >= _REMEMBERED:
                    self._required.clear()
                self._required[question] = True

    def explain(self, principal: Principal, requirement: Requirement, keys: Keys) -> Decision:
        """The decision on one permission, without raising."""
        return self._decision(self.identities.identity(principal), requirement, keys)[0]

    def _demand(self, service: str, identity: Identity, requirement: Requirement, keys: Keys) -> None:
        decision, caller = self._decision(identity, requirement, keys)
        if not decision.allowed:
            raise denials.denied(service, caller, requirement.action, requirement.resources[0], decision)

    def _decision(self, identity: Identity, requirement: Requirement, keys: Keys) -> tuple[Decision, Caller]:
        resource = requirement.resources[0]
        policy = self._resource_policy(resource, requirement.action)
        caller, grants = identity.caller, identity.grants
        all_keys = {**keys, **requirement.keys}
        if policy is not None:
            all_keys["aws:resourceaccount"] = policy.account
            if caller.kind == "service":
                all_keys.setdefault("aws:sourceaccount", policy.account)
            if policy.account == caller.account and caller.kind == "root":
                # the root needs no leave of a key's policy here; a role's trust still rules
                rules = policy.rules and requirement.action == "sts:AssumeRole"
                if requirement.action in _ROOT_REPAIRS:
                    return ALLOWED, caller
            else:
                rules = policy.rules
            grants = evolve(
                grants,
                resource=parse_policy(policy.document) if policy.document else None,
                same_account=policy.account == caller.account,
                resource_policy_rules=rules,
            )
        else:
            account = _account_of(resource)
            grants = evolve(grants, same_account=account in ("", caller.account))
        request = AccessRequest(action=requirement.action, resources=requirement.resources, keys=all_keys)
        decision = decide(caller, request, grants)
        if not decision.allowed and not decision.explicit and policy and _granted(policy, caller, requirement.action):
            return ALLOWED, caller
        return decision, caller

    def _resource_policy(self, resource: str, action: str) -> ResourcePolicy | None:
        if not _is_arn(resource):
            return None
        service = resource.split(":", 3)[2]
        if service == "iam" and action != "sts:AssumeRole":
            return None
        return self._policies.get(service, self._stored).resource_policy(resource)

    def _key_requirements(
        self, call: Call, parameters: dict[str, Any], place: Place, keys: Keys
    ) -> Iterator[Requirement]:
        if call.service == "s3" and "Bucket" in parameters:
            yield from s3_key_requirements(call.operation, parameters, place)
        elif call.service in ("sqs", "sns"):
            key_id = state.message_key_id(call.service, place.account, place.region, parameters)
            if key_id:
                yield from queue_key_requirements(call.operation, key_id, place)
        elif call.service == "logs" and (tied := log_group_key(call.operation, parameters, place)):
            self._check_log_group_key(*tied, place, keys)

    def _check_log_group_key(self, key_id: str, group_arn: str, place: Place, keys: Keys) -> None:
        key = state.kms_key(place.account, place.region, key_id)
        principal = f"logs.{place.region}.amazonaws.com"
        service = Caller(arn=principal, account="", kind="service")
        own = {**keys, "kms:encryptioncontext:aws:logs:arn": group_arn, "aws:sourcearn": group_arn}
        allowed = key is not None and key.enabled
        for action in ("kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey"):
            if key is not None and allowed:
                request = AccessRequest(action=action, resources=(key.arn,), keys=own)
                allowed = decide(service, request, Grants(resource=parse_policy(key.policy))).allowed
        if not allowed:
            message = f"The specified KMS key does not exist or is not allowed to be used with Arn '{group_arn}'"
            raise denials.access_denied("logs", message)


def _granted(policy: ResourcePolicy, caller: Caller, action: str) -> bool:
    operation = action.partition(":")[2]
    return any(
        grantee in (caller.arn, caller.role_arn) and operation in operations for grantee, operations in policy.grants
    )


def _is_arn(resource: str) -> bool:
    # a request may name anything; the service says what is wrong with it
    return resource.startswith("arn:") and resource.count(":") >= 5


def _account_of(resource: str) -> str:
    if resource == ANY_RESOURCE or not _is_arn(resource):
        return ""
    account = resource.split(":", 5)[4]
    return account if account.isdigit() else ""


def _timeless(grants: Grants) -> bool:
    policies = (*grants.identity, *((grants.boundary,) if grants.boundary else ()))
    dated = {"aws:currenttime", "aws:epochtime"}
    return not any(
        condition.key in dated
        for policy in policies
        for statement in policy.statements
        for condition in statement.conditions
    )


def _moment() -> dict[str, str]:
    now = time.time()
    stamp = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"aws:currenttime": stamp, "aws:epochtime": str(int(now))}
