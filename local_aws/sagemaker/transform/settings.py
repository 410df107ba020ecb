"""How the records of one transform job are handled, from its request and the container's wishes."""

from typing import Any

from attrs import field, frozen

from local_aws.sagemaker.transform.client import Invocation
from local_aws.sagemaker.transform.filters import RecordFilter
from local_aws.sagemaker.transform.records import Association
from local_aws.sagemaker.transform.request_rules import DEFAULT_PAYLOAD_MB

_DEFAULT_TIMEOUT_SECONDS = 600
_DEFAULT_RETRIES = 3


@frozen
class Batching:
    """How records are put into requests.

    Args:
        request: the CreateTransformJob request.
        wished: what the container says on ``GET /execution-parameters``; the request counts more.
    """

    _request: dict[str, Any]
    _wished: dict[str, Any] = field(factory=dict)

    @property
    def concurrent(self) -> int:
        """Requests to one container at a time."""
        return max(
            1, int(self._request.get("MaxConcurrentTransforms") or self._wished.get("MaxConcurrentTransforms", 1))
        )

    @property
    def payload_mb(self) -> int:
        """The most that a request carries, in MB; 0 for any size."""
        return int(self._request.get("MaxPayloadInMB", self._wished.get("MaxPayloadInMB", DEFAULT_PAYLOAD_MB)))

    @property
    def many(self) -> bool:
        """Whether as many records as fit are sent together."""
        return self.strategy == "MULTI_RECORD"

    @property
    def strategy(self) -> str:
        """``MULTI_RECORD`` or ``SINGLE_RECORD``, as containers and logs name it."""
        if strategy := self._request.get("BatchStrategy"):
            return {"MultiRecord": "MULTI_RECORD", "SingleRecord": "SINGLE_RECORD"}[strategy]
        return str(self._wished.get("BatchStrategy", "MULTI_RECORD"))

    def __str__(self) -> str:
        """As the first line of a data log."""
        return (
            f"MaxConcurrentTransforms={self.concurrent}, MaxPayloadInMB={self.payload_mb}, "
            f"BatchStrategy={self.strategy}"
        )

    def environment(self) -> dict[str, str]:
        """What the container learns of it."""
        return {
            "SAGEMAKER_BATCH": "true",
            "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS": str(self.concurrent),
            "SAGEMAKER_MAX_PAYLOAD_IN_MB": str(self.payload_mb),
            "SAGEMAKER_BATCH_STRATEGY": self.strategy,
        }


def association_of(request: dict[str, Any]) -> Association:
    """How a request wants records filtered and joined."""
    processing = request.get("DataProcessing", {})
    return Association(
        input_filter=RecordFilter(processing.get("InputFilter", "$")),
        output_filter=RecordFilter(processing.get("OutputFilter", "$")),
        join=processing.get("JoinSource") == "Input",
        content_type=request["TransformInput"].get("ContentType", ""),
        accept=request["TransformOutput"].get("Accept", ""),
        by_line=request["TransformInput"].get("SplitType") == "Line",
    )


def invocation_of(request: dict[str, Any]) -> Invocation:
    """How a request wants records sent."""
    client = request.get("ModelClientConfig", {})
    return Invocation(
        content_type=request["TransformInput"].get("ContentType", ""),
        accept=request["TransformOutput"].get("Accept", ""),
        timeout_seconds=client.get("InvocationsTimeoutInSeconds", _DEFAULT_TIMEOUT_SECONDS),
        attempts=1 + client.get("InvocationsMaxRetries", _DEFAULT_RETRIES),
    )
