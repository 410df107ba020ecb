import pytest
from hypothesis import given
from hypothesis import strategies as st

from constructs_lib.definitions import ChoiceRule, ChoiceStep, ExecutionInput, equal
from constructs_lib.definitions.ordering import SideBySide, order
from tests.constructs_lib.samples import function, problems


def test_without_dependencies_steps_run_as_listed() -> None:
    steps = [function(name) for name in "CAB"]

    assert order(steps).steps == tuple(steps)


def test_dependencies_decide_where_there_are_any() -> None:
    first = function("First")
    second = function("Second", depends_on=[first])
    third = function("Third", depends_on=["Second"])

    assert order([third, second, first]).steps == (first, second, third)


def test_the_use_of_an_output_is_a_dependency_too() -> None:
    first = function("First")
    second = function("Second", payload={"a": first.output("Payload.a")})
    third = function("Third", depends_on=[second])

    assert [step.name for step in order([third, second, first]).steps] == ["First", "Second", "Third"]


def test_steps_without_an_order_run_side_by_side() -> None:
    first = function("First")
    left, right = function("Left", depends_on=[first]), function("Right", depends_on=[first])
    last = function("Last", payload={"a": left.output("Payload.a"), "b": right.output("Payload.b")})

    ordering = order([first, left, right, last])

    assert ordering.plan == (first, SideBySide(branches=((left,), (right,))), last)
    assert ordering.steps == (first, left, right, last)


def test_what_a_step_holds_waits_as_the_step_does() -> None:
    first = function("First", depends_on=["Start"])
    inner = function("Inner", payload={"a": first.output("Payload.a")})
    choice = ChoiceStep(
        name="Choose", rules=[ChoiceRule(condition=equal(ExecutionInput("A"), "b"), steps=[inner])], otherwise=[]
    )

    assert order([choice, first, function("Start")]).plan[1:] == (first, choice)


def test_a_circle_is_shown_in_the_order_of_running() -> None:
    steps = [function(name, depends_on=[before]) for name, before in ("AC", "BA", "CB")]

    assert problems(*steps) == ["A: depends_on: steps depend on each other in a circle: 'A' -> 'B' -> 'C' -> 'A'"]


def test_a_step_that_waits_for_itself() -> None:
    assert problems(function("A", depends_on=["A"])) == [
        "A: depends_on: steps depend on each other in a circle: 'A' -> 'A'"
    ]


@given(st.permutations(range(8)), st.data())
def test_a_chain_is_found_from_any_listing(listing: list[int], data: st.DataObject) -> None:
    extra = data.draw(st.sets(st.tuples(st.integers(0, 7), st.integers(0, 7)).filter(lambda pair: pair[0] < pair[1])))
    needs = {number: {number - 1} if number else set() for number in range(8)}
    for before, after in extra:
        needs[after].add(before)
    steps = {
        number: function(str(number), depends_on=[str(before) for before in sorted(needs[number])]) for number in needs
    }

    ordering = order([steps[number] for number in listing])

    assert ordering.problems == ()
    assert [step.name for step in ordering.steps] == [str(number) for number in range(8)]


@given(st.sets(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1))
def test_an_order_keeps_every_dependency_or_says_why_there_is_none(pairs: set[tuple[int, int]]) -> None:
    needs = {number: sorted({before for before, after in pairs if after == number}) for number in range(7)}
    steps = [function(str(number), depends_on=[str(before) for before in needs[number]]) for number in range(7)]

    ordering = order(steps)

    if ordering.problems:
        assert "circle" in str(ordering.problems[0])
        assert ordering.steps == tuple(steps)
        return
    position = {step.name: place for place, step in enumerate(ordering.steps)}
    assert sorted(position) == [str(number) for number in range(7)]
    assert all(position[str(before)] < position[str(after)] for before, after in pairs)


@pytest.mark.parametrize("count", [2, 5])
def test_a_circle_behind_a_chain_is_found(count: int) -> None:
    start = function("Start")
    ring = [function(f"R{number}", depends_on=["Start", f"R{(number - 1) % count}"]) for number in range(count)]

    names = " -> ".join(f"'R{number % count}'" for number in range(count + 1))
    assert problems(start, *ring) == [f"R0: depends_on: steps depend on each other in a circle: {names}"]
