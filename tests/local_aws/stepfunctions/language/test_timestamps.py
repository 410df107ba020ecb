"""RFC 3339 timestamps: https://states-language.net/#timestamps."""

import pytest

from local_aws.stepfunctions.language.timestamps import iso_timestamp, parse_timestamp


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2016-03-14T01:59:00Z", 1457920740),
        ("2016-03-14T01:59:00.500Z", 1457920740.5),
        ("2016-03-14T03:59:00+02:00", 1457920740),
        ("2016-03-14T01:59:00.123456789Z", 1457920740.123456),
    ],
)
def test_points_in_time(text: str, seconds: float) -> None:
    moment = parse_timestamp(text)
    assert moment is not None
    assert moment.timestamp() == seconds


@pytest.mark.parametrize(
    "text", ["2016-03-14t01:59:00Z", "2016-03-14 01:59:00Z", "2016-03-14T01:59:00", "2016-13-14T01:59:00Z", "", 5, None]
)
def test_what_is_none(text: object) -> None:
    assert parse_timestamp(text) is None


def test_written_with_milliseconds() -> None:
    assert iso_timestamp(1457920740.5) == "2016-03-14T01:59:00.500Z"
