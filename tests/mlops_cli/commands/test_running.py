"""The words of ``run``, ``watch``, ``graph`` and ``logs``."""

import pytest

from mlops_cli.commands.running import new_name, parse_inputs
from mlops_cli.errors import BAD_INPUT, CliError


def test_inputs_are_key_and_value() -> None:
    assert parse_inputs(["JobName=a", "Note=x=y"]) == {"JobName": "a", "Note": "x=y"}
    with pytest.raises(CliError, match="--input JobName: expected KEY=VALUE") as caught:
        parse_inputs(["JobName"])
    assert caught.value.exit_code == BAD_INPUT


def test_new_names_are_unique_and_fit_a_training_job() -> None:
    names = {new_name("a-very-long-workflow-name-that-goes-on-and-on-and-on-for-ever") for _ in range(20)}
    assert len(names) == 20
    assert all(len(name) <= 63 and not name.endswith("-") for name in names)
