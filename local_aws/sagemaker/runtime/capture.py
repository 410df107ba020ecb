"""Data capture: requests and answers of an endpoint as JSON lines in S3, written behind the requests' backs."""

import base64
import json
import random
import threading
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from attrs import define, field, frozen
from botocore.exceptions import BotoCoreError, ClientError

from local_aws.gateway.errors import AwsError
from local_aws.platform import Platform
from local_aws.sagemaker.roles import assume_execution_role
from local_aws.sagemaker.s3_locations import S3Location

_FLUSH_RECORDS = 1000
_CREDENTIALS_FRESH_SECONDS = 1800


@frozen
class Exchange:
    """One request and its answer, as they travelled.

    Attributes:
        variant: that answered.
        moment: of the request, in seconds since 1970.
        content_type: of the request.
        body: of the request.
        answer_type: content type of the answer.
        answer: body of the answer.
        inference_id: that the caller gave.
        custom_attributes: that the caller gave.
    """

    variant: str
    moment: float
    content_type: str
    body: bytes
    answer_type: str
    answer: bytes
    inference_id: str | None
    custom_attributes: str | None


@define(eq=False, kw_only=True)
class DataCapture:
    """Collects exchanges of one endpoint and writes them in batches with the role of its model.

    Args:
        platform: the local AWS.
        endpoint_name: part of the objects' keys.
        region: of the endpoint.
        role_arn: with whose rights the objects are written.
        config: DataCaptureConfig of the configuration.
        flush_seconds: the longest that an exchange waits.
        report: takes lines for the endpoint's log.
    """

    platform: Platform
    endpoint_name: str
    region: str
    role_arn: str
    config: dict[str, Any]
    flush_seconds: float
    report: Callable[[str], None]
    _waiting: list[Exchange] = field(factory=list)
    _due: threading.Event = field(factory=threading.Event)
    _closed: bool = False
    _thread: threading.Thread | None = None
    _lock: threading.Lock = field(factory=threading.Lock)
    _s3: Any = None
    _s3_until: float = 0.0

    def wanted(self) -> bool:
        """Whether the sampling takes this request."""
        percentage: int = self.config["InitialSamplingPercentage"]
        return percentage == 100 or random.random() * 100 < percentage  # noqa: S311 - sampling needs no secrecy

    def add(self, exchange: Exchange) -> None:
        """Takes an exchange; costs the request an append."""
        with self._lock:
            self._waiting.append(exchange)
            if self._thread is None:
                self._thread = threading.Thread(target=self._write_on, name="data capture", daemon=True)
                self._thread.start()
            if len(self._waiting) >= _FLUSH_RECORDS:
                self._due.set()

    def close(self) -> None:
        """Writes what is left."""
        with self._lock:
            self._closed = True
            thread = self._thread
        self._due.set()
        if thread is not None:
            thread.join()

    def _write_on(self) -> None:
        while True:
            if not self._closed:
                self._due.wait(self.flush_seconds)
                self._due.clear()
            with self._lock:
                batch, self._waiting = self._waiting, []
                if not batch:
                    self._thread = None  # the next exchange starts another
                    return
            for variant in {exchange.variant for exchange in batch}:
                self._write(variant, [exchange for exchange in batch if exchange.variant == variant])

    def _write(self, variant: str, batch: list[Exchange]) -> None:
        moment = datetime.fromtimestamp(batch[0].moment, UTC)
        folder = S3Location.parse(self.config["DestinationS3Uri"]).join(
            self.endpoint_name, variant, f"{moment:%Y/%m/%d/%H}"
        )
        name = f"{moment:%M-%S}-{moment.microsecond // 1000:03d}-{uuid.uuid4()}.jsonl"
        lines = "".join(json.dumps(self._record(exchange), ensure_ascii=False) + "\n" for exchange in batch)
        extra = {}
        if key := self.config.get("KmsKeyId"):
            extra = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}
        target = folder.join(name)
        try:
            self._client().put_object(
                Bucket=target.bucket, Key=target.key, Body=lines.encode(), ContentType="application/json", **extra
            )
        except (ClientError, BotoCoreError, AwsError) as error:
            self.report(f"local AWS: {len(batch)} captured requests were lost: {target.uri}: {error}")

    def _client(self) -> Any:
        if time.monotonic() > self._s3_until:
            credentials = assume_execution_role(self.platform, self.role_arn)
            self._s3 = self.platform.client("s3", region=self.region, credentials=credentials)
            self._s3_until = time.monotonic() + _CREDENTIALS_FRESH_SECONDS
        return self._s3

    def _record(self, exchange: Exchange) -> dict[str, Any]:
        captured = {}
        modes = {option["CaptureMode"] for option in self.config["CaptureOptions"]}
        if modes & {"Input", "InputAndOutput"}:
            captured["endpointInput"] = self._side("INPUT", exchange.content_type, exchange.body)
        if modes & {"Output", "InputAndOutput"}:
            captured["endpointOutput"] = self._side("OUTPUT", exchange.answer_type, exchange.answer)
        metadata: dict[str, Any] = {"eventId": str(uuid.uuid4())}
        if exchange.custom_attributes is not None:
            metadata["customAttributes"] = [exchange.custom_attributes]
        if exchange.inference_id is not None:
            metadata["inferenceId"] = exchange.inference_id
        metadata["inferenceTime"] = f"{datetime.fromtimestamp(exchange.moment, UTC):%Y-%m-%dT%H:%M:%SZ}"
        return {"captureData": captured, "eventMetadata": metadata, "eventVersion": "0"}

    def _side(self, mode: str, content_type: str, body: bytes) -> dict[str, Any]:
        encoding = self._encoding(content_type)
        data = ""
        if encoding != "BASE64":
            try:
                data = body.decode()
            except UnicodeDecodeError:
                encoding = "BASE64"
        if encoding == "BASE64":
            data = base64.b64encode(body).decode()
        return {"observedContentType": content_type, "mode": mode, "data": data, "encoding": encoding}

    def _encoding(self, content_type: str) -> str:
        headers = self.config.get("CaptureContentTypeHeader", {})
        media_type = content_type.partition(";")[0].strip().lower()
        for encoding, member in (("CSV", "CsvContentTypes"), ("JSON", "JsonContentTypes")):
            if media_type in (listed.lower() for listed in headers.get(member, ())):
                return encoding
        return "BASE64"
