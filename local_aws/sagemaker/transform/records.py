"""Records of a transform job: objects split into them, put into payloads, and put together again."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from attrs import field, frozen

from local_aws.sagemaker.transform.filters import FilterError, RecordFilter
from local_aws.sagemaker.transform.tables import read_rows, write_row


class RecordError(Exception):
    """A record cannot be processed; the message is for the job's data log."""


def split(content: bytes, split_type: str) -> list[bytes]:
    """The records of an object: its lines, or the whole."""
    return content.splitlines() if split_type == "Line" else [content]


def payloads(records: Iterable[bytes], *, many: bool, most_bytes: int) -> Iterator[list[bytes]]:
    """Records in groups that are sent together.

    Args:
        records: of an object.
        many: whether as many as fit go together (MultiRecord). Default: each goes alone.
        most_bytes: of a payload; 0 for any number.

    Raises:
        RecordError: one record is larger than that.
    """
    group: list[bytes] = []
    size = 0
    for record in records:
        if most_bytes and len(record) > most_bytes:
            raise RecordError(f"a record of {len(record)} bytes is larger than the payload may be ({most_bytes} bytes)")
        # one more byte for the newline between records
        if group and (not many or (most_bytes and size + 1 + len(record) > most_bytes)):
            yield group
            group, size = [], 0
        size += len(record) + (1 if group else 0)
        group.append(record)
    if group:
        yield group


def assemble(records: Iterable[bytes], *, by_line: bool) -> bytes:
    """The content of an .out object: results one after the other, or each in lines of its own."""
    if not by_line:
        return b"".join(records)
    return b"".join(record.removesuffix(b"\n") + b"\n" for record in records)


@frozen(kw_only=True)
class Association:
    """Filters records, and joins results with what they were made from.

    Args:
        input_filter: what of a record goes to the model.
        output_filter: what of the result, or of the join, is kept.
        join: whether the input is joined with its result.
        content_type: of the input.
        accept: of the result.
        by_line: whether a payload has a record in each line.
    """

    input_filter: RecordFilter = field(factory=RecordFilter)
    output_filter: RecordFilter = field(factory=RecordFilter)
    join: bool = False
    content_type: str = ""
    accept: str = ""
    by_line: bool = False

    def sent(self, payload: list[bytes]) -> bytes:
        """The body of a request for a payload.

        Raises:
            RecordError: a record cannot be read, or lacks what the filter selects.
        """
        if self.input_filter.is_everything:
            return b"\n".join(payload)
        try:
            filtered = [
                self._written(self.input_filter.of(record), self.content_type) for record in self._read_all(payload)
            ]
        except FilterError as error:
            raise RecordError(f"InputFilter {self.input_filter.text}: {error}") from error
        return b"\n".join(filtered)

    def received(self, payload: list[bytes], answer: bytes) -> list[bytes]:
        """The records of an answer, joined and filtered.

        Raises:
            RecordError: the answer cannot be read, or has another number of records than the payload.
        """
        if not self.join and self.output_filter.is_everything:
            return [answer]
        results = self._read(answer, self.accept)
        if self.join:
            inputs = self._read_all(payload)
            if len(inputs) != len(results):
                raise RecordError(
                    f"the model gave {len(results)} results for {len(inputs)} records: they cannot be joined"
                )
            results = [self._joined(record, result) for record, result in zip(inputs, results, strict=True)]
        try:
            return [self._written(self.output_filter.of(result), self.accept) for result in results]
        except FilterError as error:
            raise RecordError(f"OutputFilter {self.output_filter.text}: {error}") from error

    def _read_all(self, payload: list[bytes]) -> list[Any]:
        return [record for part in payload for record in self._read(part, self.content_type)]

    def _read(self, content: bytes, kind: str) -> list[Any]:
        try:
            text = content.decode()
            if _is_csv(kind):
                return read_rows(text)
            if self.by_line or "jsonlines" in kind:
                return [json.loads(line) for line in text.splitlines() if line.strip()]
            return [json.loads(text)]
        except ValueError as error:
            raise RecordError(f"not valid {kind}: {error}") from error

    def _joined(self, record: Any, result: Any) -> Any:
        if _is_csv(self.content_type):
            return record + result
        if isinstance(record, dict):
            return record | {"SageMakerOutput": result}
        return {"SageMakerInput": record, "SageMakerOutput": result}

    def _written(self, value: Any, kind: str) -> bytes:
        if _is_csv(kind):
            return write_row(value if isinstance(value, list) else [value]).encode()
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def _is_csv(kind: str) -> bool:
    return kind.partition(";")[0].strip() == "text/csv"
