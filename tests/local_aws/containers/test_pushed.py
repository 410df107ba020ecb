"""Images that an engine pushed are kept by it as long as the local AWS is there."""

from pathlib import Path

from local_aws.containers.command_line_engine import CommandLineEngine
from local_aws.platform import Platform
from tests.local_aws.containers.fake_engine import FakeEngine


def test_names_of_images_end_with_the_local_aws(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    platform = Platform(endpoint_url="http://127.0.0.1:1", state_dir=tmp_path / "state", cache_dir=tmp_path / "cache")
    fake = FakeEngine.make(tmp_path / "engine")
    engine = CommandLineEngine(platform, "podman", str(fake.program), {})
    engine.images.add("sha256:" + "a" * 64, "sha256:" + "1" * 64, "repository@sha256:" + "a" * 64)
    platform.stop()
    (call,) = (fake.folder / "calls").read_text().splitlines()
    assert call == f"rmi {engine.images.name('sha256:' + 'a' * 64)}"
