import re

import pytest
from botocore.model import Shape

from constructs_lib.checks.service_model import operation, pattern, service
from constructs_lib.checks.shapes import RequestCheck, describe
from constructs_lib.checks.wording import did_you_mean, options, shown
from tests.constructs_lib.samples import NUMBER_TOKEN, TOKEN


def test_models_are_read_once() -> None:
    assert service("sagemaker") is service("sagemaker")
    assert operation("sagemaker", "CreateModel") is operation("sagemaker", "CreateModel")


def test_patterns_of_the_model_that_python_cannot_hold_are_few() -> None:
    texts = {
        shape["pattern"] for shape in service("sagemaker")._shape_resolver._shape_map.values() if "pattern" in shape
    }
    refused = {text for text in texts if pattern(text) is None}

    assert len(texts) > 200
    assert len([text for text in texts if _fails(text)]) > len(refused)
    assert all("p{L}" in text or "uD7FF" in text for text in refused)
    assert len(refused) <= 3


def _fails(text: str) -> bool:
    try:
        re.compile(text)
    except re.error:
        return True
    return False


@pytest.mark.parametrize(
    ("text", "matching", "other"),
    [
        (r"([\p{L}\p{Z}\p{N}_.:/=+\-@]*)", ["Größe 1", "a:b/c=d+e-f@g", ""], ["a!b", "a#", "[x]"]),
        (r"[\p{L}\p{M}\p{Z}\p{S}\p{N}\p{P}]*", ["a b, c! (d) [e] $5", "日本"], ["a\tb", "\n"]),
        (r"arn:[\p{Alnum}\-]+:lambda:.*", ["arn:aws-cn:lambda:x"], ["arn:aws_cn:lambda:x"]),
        (r"[a-z]+", ["abc"], ["ABC"]),
    ],
)
def test_classes_of_characters_are_exact_in_ascii(text: str, matching: list[str], other: list[str]) -> None:
    compiled = pattern(text)
    assert compiled is not None
    assert all(compiled.fullmatch(found) for found in matching)
    assert not any(compiled.fullmatch(found) for found in other)


def test_an_unknown_class_of_characters_is_not_checked() -> None:
    assert pattern(r"[\p{Cyrillic}]") is None


def test_a_union_has_exactly_one_member() -> None:
    shape = operation("bedrock-runtime", "Converse").input_shape.members["system"].member
    assert shape.is_tagged_union
    both, one = RequestCheck(documents=frozenset()), RequestCheck(documents=frozenset())

    both.structure({}, shape, "system[0]")
    one.structure({"text": "hello"}, shape, "system[0]")

    assert both.problems == [("system[0]", f"got 0 members, expected exactly one of {', '.join(shape.members)}")]
    assert one.problems == []


def test_numbers_with_a_highest_value_only() -> None:
    shape = Shape("Share", {"type": "float", "max": 5})
    found = RequestCheck(documents=frozenset())
    for value in (5.5, 5, -1e9):
        found.value(value, shape, "share")
    assert found.problems == [("share", "got 5.5, expected at most 5")]
    assert describe(shape) == "a number"


def test_values_are_shown_short_and_by_what_they_are() -> None:
    assert shown("x" * 100) == "'" + "x" * 78 + "…"
    assert shown(TOKEN) == f"the text token '{TOKEN}'"
    assert shown(NUMBER_TOKEN) == "the number token -1.8881545897087e+289"


def test_options_are_all_of_a_few_or_the_nearest_of_many() -> None:
    many = [f"ml.m5.{size}large" for size in ("", "x", *map(str, range(20)))]
    assert options(["a", "b"], "c") == "a, b"
    assert options(many, "ml.m5.larg").startswith("one of 22 values, the nearest are ml.m5.large")
    assert options(many, 5) == "one of 22 values"
    assert did_you_mean("zzz", many) == ""
