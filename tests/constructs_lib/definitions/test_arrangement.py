"""Graphs as sequences and branches: what is kept, what is added, and how large a graph may be."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constructs_lib.definitions.arrangement import Arrangement, arrange

Before = dict[str, set[str]]


def pairs_in_order(arrangement: Arrangement) -> set[tuple[str, str]]:
    """Every two steps of which an arrangement runs the first one before the second one."""
    found: set[tuple[str, str]] = set()
    earlier: list[str] = []
    for part in arrangement:
        names = [part] if isinstance(part, str) else [name for branch in part for name in flat(branch)]
        found |= {(one, other) for one in earlier for other in names}
        if not isinstance(part, str):
            found |= {pair for branch in part for pair in pairs_in_order(branch)}
        earlier += names
    return found


def flat(arrangement: Arrangement) -> list[str]:
    """The steps of an arrangement, as they come."""
    return [
        name
        for part in arrangement
        for name in ([part] if isinstance(part, str) else [name for branch in part for name in flat(branch)])
    ]


def closure(before: Before) -> set[tuple[str, str]]:
    """Every two steps of which the second one depends on the first one, at once or over others."""
    all_before: Before = {}
    for name in before:  # each comes after those that it depends on
        all_before[name] = before[name].union(*(all_before[found] for found in before[name]))
    return {(one, name) for name, found in all_before.items() for one in found}


@st.composite
def graphs(draw: st.DrawFn) -> Before:
    size = draw(st.integers(1, 9))
    return {
        str(number): {str(other) for other in draw(st.sets(st.integers(0, number - 1)))} if number else set()
        for number in range(size)
    }


@st.composite
def series_parallel(draw: st.DrawFn, depth: int = 3) -> Any:
    """A nest of ``("step",)``, ``("series", parts)`` and ``("parallel", parts)``."""
    kind = draw(st.sampled_from(["step", "series", "parallel"])) if depth else "step"
    if kind == "step":
        return ("step",)
    return (kind, draw(st.lists(series_parallel(depth - 1), min_size=2, max_size=3)))


def graph_of(nest: Any) -> Before:
    """The graph of a nest: names are numbers, as the steps come."""
    before: Before = {}

    def add(nest: Any, firsts: set[str]) -> set[str]:
        if nest[0] == "step":
            name = str(len(before))
            before[name] = set(firsts)
            return {name}
        if nest[0] == "parallel":
            return set().union(*(add(part, firsts) for part in nest[1]))
        for part in nest[1]:
            firsts = add(part, firsts)
        return firsts

    add(nest, set())
    return before


@given(graphs())
def test_every_dependency_is_kept_and_every_step_runs_once(before: Before) -> None:
    arranged = arrange(list(before), before)

    assert sorted(flat(arranged)) == sorted(before)
    assert closure(before) <= pairs_in_order(arranged)


@given(series_parallel())
def test_a_graph_that_has_the_form_waits_for_nothing_else(nest: Any) -> None:
    before = graph_of(nest)

    assert pairs_in_order(arrange(list(before), before)) == closure(before)


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ({"a": ""}, ("a",)),
        ({"a": "", "b": ""}, ((("a",), ("b",)),)),
        ({"a": "", "b": "a", "c": "a", "d": "bc"}, ("a", (("b",), ("c",)), "d")),
        ({"a": "", "b": "a", "c": "b", "x": ""}, ((("a", "b", "c"), ("x",)),)),
        # the second of two steps waits for one that only the first one needs: one join is added
        ({"a": "", "b": "", "c": "ab", "d": "b"}, ((("a",), ("b",)), (("c",), ("d",)))),
        # of the joins that could be added, the one that holds up the fewest
        ({"a": "", "m": "a", "b": "", "n": "b", "z": "mb"}, ((("a", "m"), ("b", "n")), "z")),
    ],
)
def test_arrangements(before: dict[str, str], expected: Arrangement) -> None:
    assert arrange(list(before), {name: set(found) for name, found in before.items()}) == expected


def test_a_long_chain_is_a_chain() -> None:
    names = [str(number) for number in range(5000)]
    before = {name: {names[number - 1]} if number else set() for number, name in enumerate(names)}

    assert arrange(names, before) == tuple(names)


def test_forks_within_forks_end_in_a_row() -> None:
    before: Before = {"0": set()}
    for number in range(1, 600):  # each step has a branch of its own beside what follows
        before[f"side {number}"] = {str(number - 1)}
        before[str(number)] = {str(number - 1)}

    arranged = arrange(list(before), before)

    deepest, depth = arranged, 0
    while not isinstance(deepest[-1], str):
        deepest, depth = max(deepest[-1], key=len), depth + 1
    assert depth == 40
    assert closure(before) <= pairs_in_order(arranged)


def test_a_ladder_of_steps_that_share_predecessors_is_arranged() -> None:
    before: Before = {"a0": set(), "b0": set()}
    for number in range(1, 300):
        before[f"a{number}"] = {f"a{number - 1}", f"b{number - 1}"}
        before[f"b{number}"] = {f"b{number - 1}"}

    assert closure(before) <= pairs_in_order(arrange(list(before), before))
