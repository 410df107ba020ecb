import pytest

from constructs_lib.rendering.diagrams.run import duration


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0.0 s"),
        (2.74, "2.7 s"),
        (59.96, "1 min 00 s"),
        (125, "2 min 05 s"),
        (3599, "59 min 59 s"),
        (3600, "1 h 00 min"),
        (100_000, "27 h 47 min"),
    ],
)
def test_durations_are_told_in_few_words(seconds: float, words: str) -> None:
    assert duration(seconds) == words
