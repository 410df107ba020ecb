"""Which states of a definition differ."""

import copy
from typing import Any

from constructs_lib.rendering.state_changes import state_changes

BEFORE: dict[str, Any] = {
    "StartAt": "Both",
    "TimeoutSeconds": 60,
    "States": {
        "Both": {
            "Type": "Parallel",
            "Branches": [{"StartAt": "Left", "States": {"Left": {"Type": "Pass", "End": True}}}],
            "Next": "Each",
        },
        "Each": {
            "Type": "Map",
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "INLINE"},
                "StartAt": "One",
                "States": {"One": {"Type": "Wait", "Seconds": 1, "End": True}},
            },
            "End": True,
        },
    },
}


def changes(after: dict[str, Any]) -> dict[str | None, tuple[str, tuple[str, ...]]]:
    return {
        found.state: (found.change, tuple(found.paths))
        for found in state_changes(BEFORE, after)
        if found.change != "unchanged"
    }


def test_nothing_changed() -> None:
    assert [found.state for found in state_changes(BEFORE, copy.deepcopy(BEFORE))] == ["Both", "Left", "Each", "One"]
    assert changes(copy.deepcopy(BEFORE)) == {}


def test_a_state_inside_of_others_stands_for_itself() -> None:
    after = copy.deepcopy(BEFORE)
    after["States"]["Each"]["ItemProcessor"]["States"]["One"]["Seconds"] = 2
    assert changes(after) == {"One": ("changed", ("Seconds",))}


def test_what_is_around_states_is_named() -> None:
    after = copy.deepcopy(BEFORE)
    after["TimeoutSeconds"] = 61
    after["States"]["Each"]["ItemProcessor"]["ProcessorConfig"]["Mode"] = "DISTRIBUTED"
    assert changes(after) == {
        None: ("changed", ("TimeoutSeconds",)),
        "Each": ("changed", ("ItemProcessor.ProcessorConfig.Mode",)),
    }


def test_a_state_that_is_renamed_is_another() -> None:
    after = copy.deepcopy(BEFORE)
    branch = after["States"]["Both"]["Branches"][0]
    branch["States"] = {"Right": branch["States"]["Left"]}
    branch["StartAt"] = "Right"
    assert changes(after) == {
        "Both": ("changed", ("Branches[0].StartAt",)),
        "Right": ("added", ()),
        "Left": ("removed", ()),
    }


def test_a_definition_that_is_new_has_new_states_alone() -> None:
    assert {found.change for found in state_changes({}, BEFORE)} == {"added"}
    assert {found.change for found in state_changes(BEFORE, {})} == {"removed"}
