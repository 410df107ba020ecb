"""What may import what, beyond what import-linter sees."""

import ast
import importlib
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import constructs_lib
from constructs_lib import definitions

ROOT = Path(__file__).parents[2]
LAMBDA_FILES = sorted(path.relative_to(ROOT) for path in (ROOT / "lambda_src").rglob("*.py"))


def test_importing_the_library_loads_nothing_heavy() -> None:
    program = (
        "import sys; before = set(sys.modules); import constructs_lib; own = ('constructs_lib', 'importlib'); "
        "print(sorted(name for name in set(sys.modules) - before if not name.startswith(own)))"
    )
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert len(ast.literal_eval(ended.stdout)) <= 3


@pytest.mark.parametrize("name", constructs_lib.__all__)
def test_public_names_are_where_they_should_be(name: str) -> None:
    assert getattr(getattr(constructs_lib, name), "__name__", name) == name  # constants have none
    assert name in dir(constructs_lib)


def test_public_names_are_told_to_type_checkers_too() -> None:
    source = (ROOT / "constructs_lib" / "__init__.py").read_text()
    told = re.findall(r"^    from (\S+) import (\w+) as \2$", source, re.MULTILINE)

    assert sorted(name for _, name in told) == constructs_lib.__all__
    assert all(getattr(importlib.import_module(module), name) is getattr(constructs_lib, name) for module, name in told)


def test_other_names_are_not_there() -> None:
    with pytest.raises(AttributeError, match=r"^module 'constructs_lib' has no attribute 'Pipeline'$"):
        _ = constructs_lib.Pipeline


def test_steps_of_other_families_are_not_imported() -> None:
    program = (
        "import sys; from constructs_lib.definitions import LambdaStep, WorkflowDefinition; "
        "print(*(name for name in sys.modules if name.startswith('constructs_lib.definitions.steps.')))"
    )
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    families = {name.rpartition(".")[2] for name in ended.stdout.split()}

    assert "functions" in families
    assert not families & {"automl", "bedrock", "emr", "labeling", "lineage", "notebook", "quality", "registration"}


@pytest.mark.parametrize("module", [definitions, definitions.steps])
def test_names_of_definitions_are_there_when_they_are_asked_for(module: ModuleType) -> None:
    assert {getattr(getattr(module, name), "__name__", name) for name in module.__all__} == set(module.__all__)
    assert set(module.__all__) <= set(dir(module))
    with pytest.raises(AttributeError, match=rf"^module '{module.__name__}' has no attribute 'NoSuchStep'$"):
        _ = module.NoSuchStep


@pytest.mark.parametrize("path", LAMBDA_FILES, ids=str)
def test_lambda_functions_import_nothing_of_ours_but_their_own_folder(path: Path) -> None:
    names = set()
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.Import):
            names |= {found.name.partition(".")[0] for found in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add((node.module or "").partition(".")[0])
    own = {path.parts[1]}
    assert names - own - set(sys.stdlib_module_names) <= {"boto3", "botocore"}


def test_the_layers_are_kept() -> None:
    """The contracts of ``.importlinter``."""
    linter = Path(sys.executable).parent / "lint-imports"
    ended = subprocess.run([str(linter), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout
