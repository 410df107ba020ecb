"""Every golden state machine is accepted by asl-validator and cfn-lint, which know nothing of this project."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
GOLDEN = {
    f"{path.parent.name}/{path.name}": json.loads(path.read_text())
    for folder in (
        "constructs_lib/rendering/golden",
        "constructs_lib/definitions/exported",
        "workflows",
        "oracles/data_science_sdk",
    )
    for path in sorted((ROOT / "tests" / folder).rglob("*.json"))
    if not path.name.endswith(".pipeline.json")
}
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


def findings(documents: list[object], folder: Path) -> tuple[int, str]:
    """What cfn-lint says of a template with a state machine of each document, and its exit code."""
    machines = {
        f"Machine{number}": {
            "Type": "AWS::StepFunctions::StateMachine",
            "Properties": {
                "RoleArn": "arn:aws:iam::111122223333:role/engine",
                "DefinitionString": json.dumps(document),
            },
        }
        for number, document in enumerate(documents)
    }
    template = folder / "template.json"
    template.write_text(json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": machines}))
    program = [str(Path(sys.executable).with_name("cfn-lint")), "--regions", "eu-west-1", "--template", str(template)]
    ended = subprocess.run(program, capture_output=True, text=True, check=False, timeout=120)
    return ended.returncode, ended.stdout


def test_golden_state_machines_are_accepted() -> None:
    told = errors(list(GOLDEN.values()))

    assert dict(zip(GOLDEN, told, strict=True)) == {name: [] for name in GOLDEN}
    kinds = {kind for kind in ("Choice", "Map", "Parallel") if f'"Type": "{kind}"' in json.dumps(GOLDEN)}
    assert (len(GOLDEN), kinds) == (14, {"Choice", "Map", "Parallel"})


def test_cfn_lint_accepts_the_same(tmp_path: Path) -> None:
    assert findings(list(GOLDEN.values()), tmp_path) == (0, "")


def test_cfn_lint_does_refuse(tmp_path: Path) -> None:
    code, told = findings([{"StartAt": "A", "States": {"A": {"Type": "Task", "End": True}}}], tmp_path)

    assert code != 0
    assert "E3601 'Resource' is a required property at 'States/A'" in told


@pytest.mark.parametrize(
    "state", [{"Type": "Pass", "Next": "Nowhere"}, {"Type": "Task", "End": True}, {"Type": "Wait", "Seconds": "x"}]
)
def test_the_validator_does_refuse(state: dict[str, object]) -> None:
    (told,) = errors([{"StartAt": "A", "States": {"A": state}}])

    assert told
