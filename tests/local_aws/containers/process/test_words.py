"""Words of a Dockerfile's instructions."""

import pytest

from local_aws.containers.process import words

VARIABLES = {"NAME": "model", "EMPTY": "", "PATH": "/bin"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/opt/$NAME", "/opt/model"),
        ("/opt/${NAME}s", "/opt/models"),
        ("$UNSET/x", "/x"),
        ("${UNSET:-fallback}", "fallback"),
        ("${EMPTY:-fallback}", "fallback"),
        ("${EMPTY-fallback}", ""),
        ("${NAME:+set}", "set"),
        ("${UNSET:+set}", ""),
        ("${UNSET:-${NAME}-x}", "model-x"),
        (r"\$NAME", "$NAME"),
        ("'$NAME'", "$NAME"),
        ('"$NAME here"', "model here"),
        (r'"a\"b"', 'a"b'),
        ("a b", "a b"),
        ("5$", "5$"),
        ("$1", "$1"),
    ],
)
def test_expand(text: str, expected: str) -> None:
    assert words.expand(text, VARIABLES) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("'open", "a ' is not closed"),
        ('"open', 'a " is not closed'),
        ("${NAME", "is not closed"),
        ("${}", "bad substitution"),
        ("${NAME%x}", "bad substitution"),
        ("${UNSET:?give it}", "UNSET: give it"),
    ],
)
def test_malformed(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message.replace("?", r"\?")):
        words.expand(text, VARIABLES)


def test_split_at_blanks_outside_of_quotes() -> None:
    assert words.split(r'a "b c" d\ e  $NAME', VARIABLES) == ["a", "b c", "d e", "model"]


def test_another_escape_character() -> None:
    assert words.expand(r"C:\x`$NAME", VARIABLES, "`") == r"C:\x$NAME"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('A=1 B="two words" C=$NAME', {"A": "1", "B": "two words", "C": "model"}),
        ("PATH=/x:$PATH", {"PATH": "/x:/bin"}),
        ("OLD the whole rest", {"OLD": "the whole rest"}),
    ],
)
def test_pairs(text: str, expected: dict[str, str]) -> None:
    assert words.pairs(text, VARIABLES) == expected


def test_pairs_that_are_none() -> None:
    with pytest.raises(ValueError, match="must have two arguments"):
        words.pairs("ALONE", {})
    with pytest.raises(ValueError, match="can't find = in 'B'"):
        words.pairs("A=1 B", {})
