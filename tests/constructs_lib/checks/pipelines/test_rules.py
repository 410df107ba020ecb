"""The list of rules, and that each has been seen to fail."""

import ast
from pathlib import Path

from constructs_lib.checks.pipelines import all_pipeline_rules, check_pipeline
from constructs_lib.checks.rules import rules_of_steps
from tests.constructs_lib.samples import function, pipeline

FOLDER = Path(__file__).parent


def test_every_rule_has_a_test_that_fails_it_and_one_that_passes_it() -> None:
    tests = {
        node.name
        for path in FOLDER.glob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef)
    }
    shared = rules_of_steps()  # those are tested beside the rules of workflows
    names = [rule.__name__ for rule in all_pipeline_rules() if rule not in shared]

    assert len(names) == len(set(names)) > 30
    assert [name for name in names if f"test_{name}" not in tests] == []
    assert [name for name in names if f"test_{name}_passing" not in tests] == []


def test_every_rule_says_why_it_is_one() -> None:
    assert [rule.__name__ for rule in all_pipeline_rules() if not rule.__doc__] == []


def test_a_valid_definition_has_no_problems() -> None:
    assert check_pipeline(pipeline(function("A"))) == ()
