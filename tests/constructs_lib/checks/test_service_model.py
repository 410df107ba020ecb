import re
import subprocess
import sys
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel, Shape

from constructs_lib.checks.service_model import is_known, operation, pattern, service
from constructs_lib.checks.shapes import RequestCheck, describe
from constructs_lib.checks.wording import did_you_mean, options, shown
from tests.constructs_lib.samples import NUMBER_TOKEN, TOKEN


def test_models_are_read_once() -> None:
    assert service("sagemaker") is service("sagemaker")
    assert operation("sagemaker", "CreateModel") is operation("sagemaker", "CreateModel")


@pytest.mark.parametrize(
    ("service_name", "operation_name"),
    [
        ("sagemaker", "CreateTrainingJob"),
        ("sagemaker", "DescribeProcessingJob"),
        ("sagemaker", "DeleteModel"),
        ("bedrock", "CreateModelCustomizationJob"),
        ("emr", "AddJobFlowSteps"),
        ("lambda", "Invoke"),
    ],
)
def test_operations_are_as_botocore_reads_them(service_name: str, operation_name: str) -> None:
    model = ServiceModel(Loader().load_service_model(service_name, "service-2"), service_name)
    ours, theirs = operation(service_name, operation_name), model.operation_model(operation_name)

    assert is_known(service_name, operation_name)
    assert _described(ours.input_shape, ()) == _described(theirs.input_shape, ())
    assert _described(ours.output_shape, ()) == _described(theirs.output_shape, ())


def test_what_botocore_does_not_know_is_not_known() -> None:
    assert not is_known("sagemaker", "CreateTrainingJobs")
    assert not is_known("../data/sagemaker", "CreateTrainingJob")
    assert is_known("states", "StartExecution")


def test_requests_are_checked_without_botocore() -> None:
    program = (
        "import sys; from constructs_lib.checks.service_model import operation; "
        "operation('sagemaker', 'CreateModel'); print(*sys.modules)"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "botocore" not in ended.stdout.split()


def test_patterns_of_the_model_that_python_cannot_hold_are_few() -> None:
    texts = {shape["pattern"] for shape in service("sagemaker")["shapes"].values() if "pattern" in shape}
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
    given = operation("bedrock-runtime", "Converse").input_shape
    assert given is not None
    shape = given.members["system"].member
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


def _described(shape: Any, around: tuple[str, ...]) -> Any:
    """All that checks look at, with what is inside; a shape inside of itself is only named."""
    if shape is None or shape.name in around:
        return shape if shape is None else shape.name
    inside: dict[str, Any] = {
        "structure": lambda: shape.members,
        "list": lambda: {"member": shape.member},
        "map": lambda: {"key": shape.key, "value": shape.value},
    }
    limits = {name: shape.metadata.get(name) for name in ("min", "max", "pattern", "enum", "required", "union")}
    own = {name: getattr(shape, name, None) or None for name in ("required_members", "enum", "is_tagged_union")}
    if shape.type_name != "structure":  # botocore has these where they can be
        own = {"enum": own["enum"]}
    members = inside.get(shape.type_name, dict)()
    return (
        shape.name,
        shape.type_name,
        limits,
        own,
        {name: _described(found, (*around, shape.name)) for name, found in members.items()},
    )
