import pytest

from constructs_lib.definitions import (
    Catch,
    ChoiceRule,
    ChoiceStep,
    DistributedMapStep,
    ExecutionInput,
    FailStep,
    MapStep,
    ParallelStep,
    PassStep,
    equal,
)
from tests.constructs_lib.samples import TOKEN, endpoint, function, problems


@pytest.mark.parametrize("name", ["", "a b", "a.b", "ä"])
def test_workflow_has_a_legal_name(name: str) -> None:
    message = f"name: got {name!r}, expected 1 to 80 letters, digits, '-' or '_'"
    assert problems(function("A"), name=name) == [message]


def test_workflow_has_a_legal_name_not_too_long() -> None:
    message = f"name: got '{'x' * 78}…, expected 1 to 80 letters, digits, '-' or '_'"
    assert problems(function("A"), name="x" * 81) == [message]


@pytest.mark.parametrize("name", ["a", "byoc-housing_2", "x" * 80, TOKEN])
def test_workflow_has_a_legal_name_passing(name: str) -> None:
    assert problems(function("A"), name=name) == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "'': name: got 0 characters, expected 1 to 80"),
        ("x" * 81, f"{'x' * 81}: name: got 81 characters, expected 1 to 80"),
        (" A", "' A': name: got ' A', expected printable characters with no space at either end"),
        ("A\n", "'A\\n': name: got 'A\\n', expected printable characters with no space at either end"),
        ("A: b", "A: b: name: got 'A: b', expected a name without ': ', which is kept for helper states"),
        (TOKEN, f"{TOKEN}: name: got the text token '{TOKEN}', expected a plain text"),
    ],
)
def test_steps_have_legal_names(name: str, message: str) -> None:
    assert problems(function(name)) == [message]


@pytest.mark.parametrize("name", ["A", "x" * 80, "Calls CodeBuild to Build Container", "Größe: ist", "In service?"])
def test_steps_have_legal_names_passing(name: str) -> None:
    assert problems(function(name.replace(": ", ":"))) == []


def test_steps_have_names_of_their_own() -> None:
    failed = FailStep(name="B")
    found = problems(function("A"), function("A"), function("B", catch=[Catch(next_step=failed)]))
    assert found == [
        "A: name: got 2 steps of this name, expected one",
        "B: name: got 2 steps of this name, expected one",
    ]


def test_names_clash_through_all_levels() -> None:
    both = ParallelStep(name="Both", branches=[[function("A")], [function("B")]])
    inner = MapStep(name="Each", items=[1], steps=[both])
    rule = ChoiceRule(condition=equal(ExecutionInput("Way"), "b"), steps=[function("B")])
    far = DistributedMapStep(name="Far", items=[1], steps=[PassStep(name="Each")])

    assert problems(function("A"), inner, ChoiceStep(name="Way?", rules=[rule], otherwise=[]), far) == [
        f"{name}: name: got 2 steps of this name, expected one" for name in ("A", "Each", "B")
    ]


def test_steps_have_names_of_their_own_passing() -> None:
    assert problems(function("A"), function("a")) == []


def test_waiting_steps_leave_room_for_helper_names() -> None:
    name = "x" * 65
    assert problems(endpoint(name)) == [
        f"{name}: name: got 65 characters, expected at most 64: helper states are named after it"
    ]


def test_waiting_steps_leave_room_for_helper_names_passing() -> None:
    assert problems(endpoint("x" * 64)) == []
    assert problems(endpoint("x" * 80, wait=False)) == []
