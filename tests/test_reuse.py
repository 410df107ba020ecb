"""Another author's CDK app: the library is installed as a package, and nothing of this checkout is in sight."""

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

APP = """
import sys
from pathlib import Path

from aws_cdk import App, Stack

import constructs_lib
from constructs_lib import ContainerBuild, ImageRepository

app = App(outdir="assembly")
stack = Stack(app, "Theirs")
ContainerBuild(stack, "Build", source=Path("container"), repository=ImageRepository(stack, "Images"))
app.synth()
print(constructs_lib.__file__)
"""


def run(*arguments: str, cwd: Path) -> str:
    clean = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    ended = subprocess.run(arguments, cwd=cwd, env=clean, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_an_app_of_another_author_builds_its_container(tmp_path: Path) -> None:
    environment = tmp_path / "environment"
    venv.create(environment, with_pip=True)
    python = str(environment / "bin" / "python")
    run(python, "-m", "pip", "install", "--quiet", str(ROOT), cwd=tmp_path)

    container = tmp_path / "container"
    container.mkdir()
    (container / "Dockerfile").write_text("FROM scratch\n")
    (tmp_path / "app.py").write_text(APP)
    where = Path(run(python, "-P", "app.py", cwd=tmp_path).strip())

    assert where.is_relative_to(environment)
    assert (where.parent / "py.typed").is_file()
    template = json.loads((tmp_path / "assembly" / "Theirs.template.json").read_text())
    kinds = [found["Type"] for found in template["Resources"].values()]
    assert (kinds.count("AWS::CodeBuild::Project"), kinds.count("AWS::Lambda::Function")) == (1, 2)
    key = next(
        found["Properties"]["Code"]["S3Key"]
        for found in template["Resources"].values()
        if found["Type"] == "AWS::Lambda::Function"
    )
    shipped = tmp_path / "assembly" / f"asset.{key.removesuffix('.zip')}"
    found = sorted(str(path.relative_to(shipped)) for path in shipped.rglob("*") if path.is_file())
    assert found == ["container_builder/handler.py", "container_builder/logic.py"]


@pytest.mark.slow
def test_importing_the_library_loads_no_cdk() -> None:
    program = "import sys, constructs_lib; print({'aws_cdk', 'jsii', 'boto3'} & set(sys.modules))"
    assert run(sys.executable, "-c", program, cwd=ROOT) == "set()\n"
