"""How records are grouped into payloads and put together."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_aws.sagemaker.transform.records import RecordError, assemble, payloads, split


def test_lines_end_at_any_newline_and_the_whole_is_one_record() -> None:
    assert split(b"a\r\nb\n", "Line") == [b"a", b"b"]
    assert split(b"a\nb\n", "None") == [b"a\nb\n"]


@given(st.lists(st.binary(min_size=1, max_size=20), max_size=40), st.integers(20, 60))
def test_payloads_hold_every_record_in_order_and_keep_to_their_size(records: list[bytes], most: int) -> None:
    groups = list(payloads(records, many=True, most_bytes=most))
    assert [record for group in groups for record in group] == records
    assert all(len(b"\n".join(group)) <= most for group in groups)
    # no two neighbours would have fitted into one
    assert all(len(b"\n".join([*first, second[0]])) > most for first, second in itertools.pairwise(groups))


def test_no_limit_is_one_payload() -> None:
    assert list(payloads([b"a"] * 1000, many=True, most_bytes=0)) == [[b"a"] * 1000]


def test_a_record_that_never_fits() -> None:
    with pytest.raises(RecordError, match=r"a record of 3 bytes is larger than the payload may be \(2 bytes\)"):
        list(payloads([b"abc"], many=True, most_bytes=2))


def test_results_are_joined_as_they_are_or_in_lines() -> None:
    assert assemble([b"a\n", b"b"], by_line=False) == b"a\nb"
    assert assemble([b"a\n", b"b"], by_line=True) == b"a\nb\n"
