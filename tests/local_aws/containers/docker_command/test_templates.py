"""Templates of docker inspect."""

import pytest

from local_aws.containers.docker_command.templates import render
from local_aws.containers.engine import EngineError

DOCUMENT = {"Id": "x", "Tags": ["a", "b"], "Config": {"Env": {"A": "1"}, "On": True, "None": None}}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{.Id}}", "x"),
        ("id={{ .Id }} {{.Config.On}}", "id=x true"),
        ("{{index .Tags 1}}", "b"),
        ("{{.Tags}}", "[a b]"),
        ("{{json .Config.Env}}", '{"A":"1"}'),
        ('{{index .Config.Env "A"}}', "1"),
        ("{{.Config.None}}", "<nil>"),
    ],
)
def test_render(template: str, text: str) -> None:
    assert render(template, DOCUMENT) == text


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{{range .Tags}}", "is not offered here"),
        ("{{.Absent}}", "no entry for key 'Absent'"),
        ("{{index .Tags 7}}", "index out of range: 7"),
    ],
)
def test_what_it_refuses(template: str, message: str) -> None:
    with pytest.raises(EngineError, match=message):
        render(template, DOCUMENT)
