"""Carries out COPY and ADD."""

import re
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path

from local_aws.containers.process import words
from local_aws.containers.process.build_context import BuildContext
from local_aws.containers.process.dockerfile import DockerfileError, Instruction
from local_aws.containers.process.layers import is_whiteout, make_folder, place, put, put_all, unpack

_KNOWN_FLAGS = {"from", "chown", "chmod", "link"}
_URL = re.compile(r"(?:https?|git|ssh)://|git@")
# where a python image keeps packages: here they are the environment's, not the files'
_PACKAGES = re.compile(r"/usr/local(?:/(?:bin|lib(?:/python3(?:\.\d+)?(?:/site-packages)?)?))?/?")


def copy(
    instruction: Instruction,
    *,
    files: Path,
    working_dir: str,
    variables: Mapping[str, str],
    escape: str,
    context: BuildContext,
    other_files: Path | None,
    write: Callable[[str], None],
) -> bool:
    """Copies files into an image's folder.

    Args:
        instruction: COPY or ADD.
        files: the image's folder.
        working_dir: of the image; where a relative destination starts.
        variables: put into the words.
        escape: the Dockerfile's escape character.
        context: where sources come from.
        other_files: files of another stage or image, for ``--from``.
        write: receives remarks.

    Returns:
        Whether a source means the Python packages of the other stage.

    Raises:
        DockerfileError: a source is missing, or the instruction is malformed or not supported.
    """
    if unknown := [f"--{name}" for name in instruction.flags if name not in _KNOWN_FLAGS]:
        raise DockerfileError(instruction.line, f"{instruction.keyword} {' '.join(unknown)} needs docker or podman")
    if "chown" in instruction.flags:
        write(f" ---> --chown={instruction.flags['chown']} has no effect: files belong to the user of the local AWS")
    mode = _mode(instruction)
    form = instruction.json_form()
    parts = (
        [words.expand(word, variables, escape) for word in form]
        if form is not None
        else words.split(instruction.text, variables, escape)
    )
    if len(parts) < 2:
        raise DockerfileError(
            instruction.line, f"{instruction.keyword} requires at least two arguments: source and destination"
        )
    *sources, destination = parts
    if not destination.startswith("/"):
        destination = working_dir.rstrip("/") + "/" + destination
    packages = False
    found: list[tuple[str, Path, dict[str, Path]]] = []  # name, actual, what is below
    for source in sources:
        if _URL.match(source):
            raise DockerfileError(instruction.line, f"{instruction.keyword} {source}: a URL needs docker or podman")
        if other_files is None:
            found += _from_context(instruction, context, source)
        else:
            adopted = bool(_PACKAGES.fullmatch(source))
            packages = packages or adopted
            found += _from_files(instruction, other_files, source, required=not adopted)
    as_folder = destination.endswith(("/", "/.")) or place(files, destination).is_dir()
    if len(found) > 1 and not as_folder:
        raise DockerfileError(
            instruction.line,
            f"when using {instruction.keyword} with more than one source file, the destination must be a directory "
            "and end with a /",
        )
    for name, actual, below in found:
        if actual.is_dir() and not actual.is_symlink():
            put_all(below, make_folder(files, destination), mode)
        elif instruction.keyword == "ADD" and actual.is_file() and tarfile.is_tarfile(actual):
            unpack(actual, make_folder(files, destination))
        elif as_folder:
            put(actual, make_folder(files, destination) / Path(name).name, mode)
        else:
            parent, _, last = destination.rpartition("/")
            put(actual, make_folder(files, parent) / last, mode)
    return packages


def _mode(instruction: Instruction) -> int | None:
    text = instruction.flags.get("chmod")
    if text is None:
        return None
    if not re.fullmatch(r"0?[0-7]{3,4}", text):
        raise DockerfileError(instruction.line, f"--chmod={text}: expected an octal number such as 755")
    return int(text, 8)


def _from_context(
    instruction: Instruction, context: BuildContext, source: str
) -> list[tuple[str, Path, dict[str, Path]]]:
    names = context.match(source)
    if not names:
        raise DockerfileError(
            instruction.line,
            f"{instruction.keyword} failed: {source!r} is not in the build context {context.folder.name!r}, or "
            ".dockerignore excludes it",
        )
    return [(name, context.files[name] if name else context.folder, context.below(name)) for name in names]


def _from_files(
    instruction: Instruction, files: Path, source: str, *, required: bool
) -> list[tuple[str, Path, dict[str, Path]]]:
    actual = place(files, "/" + source.lstrip("/"))
    matches = [actual]
    if set(source) & set("*?["):
        matches = sorted(files.glob(source.lstrip("/")))
    elif not actual.exists():
        matches = []
    if not matches and required:
        raise DockerfileError(
            instruction.line,
            f"{instruction.keyword} failed: {source!r} is not among the files of {instruction.flags['from']!r}",
        )
    return [
        (
            match.name,
            match,
            {str(path.relative_to(match)): path for path in sorted(match.rglob("*")) if not is_whiteout(path)}
            if match.is_dir()
            else {},
        )
        for match in matches
    ]
