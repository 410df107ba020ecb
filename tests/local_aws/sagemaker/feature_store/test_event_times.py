import pytest

from local_aws.sagemaker.feature_store.event_times import iso_text, iso_time, moment_of, ttl_nanoseconds, unix_time

SECOND = 10**9


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("1970-01-01T00:00:01Z", SECOND),
        ("1970-01-01T00:00:01.250Z", SECOND + 250_000_000),
        ("1970-01-01T00:00:01.000000007Z", SECOND + 7),
        ("1969-12-31T23:59:59.500Z", -SECOND // 2),
    ],
)
def test_iso_times_are_exact_to_the_nanosecond(text: str, nanoseconds: int) -> None:
    assert iso_time(text) == nanoseconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-01-02",
        "2026-01-02T03:04:05",
        "2026-01-02T03:04:05+01:00",
        "2026-01-02T03:04:05.1Z",
        "1767323045",
    ],
)
def test_other_forms_of_time_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected an ISO-8601 time as yyyy-MM-dd'T'HH:mm:ssZ, "):
        iso_time(text)


def test_a_day_that_no_calendar_has_is_refused() -> None:
    with pytest.raises(ValueError, match="day is out of range for month"):
        iso_time("2026-02-30T00:00:00Z")


@pytest.mark.parametrize(
    ("text", "nanoseconds"), [("0", 0), ("1.5", 3 * SECOND // 2), ("1767323045.000000001", 1767323045 * SECOND + 1)]
)
def test_unix_seconds_are_exact_to_the_nanosecond(text: str, nanoseconds: int) -> None:
    assert unix_time(text) == nanoseconds


@pytest.mark.parametrize("text", ["", "NaN", "Infinity", "noon", "1e30"])
def test_numbers_that_are_no_moment_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected Unix seconds"):
        unix_time(text)


def test_durations_and_texts() -> None:
    assert ttl_nanoseconds({"Unit": "Weeks", "Value": 2}) == 14 * 86400 * SECOND
    assert iso_text(iso_time("2026-03-04T12:00:00.250Z")) == "2026-03-04T12:00:00.250Z"
    assert moment_of(iso_time("2026-03-04T12:00:00Z")).hour == 12


def test_an_expiration_beyond_all_calendars_is_told_as_their_end() -> None:
    assert iso_text(10**30).startswith("9999-12-31T23:59:59")
