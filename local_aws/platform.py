"""What every service of the local AWS stands on: its address, its clients, credentials, processes and events."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import boto3
from attrs import define, field, frozen
from botocore.config import Config

from local_aws.alarm_clock import MovableTime
from local_aws.gateway.context import DEFAULT_ACCOUNT
from local_aws.processes import Supervisor
from local_aws.service_models import shared_session

T = TypeVar("T")
_log = logging.getLogger(__name__)

SERVICE_ACCESS_KEY = "LOCALAWSSERVICE"
"""The key with which the services themselves call each other; the gateway maps it to the account's root."""


@frozen(kw_only=True)
class Credentials:
    """Keys for AWS calls; `session_token` is None for long-lived keys."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)

    def environment(self) -> dict[str, str]:
        """The variables that AWS SDKs read."""
        variables = {
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
        }
        if self.session_token is not None:
            variables["AWS_SESSION_TOKEN"] = self.session_token
        return variables


SOURCE_ARN_HEADER = "x-amz-source-arn"
SOURCE_ACCOUNT_HEADER = "x-amz-source-account"

_CLIENTS_KEPT = 512

SERVICE_CREDENTIALS = Credentials(access_key_id=SERVICE_ACCESS_KEY, secret_access_key="local")  # noqa: S106


class WorkerPool(ThreadPoolExecutor):
    """Threads for work whose result nobody awaits: what it raises is logged, never lost."""

    def submit(self, work: Callable[..., T], /, *arguments: Any, **named: Any) -> Future[T]:
        """Runs `work` on a thread."""
        future = super().submit(work, *arguments, **named)
        future.add_done_callback(_log_failure)
        return future


def _log_failure(future: Future[Any]) -> None:
    if not future.cancelled() and (error := future.exception()) is not None:
        _log.error("work in the background failed", exc_info=error)


@define(kw_only=True, eq=False)
class Platform:
    """The ground that services share. Made once by the server, handed to each service.

    Attributes:
        endpoint_url: ``http://127.0.0.1:PORT`` of this local AWS.
        state_dir: folder for jobs, images and code; removed when the server stops, but for `cache_dir`.
        cache_dir: folder for what is worth keeping between servers (container environments by content).
        processes: starts children that end with the server.
        workers: threads for work that outlives its request (jobs, executions, deliveries).
        time: as schedules see it; a test may move it ahead.
        stopping: whether the server is about to end: what still runs then may find nobody who answers.
    """

    endpoint_url: str
    state_dir: Path
    cache_dir: Path
    workers: WorkerPool = field(factory=lambda: WorkerPool(256, thread_name_prefix="work"))
    processes: Supervisor = field(factory=Supervisor)
    time: MovableTime = field(factory=MovableTime)
    stopping: bool = field(default=False, init=False)
    _event_sinks: list[Callable[[str, str, dict[str, Any]], None]] = field(factory=list)
    _stoppers: list[Callable[[], None]] = field(factory=list)
    _session: Any = field(factory=lambda: boto3.session.Session(botocore_session=shared_session()))
    _clients: dict[tuple[str | None, ...], Any] = field(factory=dict)
    _lock: threading.RLock = field(factory=threading.RLock)

    def client(
        self,
        service: str,
        *,
        region: str,
        credentials: Credentials = SERVICE_CREDENTIALS,
        source_arn: str | None = None,
        source_account: str | None = None,
    ) -> Any:
        """A boto3 client against this local AWS; IAM decides what its credentials may do.

        Args:
            service: botocore's name of it, such as ``sagemaker-runtime``.
            region: such as ``us-east-1``.
            credentials: a role's session, a service's (`service_credentials`). Default: the account's root.
            source_arn: the resource for which a service calls (an EventBridge rule, an SNS topic), sent in the
                headers `SOURCE_ARN_HEADER` and `SOURCE_ACCOUNT_HEADER`: policies read them as ``aws:SourceArn``
                and ``aws:SourceAccount``.
            source_account: where its ARN does not tell, as a bucket's. Default: the account of `source_arn`.
        """
        key = (service, region, credentials.access_key_id, source_arn, source_account)
        with self._lock:
            if key not in self._clients:
                if len(self._clients) >= _CLIENTS_KEPT:
                    del self._clients[next(iter(self._clients))]
                # one session: it has read the services' models, so a client for new credentials costs 2 ms, not 50
                self._clients[key] = self._session.client(
                    service,
                    region_name=region,
                    endpoint_url=self.endpoint_url,
                    aws_access_key_id=credentials.access_key_id,
                    aws_secret_access_key=credentials.secret_access_key,
                    aws_session_token=credentials.session_token,
                    config=Config(
                        retries={"total_max_attempts": 1},
                        proxies={},  # no proxy that the machine's environment names knows this address
                        s3={"addressing_style": "path"},
                        # StartSyncExecution and others would go to sync-127.0.0.1
                        inject_host_prefix=False,
                        max_pool_connections=50,
                        read_timeout=900,
                        parameter_validation=False,
                    ),
                )
                if source_arn is not None:
                    account = source_account or source_arn.split(":")[4]
                    headers = {SOURCE_ARN_HEADER: source_arn, SOURCE_ACCOUNT_HEADER: account}
                    self._clients[key].meta.events.register("before-call", partial(_add_headers, headers))
            return self._clients[key]

    def assume(
        self, role_arn: str, *, session: str, service_principal: str, source_arn: str | None = None
    ) -> Credentials:
        """Credentials of a role, as a service gets them for a job, a function or an execution.

        Args:
            role_arn: the role to assume.
            session: the session's name, seen in ARNs of the caller.
            service_principal: such as ``sagemaker.amazonaws.com``; the role's trust policy must name it.
            source_arn: the resource for which the service assumes the role, which a trust policy may ask for
                (``aws:SourceArn``). Default: not told; such a condition counts as met.

        Raises:
            botocore.exceptions.ClientError: ``AccessDenied`` where the role does not exist or does not trust
                the service.
        """
        credentials = service_credentials(service_principal)
        sts = self.client("sts", region="us-east-1", credentials=credentials, source_arn=source_arn)
        keys = sts.assume_role(RoleArn=role_arn, RoleSessionName=session[:64])["Credentials"]
        return Credentials(
            access_key_id=keys["AccessKeyId"],
            secret_access_key=keys["SecretAccessKey"],
            session_token=keys["SessionToken"],
        )

    def on_event(self, sink: Callable[[str, str, dict[str, Any]], None]) -> None:
        """Registers who receives `emit`: the EventBridge service, at start-up."""
        self._event_sinks.append(sink)

    def emit(
        self,
        *,
        account: str = DEFAULT_ACCOUNT,
        region: str,
        source: str,
        detail_type: str,
        detail: dict[str, Any],
        resources: list[str],
    ) -> None:
        """Sends an event of an AWS service to the account's default event bus; returns at once."""
        event = {"source": source, "detail-type": detail_type, "detail": detail, "resources": resources}
        for sink in self._event_sinks:
            sink(account, region, event)

    def on_stop(self, stop: Callable[[], None]) -> None:
        """Registers what must end before the server does: processes, threads, servers."""
        self._stoppers.append(stop)

    def stop(self) -> None:
        """Ends all that was registered, last registered first, then every process that is left."""
        self.stopping = True
        for stopper in reversed(self._stoppers):
            stopper()
        self.processes.stop()
        self.workers.shutdown(wait=False, cancel_futures=True)


def service_credentials(service_principal: str) -> Credentials:
    """Keys by which the gateway knows that an AWS service asks: ``LOCALAWSSERVICE:sagemaker.amazonaws.com``.

    What the service may do with them is for the resource policies that name the service principal.
    """
    return Credentials(access_key_id=f"{SERVICE_ACCESS_KEY}:{service_principal}", secret_access_key="local")  # noqa: S106


def _add_headers(headers: dict[str, str], params: dict[str, Any], **_: Any) -> None:
    params["headers"].update(headers)
