"""A program that answers as docker or podman does, with images that are names alone."""

import json
import sys
from pathlib import Path

from attrs import define

_PROGRAM = """
import json, pathlib, sys, time

folder = pathlib.Path(__file__).parent
known = folder / "images.json"
images = json.loads(known.read_text())
words = sys.argv[1:]
with (folder / "calls").open("a") as calls:
    calls.write(" ".join(words) + "\\n")

def full(name):
    return name if ":" in name.split("/")[-1] else name + ":latest"

def named(name):
    return name if name in images.values() else images.get(full(name))

def keep(name, image):
    images[full(name)] = image
    known.write_text(json.dumps(images))

if words[:2] == ["image", "inspect"]:
    if named(words[2]) is None:
        sys.exit("no such image")
    print(json.dumps([{
        "Id": named(words[2]), "Os": "linux", "Architecture": "amd64",
        "Config": {"Cmd": ["engine"]}, "RootFS": {"Layers": ["sha256:1"]},
    }]))
elif words[0] == "pull":
    print("Trying to pull " + words[-1] + "...", flush=True)
    answer = (folder / "registry").read_text()
    if answer == "silent":
        time.sleep(600)
    if answer:
        sys.exit("Error: " + answer)
    print("Getting image source signatures", flush=True)
    keep(words[-1], "sha256:" + "b" * 64)
elif words[0] == "build":
    if (folder / "broken").exists():
        print("a RUN failed", file=sys.stderr)
        sys.exit(7)
    for option, value in zip(words, words[1:]):
        if option == "--tag":
            keep(value, "sha256:" + "e" * 64)
    print("built by the engine")
elif words[0] == "tag":
    keep(words[2], named(words[1]))
elif words[0] == "images":
    print("images of the engine")
elif words[0] == "rmi":
    for name in words[1:]:
        images.pop(full(name), None)
    known.write_text(json.dumps(images))
elif words[0] == "run":
    print("run by the engine")
"""


@define
class FakeEngine:
    """The program and what it was called with."""

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> "FakeEngine":
        folder.mkdir()
        made = cls(folder)
        made.program.write_text(f"#!{sys.executable} -IS{_PROGRAM}")
        made.program.chmod(0o755)
        (folder / "images.json").write_text("{}")
        made.registry_says("")
        return made

    @property
    def program(self) -> Path:
        return self.folder / "podman"

    @property
    def images(self) -> dict[str, str]:
        """Its names, and the ids that they stand for."""
        found: dict[str, str] = json.loads((self.folder / "images.json").read_text())
        return found

    @property
    def calls(self) -> list[str]:
        """The first words of what it was called with."""
        path = self.folder / "calls"
        return [line.split()[0] for line in path.read_text().splitlines()] if path.exists() else []

    def registry_says(self, error: str) -> None:
        """What a pull fails with from now on: empty where it succeeds, ``silent`` where nothing answers."""
        (self.folder / "registry").write_text(error)

    def break_builds(self) -> None:
        """Lets all builds fail."""
        (self.folder / "broken").touch()
