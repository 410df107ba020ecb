"""Roles and users with given policies, and clients that act as them."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from attrs import define

from local_aws.platform import Credentials
from local_aws.server import LocalAws

_SESSION = boto3.session.Session()
ROOT = "arn:aws:iam::123456789012:root"


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: str | list[str], resource: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: str | list[str], resource: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def trusts(principal: dict[str, str] | str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal, **more}


@define
class Clients:
    """Makes clients of the local AWS with any keys."""

    local_aws: LocalAws

    def root(self, service: str, region: str = "us-east-1", key: str = "any") -> Any:
        return self._client(service, region, Credentials(access_key_id=key, secret_access_key="any"))

    def session(self, service: str, role_arn: str, **more: Any) -> Any:
        keys = self.root("sts").assume_role(RoleArn=role_arn, RoleSessionName="tester", **more)["Credentials"]
        return self.with_keys(service, keys)

    def with_keys(self, service: str, keys: dict[str, Any], region: str = "us-east-1") -> Any:
        credentials = Credentials(
            access_key_id=keys["AccessKeyId"],
            secret_access_key=keys["SecretAccessKey"],
            session_token=keys.get("SessionToken"),
        )
        return self._client(service, region, credentials)

    def _client(self, service: str, region: str, credentials: Credentials) -> Any:
        return _SESSION.client(
            service,
            region_name=region,
            endpoint_url=self.local_aws.platform.endpoint_url,
            aws_access_key_id=credentials.access_key_id,
            aws_secret_access_key=credentials.secret_access_key,
            aws_session_token=credentials.session_token,
        )


@pytest.fixture
def clients(local_aws: LocalAws) -> Clients:
    return Clients(local_aws)


@pytest.fixture
def make_role(clients: Clients) -> Callable[..., str]:
    """Makes a role that the account may assume, with the given statements; gives its ARN."""

    def make(*statements: dict[str, Any], trust: str | None = None, **more: Any) -> str:
        iam = clients.root("iam")
        name = f"role-{uuid.uuid4().hex[:12]}"
        trust = trust or document(trusts({"AWS": ROOT}))
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust, **more)["Role"]
        if statements:
            iam.put_role_policy(RoleName=name, PolicyName="inline", PolicyDocument=document(*statements))
        return str(role["Arn"])

    return make


@pytest.fixture
def bucket(clients: Clients) -> str:
    name = f"bucket-{uuid.uuid4().hex[:12]}"
    clients.root("s3").create_bucket(Bucket=name)
    return name
