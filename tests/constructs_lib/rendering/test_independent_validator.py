"""Every golden state machine is accepted by asl-validator, which knows nothing of this project."""

import json
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
GOLDEN = sorted([*(Path(__file__).parent / "golden").glob("*.json"), *(ROOT / "tests/workflows").glob("*.states.json")])
PROGRAM = """
const validate = require("asl-validator");
const documents = JSON.parse(require("fs").readFileSync(0, "utf8"));
const told = documents.map((document) => validate(document, { checkArn: true, checkPaths: true }).errors);
console.log(JSON.stringify(told));
"""


def errors(documents: list[object]) -> list[list[object]]:
    """What the validator finds wrong with each document."""
    node = ROOT / ".mlops" / "node" / "bin"
    path = os.pathsep.join([*([str(node)] if node.is_dir() else []), os.environ["PATH"]])
    ended = subprocess.run(
        ["node", "-e", PROGRAM],
        input=json.dumps(documents),
        cwd=ROOT,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ended.returncode == 0, ended.stderr
    told: list[list[object]] = json.loads(ended.stdout)
    return told


def test_golden_state_machines_are_accepted() -> None:
    told = errors([json.loads(path.read_text()) for path in GOLDEN])

    assert dict(zip([path.name for path in GOLDEN], told, strict=True)) == {path.name: [] for path in GOLDEN}
    assert len(GOLDEN) >= 10


@pytest.mark.parametrize(
    "state", [{"Type": "Pass", "Next": "Nowhere"}, {"Type": "Task", "End": True}, {"Type": "Wait", "Seconds": "x"}]
)
def test_the_validator_does_refuse(state: dict[str, object]) -> None:
    (told,) = errors([{"StartAt": "A", "States": {"A": state}}])

    assert told
