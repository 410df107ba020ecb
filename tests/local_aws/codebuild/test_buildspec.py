"""Buildspecs are read as CodeBuild reads them."""

import pytest

from local_aws.codebuild.buildspec import Artifacts, BuildspecError, Phase, parse


def test_everything_that_is_offered() -> None:
    spec = parse("""
version: "0.2"
env:
  shell: bash
  variables: {A: 1, B: true, C: null}
  parameter-store: {P: /p}
  secrets-manager: {S: "s:k"}
  exported-variables: [A]
  git-credential-helper: no
phases:
  install:
    runtime-versions: {python: 3.12}
    commands: [one]
  build:
    on-failure: CONTINUE
    commands: single
    finally: [last]
artifacts:
  files: ['**/*']
  base-directory: out
  discard-paths: yes
  secondary-artifacts:
    more: {files: [x], name: other}
cache:
  paths: [x]
""")
    assert spec.shell == "bash"
    assert spec.variables == {"A": "1", "B": "true", "C": ""}
    assert (spec.parameters, spec.secrets, spec.exported) == ({"P": "/p"}, {"S": "s:k"}, ("A",))
    assert spec.phases["install"] == Phase(commands=("one",), runtime_versions={"python": "3.12"})
    assert spec.phases["build"] == Phase(commands=("single",), finally_commands=("last",), on_failure="CONTINUE")
    assert spec.artifacts == Artifacts(files=("**/*",), base_directory="out", discard_paths=True)
    assert spec.secondary_artifacts == {"more": Artifacts(files=("x",), name="other")}
    assert spec.remarks == ("the buildspec's cache is not kept by the local AWS",)


def test_json_as_cdk_writes_it() -> None:
    spec = parse('{"version": "0.2", "phases": {"build": {"commands": ["echo x"]}}}')
    assert spec.phases["build"].commands == ("echo x",)


PHASES = "phases: {build: {commands: [x]}}\n"


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("", "YAML_FILE_ERROR", "unknown buildspec version None: expected 0.2"),
        ("- a\n", "YAML_FILE_ERROR", "buildspec: expected keys and values, got list"),
        ("version: 0.2\n", "YAML_FILE_ERROR", "at least one phase"),
        ("version: 0.2\nphases: {build: {}}\n", "YAML_FILE_ERROR", "phases.build: commands are required"),
        ("version: 0.2\nphases: {build: {commands: {a: b}}}\n", "YAML_FILE_ERROR", "expected a list, got dict"),
        ("version: 0.2\nphases: {build: {commands: [x], on-failure: STOP}}\n", "YAML_FILE_ERROR", "is 'STOP'"),
        ("version: 0.2\nphases: {build: {commands: [x], on-failure: RETRY-2}}\n", "CLIENT_ERROR", "RETRY-2"),
        (f"version: 0.2\nenv: {{shell: zsh}}\n{PHASES}", "YAML_FILE_ERROR", "env.shell is 'zsh'"),
        (f"version: 0.2\nenv: {{variables: {{A: [1]}}}}\n{PHASES}", "YAML_FILE_ERROR", "expected a text, got list"),
        (f"version: 0.2\nproxy: {{}}\n{PHASES}", "CLIENT_ERROR", "does not offer proxy"),
        (f"version: 0.2\nartifacts: {{files: []}}\n{PHASES}", "YAML_FILE_ERROR", "at least one file or pattern"),
        (f"version: 0.2\nartifacts: {{files: [x], s3-prefix: y}}\n{PHASES}", "CLIENT_ERROR", "s3-prefix"),
        (f"version: 0.2\nother: 1\n{PHASES}", "YAML_FILE_ERROR", "unknown keys other"),
    ],
)
def test_what_is_refused(text: str, code: str, message: str) -> None:
    with pytest.raises(BuildspecError, match=message) as caught:
        parse(text)
    assert caught.value.code == code
