import pytest

from constructs_lib.definitions import (
    Condition,
    ExecutionInput,
    StepOutput,
    equal,
    greater_or_equal,
    greater_than,
    is_boolean,
    is_null,
    is_number,
    is_present,
    is_text,
    is_timestamp,
    less_or_equal,
    less_than,
    matches,
)
from constructs_lib.definitions.conditions import AllOf, AnyOf, Comparison, Not
from constructs_lib.definitions.flow import Flow
from constructs_lib.rendering.conditions import condition_document
from constructs_lib.rendering.variables import Variables

TEXT = ExecutionInput("Text")
NUMBER = ExecutionInput("Number", type="number")
FLAG = ExecutionInput("Flag", type="boolean")
OUTPUT = StepOutput("S", "a")
FLOW = Flow([])
VIEW = Variables(FLOW).seen_from(FLOW.line.scope)


@pytest.mark.parametrize(
    ("condition", "document"),
    [
        (equal(TEXT, "a"), {"StringEquals": "a"}),
        (less_than(TEXT, "a"), {"StringLessThan": "a"}),
        (less_or_equal(TEXT, 1, type="number"), {"NumericLessThanEquals": 1}),
        (
            greater_than(TEXT, "2027-01-01T00:00:00Z", type="timestamp"),
            {"TimestampGreaterThan": "2027-01-01T00:00:00Z"},
        ),
        (greater_or_equal(TEXT, TEXT), {"StringGreaterThanEqualsPath": "$$.Execution.Input.Text"}),
        (matches(TEXT, "a*"), {"StringMatches": "a*"}),
        (is_present(TEXT), {"IsPresent": True}),
        (is_null(TEXT), {"IsNull": True}),
        (is_text(TEXT), {"IsString": True}),
        (is_number(TEXT), {"IsNumeric": True}),
        (is_boolean(TEXT), {"IsBoolean": True}),
        (is_timestamp(TEXT), {"IsTimestamp": True}),
    ],
)
def test_conditions_as_the_language_writes_them(condition: Condition, document: dict[str, object]) -> None:
    assert condition_document(condition, VIEW) == {"Variable": "$$.Execution.Input.Text", **document}


@pytest.mark.parametrize(
    ("comparison", "kind"),
    [
        (equal(TEXT, "a"), "string"),
        (equal(OUTPUT, 5), "number"),
        (equal(OUTPUT, True), "boolean"),
        (equal(OUTPUT, NUMBER), "number"),
        (equal(FLAG, OUTPUT), "boolean"),
        (equal(OUTPUT, OUTPUT), "string"),
        (equal(OUTPUT, OUTPUT, type="timestamp"), "timestamp"),
    ],
)
def test_what_values_are_compared_as(comparison: Comparison, kind: str) -> None:
    assert comparison.compared_as == kind


def test_conditions_are_put_together() -> None:
    first, second, third = (equal(TEXT, letter) for letter in "abc")

    assert first & second & third == AllOf((first, second, third))
    assert first | second | third == AnyOf((first, second, third))
    assert (first & second) | third == AnyOf((AllOf((first, second)), third))
    assert ~(first | second) == Not(AnyOf((first, second)))
    assert (~first).values == (TEXT, "a")


def test_a_condition_has_no_truth_yet() -> None:
    message = "^a condition is known only when the workflow runs: use &, | and ~ for and, or and not$"
    with pytest.raises(TypeError, match=message):
        bool(equal(TEXT, "a"))


def test_a_condition_of_another_kind_has_no_form() -> None:
    class Strange(Condition):
        values = ()

    with pytest.raises(TypeError, match=r"^Strange has no form in the Amazon States Language$"):
        condition_document(Strange(), VIEW)


def test_every_condition_tells_its_values() -> None:
    class Silent(Condition):
        pass

    with pytest.raises(TypeError, match=r"abstract class Silent .*\bvalues\b"):
        Silent()  # type: ignore[abstract]
