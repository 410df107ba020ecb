"""One instance of a transform job: containers that serve, and the objects that go through them."""

import gzip
import zlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from attrs import define, field

from local_aws.log_streams import LogStream
from local_aws.sagemaker.endpoints.host import ModelHost
from local_aws.sagemaker.transform.client import InvocationError, ModelClient
from local_aws.sagemaker.transform.records import Association, RecordError, assemble, payloads, split
from local_aws.sagemaker.transform.settings import Batching, association_of, invocation_of

_MB = 1 << 20


@define(eq=False, kw_only=True)
class TransformWorker:
    """Puts objects through one instance.

    Args:
        host: its containers.
        request: the CreateTransformJob request.
        data_log: of what happens to the data.
    """

    host: ModelHost
    request: dict[str, Any]
    data_log: LogStream
    _client: ModelClient = field(init=False)
    _association: Association = field(init=False)

    def __attrs_post_init__(self) -> None:
        names = [place.container.name for place in self.host.places]
        self._client = ModelClient(lambda: list(zip(names, self.host.ports, strict=True)), invocation_of(self.request))
        self._association = association_of(self.request)

    def batching(self) -> Batching:
        """How records are put into requests, the container's wishes included; told to the data log."""
        batching = Batching(self.request, self._client.parameters())
        self.data_log.write(f"[sagemaker logs]: {batching}")
        return batching

    def transform(self, content: bytes, batching: Batching) -> bytes:
        """What becomes of one object.

        Raises:
            RecordError: a record cannot be processed.
            InvocationError: the container refused a request, or failed.
        """
        given = self.request["TransformInput"]
        if given.get("CompressionType") == "Gzip":
            try:
                content = gzip.decompress(content)
            except (OSError, EOFError, zlib.error) as error:
                raise RecordError(f"not valid gzip: {error}") from error
        groups = list(
            payloads(
                split(content, given.get("SplitType", "None")),
                many=batching.many,
                most_bytes=batching.payload_mb * _MB,
            )
        )
        with ThreadPoolExecutor(batching.concurrent, thread_name_prefix="transform") as threads:
            futures = [threads.submit(self._send, group) for group in groups]
            try:
                results = [record for future in futures for record in future.result()]
            except (RecordError, InvocationError):
                threads.shutdown(wait=False, cancel_futures=True)
                raise
        return assemble(results, by_line=self.request["TransformOutput"].get("AssembleWith") == "Line")

    def stop(self) -> None:
        """Ends the containers."""
        self.host.stop()

    def close(self) -> None:
        """Hands over what is left of the data log."""
        self.data_log.close()

    def _send(self, group: list[bytes]) -> list[bytes]:
        answer = self._client.invoke(self._association.sent(group))
        return self._association.received(group, answer)
