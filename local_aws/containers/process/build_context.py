"""The files that a build may copy: the context folder without what .dockerignore excludes."""

import re
from functools import cached_property
from pathlib import Path

from attrs import define


@define(slots=False)
class BuildContext:
    """The context of a build.

    Args:
        folder: the context's root.
        dockerfile: path of the Dockerfile; ``<dockerfile>.dockerignore`` goes before ``.dockerignore``.
    """

    folder: Path
    dockerfile: Path

    @cached_property
    def files(self) -> dict[str, Path]:
        """Every file, link and folder that is not excluded, by its path relative to the root, in order."""
        patterns = self._patterns()
        found: dict[str, Path] = {}
        self._collect(self.folder, "", patterns, found)
        return found

    def match(self, source: str) -> list[str]:
        """Relative paths of what a COPY source means: one path, or all that its wildcards match.

        ``.`` and ``/`` are the root, whose relative path is an empty text.
        """
        wanted = "/".join(part for part in source.split("/") if part not in {"", "."})
        while wanted.startswith("../"):
            wanted = wanted[3:]
        if wanted in {"", ".."}:
            return [""]
        if not set(wanted) & set("*?["):
            return [wanted] if wanted in self.files else []
        pattern = re.compile(_translate(wanted, deep=False))
        return [name for name in self.files if pattern.fullmatch(name)]

    def below(self, name: str) -> dict[str, Path]:
        """What lies below a folder of the context, by path relative to that folder."""
        if not name:
            return dict(self.files)
        return {path[len(name) + 1 :]: actual for path, actual in self.files.items() if path.startswith(name + "/")}

    def _collect(
        self, folder: Path, prefix: str, patterns: list[tuple[bool, re.Pattern[str]]], found: dict[str, Path]
    ) -> None:
        for path in sorted(folder.iterdir()):
            name = prefix + path.name
            excluded = _excluded(name, patterns)
            if path.is_dir() and not path.is_symlink():
                below: dict[str, Path] = {}
                # a later "!" pattern may bring back files of an excluded folder, and with them the folder
                if not excluded or any(keep for keep, _ in patterns):
                    self._collect(path, name + "/", patterns, below)
                if below or not excluded:
                    found[name] = path
                    found.update(below)
            elif not excluded:
                found[name] = path

    def _patterns(self) -> list[tuple[bool, re.Pattern[str]]]:
        for path in (self.dockerfile.with_name(self.dockerfile.name + ".dockerignore"), self.folder / ".dockerignore"):
            if path.is_file():
                return [pattern for line in path.read_text().splitlines() if (pattern := _ignore_pattern(line))]
        return []


def _ignore_pattern(line: str) -> tuple[bool, re.Pattern[str]] | None:
    """Whether the line brings files back (!), and what it matches; None for comments and empty lines."""
    if line.startswith("#"):
        return None
    text = line.strip()
    keep = text.startswith("!")
    parts = [part for part in text.removeprefix("!").strip().split("/") if part not in {"", "."}]
    if not parts:
        return None
    return keep, re.compile(_translate("/".join(parts), deep=True) + r"(?:/.*)?")


def _excluded(name: str, patterns: list[tuple[bool, re.Pattern[str]]]) -> bool:
    excluded = False
    for keep, pattern in patterns:
        if pattern.fullmatch(name):
            excluded = not keep
    return excluded


def _translate(pattern: str, *, deep: bool) -> str:
    """A regular expression for a wildcard pattern of Go's filepath.Match; `deep` adds ``**``."""
    found, position = "", 0
    while position < len(pattern):
        character = pattern[position]
        if deep and pattern.startswith("**/", position):
            found += "(?:.*/)?"
            position += 3
            continue
        if deep and pattern.startswith("**", position):
            found += ".*"
            position += 2
            continue
        if character == "*":
            found += "[^/]*"
        elif character == "?":
            found += "[^/]"
        elif character == "[" and "]" in pattern[position + 1 :]:
            end = pattern.index("]", position + 1)
            inner = pattern[position + 1 : end].replace("\\", "\\\\")
            found += f"[{inner}]"
            position = end
        elif character == "\\" and position + 1 < len(pattern):
            position += 1
            found += re.escape(pattern[position])
        else:
            found += re.escape(character)
        position += 1
    return found
