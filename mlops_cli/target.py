"""Which AWS a command speaks to: the local one, or the account in use. Nothing but the endpoint differs."""

import os
from typing import Any

from attrs import define, field

from mlops_cli.errors import UNAVAILABLE, CliError
from mlops_cli.project import CDK_HOME

LOCAL_REGION = "us-east-1"


@define(kw_only=True)
class Target:
    """An AWS to speak to.

    Attributes:
        endpoint_url: of the local AWS; None for AWS itself.
        poll_seconds: how often a running execution is looked at.
    """

    endpoint_url: str | None
    _clients: dict[str, Any] = field(factory=dict)

    @property
    def is_local(self) -> bool:
        """Whether this is a local AWS."""
        return self.endpoint_url is not None

    @property
    def poll_seconds(self) -> float:
        """How often a running execution is looked at: AWS throttles, the local AWS does not."""
        return 0.2 if self.is_local else 2.0

    @property
    def region(self) -> str:
        """The region in use."""
        # boto3 alone does not read AWS_REGION, which the CDK command line and the other SDKs take first
        named = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
        if named:
            return named
        if self.is_local:
            return LOCAL_REGION
        import boto3  # start-up of commands that need no AWS stays short

        region = boto3.session.Session().region_name
        if region is None:
            raise CliError("no AWS region is set", hint="set AWS_REGION, or `aws configure`", exit_code=UNAVAILABLE)
        return str(region)

    def variables(self) -> dict[str, str]:
        """The environment variables by which any AWS client reaches this AWS; empty for AWS itself."""
        if self.endpoint_url is None:
            return {}
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            # an address without a host name makes SDKs put the bucket into the path
            "AWS_ENDPOINT_URL_S3": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_EC2_METADATA_DISABLED": "true",
            # an address takes no prefix such as `sync-`
            "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
            # the CDK command line remembers which account a key belongs to
            "CDK_HOME": str(CDK_HOME),
            **_past_proxies(),
        }

    def environment(self) -> dict[str, str]:
        """This process's environment with `variables`, for a child process."""
        if not self.is_local:
            return dict(os.environ)
        inherited = {k: v for k, v in os.environ.items() if k not in ("AWS_PROFILE", "AWS_SESSION_TOKEN")}
        return {**inherited, **self.variables()}

    def client(self, service: str) -> Any:
        """A boto3 client of this AWS."""
        if service not in self._clients:
            import boto3  # see region
            from botocore.config import Config

            options: dict[str, Any] = {"region_name": self.region}
            if self.endpoint_url is not None:
                options |= {
                    "endpoint_url": self.endpoint_url,
                    "aws_access_key_id": "local",
                    "aws_secret_access_key": "local",
                    "config": Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 2}, proxies={}),
                }
            self._clients[service] = boto3.session.Session().client(service, **options)
        return self._clients[service]


def _past_proxies() -> dict[str, str]:
    """What keeps clients from asking a proxy for the local AWS, where the environment names one."""
    if not any(os.environ.get(name) for kind in ("http", "all") for name in (f"{kind}_proxy", f"{kind}_proxy".upper())):
        return {}
    excepted = os.environ.get("no_proxy") or os.environ.get("NO_PROXY")
    value = f"{excepted},127.0.0.1" if excepted else "127.0.0.1"
    return {"no_proxy": value, "NO_PROXY": value}


def choose_target(*, aws: bool) -> Target:
    """The AWS that a command's options mean.

    Args:
        aws: whether ``--aws`` was given; otherwise the running local AWS is meant.

    Raises:
        CliError: the local AWS is meant and does not run.
    """
    if aws:
        return Target(endpoint_url=None)
    from mlops_cli.local_server import running_server  # imports this module

    server = running_server()
    if server is None:
        raise CliError(
            "the local AWS is not running",
            hint="start it with `./mlops local up`, or add --aws to use the account in use",
            exit_code=UNAVAILABLE,
        )
    return Target(endpoint_url=server.endpoint_url)
