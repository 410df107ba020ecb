"""The examples in the docstrings of the pure floors."""

import doctest
from importlib import import_module
from types import ModuleType

import pytest

from constructs_lib import definitions
from constructs_lib.definitions import conditions, values, workflow
from constructs_lib.definitions.steps import choice, simple


@pytest.mark.parametrize(
    "module",
    [conditions, values, workflow, choice, simple, import_module("constructs_lib.rendering.json_text")],
    ids=lambda module: str(module.__name__),
)
def test_the_examples_of_a_module(module: ModuleType) -> None:
    names = {name: getattr(definitions, name) for name in definitions.__all__}
    result = doctest.testmod(module, extraglobs=names)
    assert result.attempted > 0
    assert result.failed == 0
