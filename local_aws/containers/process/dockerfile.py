"""Reads a Dockerfile into stages of instructions."""

import json
import re
from collections.abc import Iterator, Mapping

from attrs import field, frozen

from local_aws.containers.engine import EngineError

_KEYWORDS = frozenset(
    {
        "ADD",
        "ARG",
        "CMD",
        "COPY",
        "ENTRYPOINT",
        "ENV",
        "EXPOSE",
        "FROM",
        "HEALTHCHECK",
        "LABEL",
        "MAINTAINER",
        "ONBUILD",
        "RUN",
        "SHELL",
        "STOPSIGNAL",
        "USER",
        "VOLUME",
        "WORKDIR",
    }
)
_DIRECTIVE = re.compile(r"#\s*(?P<name>syntax|escape|check)\s*=\s*(?P<value>.*?)\s*$", re.IGNORECASE)
_HEREDOC = re.compile(r"(?<![<\w])<<-?\s*(?P<quote>['\"]?)[A-Za-z_]\w*(?P=quote)(?:\s|$)")
_FLAG = re.compile(r"--(?P<name>[a-z][a-z-]*)(?:=(?P<value>\S*))?\s+")


class DockerfileError(EngineError):
    """A Dockerfile that cannot be read or carried out; the message starts with the file's line."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(f"Dockerfile:{line}: {message}")
        self.line = line


@frozen(kw_only=True)
class Instruction:
    """One instruction.

    Attributes:
        line: where it starts, from 1.
        end: its last line.
        keyword: in upper case.
        flags: such as ``{"from": "build"}``; a flag without a value has an empty text.
        text: what follows keyword and flags, continuation lines joined.
        original: the instruction as it stands, on one line.
    """

    line: int
    end: int
    keyword: str
    flags: Mapping[str, str] = field(factory=dict)
    text: str
    original: str

    def json_form(self) -> tuple[str, ...] | None:
        """The words of the exec form (a JSON list of texts); None for the shell form."""
        if not self.text.startswith("["):
            return None
        try:
            words = json.loads(self.text)
        except ValueError:
            return None
        return tuple(words) if isinstance(words, list) and all(isinstance(word, str) for word in words) else None


@frozen(kw_only=True)
class Stage:
    """One build stage: FROM and what follows it.

    Attributes:
        start: the FROM instruction.
        base: image or stage that it starts from, with build arguments still to be put in.
        name: after AS, or None.
        instructions: after FROM.
    """

    start: Instruction
    base: str
    name: str | None
    instructions: tuple[Instruction, ...]


@frozen(kw_only=True)
class Dockerfile:
    """A Dockerfile.

    Attributes:
        arguments: the ARG instructions before the first FROM.
        stages: in order.
        escape: the escape character.
    """

    arguments: tuple[Instruction, ...]
    stages: tuple[Stage, ...]
    escape: str


def parse(text: str) -> Dockerfile:
    """Reads a Dockerfile's text.

    Raises:
        DockerfileError: unknown instruction, heredoc, no FROM, or a malformed line.
    """
    escape = _escape(text)
    arguments: list[Instruction] = []
    stages: list[tuple[Instruction, str, str | None, list[Instruction]]] = []
    for line, end, logical in _logical_lines(text, escape):
        instruction = _instruction(line, end, logical)
        if instruction.keyword == "FROM":
            stages.append((instruction, *_from(instruction), []))
        elif stages:
            stages[-1][3].append(instruction)
        elif instruction.keyword == "ARG":
            arguments.append(instruction)
        else:
            raise DockerfileError(line, f"{instruction.keyword} before the first FROM: only ARG may stand there")
    if not stages:
        raise DockerfileError(1, "no FROM instruction")
    return Dockerfile(
        arguments=tuple(arguments),
        stages=tuple(
            Stage(start=start, base=base, name=name, instructions=tuple(instructions))
            for start, base, name, instructions in stages
        ),
        escape=escape,
    )


def _escape(text: str) -> str:
    for line in text.splitlines():
        directive = _DIRECTIVE.match(line.strip())
        if directive is None:
            return "\\"
        if directive["name"].lower() == "escape":
            if directive["value"] not in {"\\", "`"}:
                raise DockerfileError(1, f"escape={directive['value']!r}: expected \\ or `")
            return directive["value"]
    return "\\"


def _logical_lines(text: str, escape: str) -> Iterator[tuple[int, int, str]]:
    """Instructions with the numbers of their first and last line; comments and empty lines inside them are dropped."""
    continued = re.compile(re.escape(escape) + r"[ \t]*$")
    parts: list[str] = []
    start = end = 0
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("#") or (not line.strip()):
            continue
        if not parts:
            start = number
        end = number
        if continued.search(line):
            parts.append(continued.sub("", line))
            continue
        yield start, end, ("".join(parts) + line).strip()
        parts = []
    if parts:
        yield start, end, "".join(parts).strip()


def _instruction(line: int, end: int, logical: str) -> Instruction:
    keyword, _, rest = logical.partition(" ") if " " in logical else logical.partition("\t")
    keyword, rest = keyword.upper(), rest.strip()
    if keyword not in _KEYWORDS:
        raise DockerfileError(line, f"unknown instruction: {keyword}")
    if keyword in {"RUN", "COPY", "ADD"} and _HEREDOC.search(rest):
        raise DockerfileError(line, f"{keyword} with a heredoc (<<) needs docker or podman")
    if not rest:
        raise DockerfileError(line, f"{keyword} requires at least one argument")
    flags: dict[str, str] = {}
    if keyword in {"ADD", "COPY", "FROM", "HEALTHCHECK", "RUN"}:
        while match := _FLAG.match(rest):
            flags[match["name"]] = match["value"] or ""
            rest = rest[match.end() :]
    return Instruction(line=line, end=end, keyword=keyword, flags=flags, text=rest, original=logical)


def _from(instruction: Instruction) -> tuple[str, str | None]:
    words = instruction.text.split()
    if len(words) == 1:
        return words[0], None
    if len(words) == 3 and words[1].upper() == "AS":
        return words[0], words[2].lower()
    raise DockerfileError(instruction.line, f"FROM {instruction.text}: expected FROM <image> [AS <name>]")
