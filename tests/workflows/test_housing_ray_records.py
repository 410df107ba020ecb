"""The writer of `housing-ray`: every record is accepted, whatever puts it off, or the job learns which was not."""

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from attrs import define, field
from botocore.exceptions import ClientError, EndpointConnectionError

from tests.workflows.housing_ray import GROUP, REGION, STORE, container_module, running_account

records = container_module("prices.records")
feature_group = container_module("prices.feature_group")

Entry = dict[str, Any]
Answer = dict[str, Any]
THROTTLED = ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow down"}}, "BatchWriteRecord")
DENIED = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "not allowed"}}, "BatchWriteRecord")
GONE = EndpointConnectionError(endpoint_url="https://featurestore")


def record(number: int) -> list[dict[str, str]]:
    return [{"FeatureName": "record_id", "ValueAsString": f"r{number}"}]


def name_of(entry: Entry) -> str:
    return str(entry["Record"][0]["ValueAsString"])


def refusal(entry: Entry, code: str) -> dict[str, Any]:
    return {"Entry": entry, "ErrorCode": code, "ErrorMessage": f"{code} it is"}


@define
class Store:
    """In the place of the feature store: answers as it is told to, and knows what it has accepted.

    Args:
        answer: of a request, by how often its first record came before.
    """

    answer: Callable[[int, list[Entry]], Answer] = lambda _attempt, _entries: {}
    accepted: Counter[str] = field(factory=Counter)
    sizes: list[int] = field(factory=list)
    _attempts: Counter[str] = field(factory=Counter)
    _lock: Any = field(factory=threading.Lock)

    def batch_write_record(self, *, Entries: list[Entry]) -> Answer:  # noqa: N803 - the service's own name
        with self._lock:
            assert {entry["FeatureGroupName"] for entry in Entries} == {GROUP}
            self.sizes.append(len(Entries))
            first = name_of(Entries[0])
            self._attempts[first] += 1
            answer = self.answer(self._attempts[first] - 1, Entries)
            refused = [entry["Entry"] for entry in answer.get("Errors", ())]
            left = {name_of(entry) for entry in (*refused, *answer.get("UnprocessedEntries", ()))}
            self.accepted.update(name for entry in Entries if (name := name_of(entry)) not in left)
        return answer


def write(store: Store, count: int, pauses: list[float] | None = None) -> int:
    waited = [] if pauses is None else pauses
    writer = records.RecordWriter(store, GROUP, threads=4, pause=waited.append)
    try:
        accepted: int = writer.write(record(number) for number in range(count))
    finally:
        writer.close()
    return accepted


@pytest.mark.parametrize(("count", "sizes"), [(0, []), (1, [1]), (25, [25]), (60, [10, 25, 25])])
def test_records_go_in_batches_of_what_the_service_takes(count: int, sizes: list[int]) -> None:
    store = Store()
    assert write(store, count) == count
    assert sorted(store.sizes) == sizes
    assert store.accepted == Counter(f"r{number}" for number in range(count))


def fail_first(error: Exception) -> Callable[[int, list[Entry]], Answer]:
    def answer(attempt: int, _: list[Entry]) -> Answer:
        if not attempt:
            raise error
        return {}

    return answer


def leave_one(attempt: int, entries: list[Entry]) -> Answer:
    return {} if attempt else {"UnprocessedEntries": entries[:1]}


def put_off_one(attempt: int, entries: list[Entry]) -> Answer:
    return {} if attempt else {"Errors": [refusal(entries[0], "InternalFailure")]}


@pytest.mark.parametrize("answer", [fail_first(THROTTLED), fail_first(GONE), leave_one, put_off_one])
def test_what_is_put_off_is_written_again_and_nothing_twice(answer: Callable[[int, list[Entry]], Answer]) -> None:
    store = Store(answer)
    assert write(store, 60) == 60
    assert store.accepted == Counter(f"r{number}" for number in range(60))


def test_a_record_that_is_refused_fails_at_once_with_its_name_and_the_reason() -> None:
    pauses: list[float] = []
    with pytest.raises(
        records.RecordsLostError, match=f"feature group {GROUP} refused record r3: ValidationError: ValidationError it"
    ):
        write(Store(lambda _, entries: {"Errors": [refusal(entries[3], "ValidationError")]}), 25, pauses)
    assert pauses == []


def test_a_request_that_is_not_allowed_fails_at_once() -> None:
    pauses: list[float] = []
    with pytest.raises(ClientError, match="AccessDeniedException"):
        write(Store(fail_first(DENIED)), 25, pauses)
    assert pauses == []


def test_records_that_are_never_accepted_are_told_after_the_last_attempt() -> None:
    pauses: list[float] = []
    message = (
        f"feature group {GROUP}: 2 records were not accepted after 8 attempts, record r8 among them: "
        "ThrottlingException: ThrottlingException it is"
    )
    with pytest.raises(records.RecordsLostError, match=message):
        write(Store(put_off_r8_and_r9), 10, pauses)
    assert len(pauses) == 7
    for number, pause in enumerate(pauses):
        assert 0.1 * 2**number / 2 <= pause <= 0.1 * 2**number


def put_off_r8_and_r9(_: int, entries: list[Entry]) -> Answer:
    late = [entry for entry in entries if name_of(entry) in ("r8", "r9")]
    return {"Errors": [refusal(entry, "ThrottlingException") for entry in late]}


def test_what_the_client_lets_pass_the_store_refuses_by_name() -> None:
    """The client looks at no value: what is wrong with one is for the store to tell."""
    values = {"record_id": "house", "event_time": "2026-03-04T12:00:00Z", "LOT_ACRES": "much"}
    bad = [{"FeatureName": name, "ValueAsString": value} for name, value in values.items()]
    with running_account() as account:
        new = feature_group.NewGroup(STORE, account.role_arn)
        feature_group.FeatureGroup.prepare(account.client("sagemaker"), GROUP, new)
        client = records.runtime_client(
            connections=2,
            region_name=REGION,
            endpoint_url=account.platform.endpoint_url,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        writer = records.RecordWriter(client, GROUP, threads=2)
        with pytest.raises(
            records.RecordsLostError,
            match=f"feature group {GROUP} refused record house: .*feature LOT_ACRES: got 'much', expected Fractional",
        ):
            writer.write([bad])
        writer.close()
        client.close()
