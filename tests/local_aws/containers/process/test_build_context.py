"""The build context: wildcards and .dockerignore."""

from pathlib import Path

import pytest

from local_aws.containers.process.build_context import BuildContext


def context(folder: Path, ignore: str = "") -> BuildContext:
    for name in (
        "train",
        "serve",
        "README.md",
        "lib/a.py",
        "lib/b.py",
        "lib/deep/c.py",
        "lib/__pycache__/a.pyc",
        ".git/x",
    ):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (folder / "Dockerfile").write_text("FROM scratch\n")
    (folder / ".dockerignore").write_text(ignore)
    return BuildContext(folder, folder / "Dockerfile")


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("train", ["train"]),
        ("./lib/", ["lib"]),
        ("lib/*.py", ["lib/a.py", "lib/b.py"]),
        ("*e", ["Dockerfile", ".dockerignore", "serve"]),
        ("[st]*e", ["serve"]),
        (".", [""]),
        ("/", [""]),
        ("../../train", ["train"]),
        ("absent", []),
    ],
)
def test_match(tmp_path: Path, source: str, names: list[str]) -> None:
    assert sorted(context(tmp_path).match(source)) == sorted(names)


@pytest.mark.parametrize(
    ("ignore", "kept", "dropped"),
    [
        ("**/__pycache__\n", ["lib/a.py", "lib"], ["lib/__pycache__", "lib/__pycache__/a.pyc"]),
        ("*.md\n# train\n\n", ["train"], ["README.md"]),
        ("lib\n!lib/deep\n", ["lib", "lib/deep/c.py"], ["lib/a.py"]),
        (
            "*\n!train\n!lib/**\n**/__pycache__\n",
            ["train", "lib", "lib/a.py", "lib/deep/c.py"],
            ["serve", "lib/__pycache__"],
        ),
        ("/.git/\n", ["train"], [".git", ".git/x"]),
    ],
)
def test_dockerignore(tmp_path: Path, ignore: str, kept: list[str], dropped: list[str]) -> None:
    files = context(tmp_path, ignore).files
    assert [name for name in kept if name not in files] == []
    assert [name for name in dropped if name in files] == []


def test_an_ignore_file_of_the_dockerfile_goes_first(tmp_path: Path) -> None:
    made = context(tmp_path, "train\n")
    (tmp_path / "Dockerfile.dockerignore").write_text("serve\n")
    assert "train" in made.files
    assert "serve" not in made.files
