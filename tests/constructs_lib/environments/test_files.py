import json
from pathlib import Path

import pytest
from aws_cdk import App, DefaultStackSynthesizer, Stack
from aws_cdk import aws_ssm as ssm

from constructs_lib.environments.files import SourceFiles
from tests.constructs_lib.synthesis import CONTEXT, only

BUCKET = "cdk-{}-assets-${{AWS::AccountId}}-${{AWS::Region}}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "code"
    (made / "lib" / "__pycache__").mkdir(parents=True)
    (made / "train.py").write_text("print('train')\n")
    (made / "lib" / "tables.tar.gz").write_bytes(b"tables")
    (made / "Makefile").write_text("all:\n")
    (made / "lib" / "__pycache__" / "tables.cpython-312.pyc").write_bytes(b"compiled")
    return made


def synthesized(folder: Path, out: Path, **context: str) -> tuple[SourceFiles, dict[str, str], str]:
    """The construct, the files by the keys that they are uploaded under, and the template's text."""
    app = App(outdir=str(out), context={**CONTEXT, **context})
    stack = Stack(app, "Test")
    files = SourceFiles(stack, "Code", folder=folder)
    ssm.StringParameter(stack, "Uri", string_value=files.uri)
    app.synth()
    template = (out / "Test.template.json").read_text()
    assets = json.loads((out / "Test.assets.json").read_text())["files"].values()
    uploaded = {
        destination["objectKey"]: out / asset["source"]["path"]
        for asset in assets
        for destination in asset["destinations"].values()
    }
    return files, {key: path.read_text() for key, path in uploaded.items() if "template" not in str(path)}, template


def test_each_file_is_uploaded_under_its_own_name(folder: Path, tmp_path: Path) -> None:
    files, uploaded, template = synthesized(folder, tmp_path / "out")

    assert files.files == ("Makefile", "lib/tables.tar.gz", "train.py")
    assert uploaded == {
        f"{files.content_hash}/Makefile": "all:\n",
        f"{files.content_hash}/lib/tables.tar.gz": "tables",
        f"{files.content_hash}/train.py": "print('train')\n",
    }
    assert only(json.loads(template), "AWS::SSM::Parameter")["Value"] == {
        "Fn::Join": ["", ["s3://", {"Fn::Sub": BUCKET.format("hnb659fds")}, f"/{files.content_hash}"]]
    }


def test_another_bootstrap_bucket(folder: Path, tmp_path: Path) -> None:
    _, _, template = synthesized(folder, tmp_path / "out", **{"@aws-cdk/core:bootstrapQualifier": "team"})

    assert BUCKET.format("team") in template


def test_a_synthesizer_made_in_python_is_an_error(folder: Path) -> None:
    stack = Stack(App(), "Test", synthesizer=DefaultStackSynthesizer(qualifier="team"))
    with pytest.raises(ValueError, match="Test/Code: the stack's synthesizer: got one made in Python, expected the CD"):
        SourceFiles(stack, "Code", folder=folder)


def test_the_prefix_changes_with_the_content_and_not_with_what_python_leaves(folder: Path, tmp_path: Path) -> None:
    first, _, _ = synthesized(folder, tmp_path / "first")
    (folder / "lib" / "__pycache__" / "train.cpython-312.pyc").write_bytes(b"compiled")
    same, _, _ = synthesized(folder, tmp_path / "same")
    (folder / "train.py").write_text("print('retrain')\n")
    other, _, _ = synthesized(folder, tmp_path / "other")

    assert same.content_hash == first.content_hash
    assert other.content_hash != first.content_hash


def test_a_file_has_an_address_that_other_files_do_not_change(folder: Path, tmp_path: Path) -> None:
    def addresses(name: str) -> tuple[list[str], dict[str, str]]:
        app = App(outdir=str(tmp_path / name), context=CONTEXT)
        stack = Stack(app, "Test")
        files = SourceFiles(stack, "Code", folder=folder)
        told = [files.file_uri(path) for path in ("train.py", "lib/tables.tar.gz", "train.py")]
        for number, address in enumerate(told):
            ssm.StringParameter(stack, f"Uri{number}", string_value=address)
        app.synth()
        assets = json.loads((tmp_path / name / "Test.assets.json").read_text())["files"].values()
        uploaded = {
            destination["objectKey"]: (tmp_path / name / asset["source"]["path"]).read_text()
            for asset in assets
            if "template" not in asset["source"]["path"]
            for destination in asset["destinations"].values()
        }
        resources = json.loads((tmp_path / name / "Test.template.json").read_text())["Resources"]
        return [resources[key]["Properties"]["Value"]["Fn::Join"][1][2][1:] for key in sorted(resources)], uploaded

    (train, tables, again), uploaded = addresses("first")
    assert train == again
    assert (uploaded[train], uploaded[tables]) == ("print('train')\n", "tables")
    assert (train.split("/", 1)[1], tables.split("/", 1)[1]) == ("train.py", "lib/tables.tar.gz")

    (folder / "train.py").write_text("print('retrain')\n")
    (changed, same, _), uploaded = addresses("second")
    assert same == tables
    assert changed != train
    assert uploaded[changed] == "print('retrain')\n"


def test_an_address_of_a_file_that_is_not_there_is_an_error(folder: Path) -> None:
    files = SourceFiles(Stack(App(), "Test"), "Code", folder=folder)
    with pytest.raises(
        ValueError, match=r"Test/Code: path: got 'test.py', expected one of: Makefile, lib/.*, train.py"
    ):
        files.file_uri("test.py")


def test_a_folder_that_is_missing_or_empty_is_an_error(tmp_path: Path) -> None:
    stack = Stack(App(), "Test")
    with pytest.raises(ValueError, match=r"Test/Missing: folder: got '.*/nowhere', expected a folder"):
        SourceFiles(stack, "Missing", folder=tmp_path / "nowhere")
    with pytest.raises(ValueError, match=r"Test/Empty: folder: got '.*', expected one with files"):
        SourceFiles(stack, "Empty", folder=tmp_path)
