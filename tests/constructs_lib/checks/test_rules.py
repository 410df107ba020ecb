"""The list of rules, and that each has been seen to fail."""

import ast
from pathlib import Path

from constructs_lib.checks import all_rules, check
from tests.constructs_lib.samples import function, problems, workflow

FOLDER = Path(__file__).parent


def test_every_rule_has_a_test_that_fails_it_and_one_that_passes_it() -> None:
    tests = {
        node.name
        for path in FOLDER.glob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef)
    }
    names = [rule.__name__ for rule in all_rules()]

    assert len(names) == len(set(names)) > 30
    assert [name for name in names if f"test_{name}" not in tests] == []
    assert [name for name in names if f"test_{name}_passing" not in tests] == []


def test_every_rule_says_why_it_is_one() -> None:
    assert [rule.__name__ for rule in all_rules() if not rule.__doc__] == []


def test_a_valid_definition_has_no_problems() -> None:
    assert check(workflow(function("A"))) == ()


def test_a_problem_that_two_steps_share_is_told_once() -> None:
    step = function("")
    found = problems(step, step)
    assert found == ["'': name: got 0 characters, expected 1 to 80", "'': name: got 2 steps of this name, expected one"]
