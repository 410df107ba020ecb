"""Python environments of images."""

import os
import subprocess
from pathlib import Path

import pytest

from local_aws.containers.process.environments import Environments, share


@pytest.fixture(scope="module")
def environments(tmp_path_factory: pytest.TempPathFactory) -> Environments:
    return Environments(tmp_path_factory.mktemp("environments"))


def test_the_base_has_pip_and_is_made_once(environments: Environments) -> None:
    key = environments.base()
    made = (environments.python(key) / "pyvenv.cfg").stat().st_mtime_ns
    assert environments.base() == key
    assert (environments.python(key) / "pyvenv.cfg").stat().st_mtime_ns == made
    assert environments.outcome(key) == key


def test_a_derived_environment_stands_on_its_own(environments: Environments) -> None:
    environments.derive("derived", environments.base())
    folder = environments.python("derived")
    printed = subprocess.run(
        [folder / "bin/pip", "--version"], capture_output=True, text=True, check=True, env={"PATH": "/bin"}
    )
    assert str(folder) in printed.stdout
    assert not environments.is_complete("derived")
    environments.discard("derived")
    assert not folder.exists()


def test_its_programs_stand_before_those_of_the_image(environments: Environments) -> None:
    own = f"{environments.python('k')}/bin"
    assert environments.on_path("k", "/opt/program:/usr/local/bin:/bin") == f"/opt/program:{own}:/usr/local/bin:/bin"
    assert environments.on_path("k", "/bin") == f"{own}:/bin"


def test_share_makes_a_second_name(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    share(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").read_text() == "x"
    (tmp_path / "link").symlink_to("a")
    share(tmp_path / "link", tmp_path / "other")
    assert os.readlink(tmp_path / "other") == "a"  # noqa: PTH115 - a link, not what it leads to
