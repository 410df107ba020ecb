"""Dockerfiles are read as docker reads them."""

import pytest

from local_aws.containers.process.dockerfile import DockerfileError, parse


def test_continuations_comments_and_line_numbers() -> None:
    file = parse("# a comment\nFROM scratch\n\nRUN one && \\\n  # inside\n\n  two\nENV A=1\n")
    run, env = file.stages[0].instructions
    assert (run.line, run.keyword, run.text) == (4, "RUN", "one &&   two")
    assert (env.line, env.text) == (8, "A=1")


def test_stages_arguments_and_flags() -> None:
    file = parse(
        "ARG VERSION=3\nfrom python:$VERSION as Build\nFROM scratch\nCOPY --from=build --chmod=755 /a /b /c/\n"
    )
    assert [instruction.text for instruction in file.arguments] == ["VERSION=3"]
    assert [(stage.base, stage.name) for stage in file.stages] == [("python:$VERSION", "build"), ("scratch", None)]
    (copy,) = file.stages[1].instructions
    assert (copy.flags, copy.text) == ({"from": "build", "chmod": "755"}, "/a /b /c/")


def test_escape_directive() -> None:
    file = parse("# escape=`\nFROM scratch\nRUN a `\n  b\n")
    assert file.stages[0].instructions[0].text == "a   b"


@pytest.mark.parametrize(
    ("text", "form"),
    [('["a", "b c"]', ("a", "b c")), ("a b", None), ("[a, b]", None), ("[1]", None)],
)
def test_exec_form(text: str, form: tuple[str, ...] | None) -> None:
    (instruction,) = parse(f"FROM scratch\nCMD {text}\n").stages[0].instructions
    assert instruction.json_form() == form


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Dockerfile:1: no FROM instruction"),
        ("RUN x\nFROM y\n", "Dockerfile:1: RUN before the first FROM"),
        ("FROM a\nBUILD x\n", "Dockerfile:2: unknown instruction: BUILD"),
        ("FROM a\nRUN <<EOF\nx\nEOF\n", r"Dockerfile:2: RUN with a heredoc \(<<\) needs docker or podman"),
        ("FROM a b c d\n", r"Dockerfile:1: FROM a b c d: expected FROM <image> \[AS <name>\]"),
        ("FROM a\nCOPY\n", "Dockerfile:2: COPY requires at least one argument"),
        ("# escape=x\nFROM a\n", "escape='x': expected"),
    ],
)
def test_what_is_refused(text: str, message: str) -> None:
    with pytest.raises(DockerfileError, match=message):
        parse(text)


def test_a_shift_in_a_shell_is_no_heredoc() -> None:
    (run,) = parse("FROM a\nRUN echo $((1 << 2))\n").stages[0].instructions
    assert run.text == "echo $((1 << 2))"
