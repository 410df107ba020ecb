from datetime import timedelta

import pytest

from mlops_cli.changes.cached_runs import duration_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PT12H", timedelta(hours=12)),
        ("P30D", timedelta(days=30)),
        ("P1Y2M3W4DT5H6M7S", timedelta(days=365.25 + 60.875 + 21 + 4, hours=5, minutes=6, seconds=7)),
        ("PT0S", timedelta()),
    ],
)
def test_a_duration_of_the_service(text: str, expected: timedelta) -> None:
    assert duration_of(text) == expected


@pytest.mark.parametrize("text", ["P", "PT", "P1DT", "12H", "P1H", ""])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match=f"^got '{text}', expected an ISO 8601 duration such as 'PT12H'$"):
        duration_of(text)
