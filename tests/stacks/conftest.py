"""The app, synthesized once for all of these tests."""

import json
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen
from aws_cdk import App

import app as the_app
from tests.constructs_lib.synthesis import CONTEXT, Template


@frozen
class Assembly:
    """What `cdk synth` leaves behind."""

    folder: Path
    templates: dict[str, Template]
    """Templates by the path of their stack, such as ``dev/training``."""


def synthesize(folder: Path, **context: Any) -> Assembly:
    """Synthesizes the app with the context of `cdk.json`, and more."""
    app = App(outdir=str(folder), context={**CONTEXT, **context})
    the_app.define(app)
    app.synth()
    manifest = json.loads((folder / "manifest.json").read_text())
    templates = {
        artifact["displayName"]: json.loads((folder / artifact["properties"]["templateFile"]).read_text())
        for artifact in manifest["artifacts"].values()
        if artifact["type"] == "aws:cloudformation:stack"
    }
    return Assembly(folder, templates)


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """All environments; cdk-nag has looked at each of them."""
    return synthesize(tmp_path_factory.mktemp("app") / "cdk.out")
