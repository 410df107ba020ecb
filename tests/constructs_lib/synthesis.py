"""Templates as dictionaries: a stack is defined by a function, synthesized, and read back."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from aws_cdk import App, Stack, Validations
from cdk_nag import AwsSolutionsChecks

Template = dict[str, Any]

CONTEXT = json.loads((Path(__file__).parents[2] / "cdk.json").read_text())["context"]
"""The feature flags of the app: what is tested is what is deployed."""


def template_of(define: Callable[[Stack], object], folder: Path, *, nag: bool = False) -> Template:
    """The template of a stack named `Test`.

    Args:
        define: puts constructs into the stack.
        folder: an empty folder for the assembly.
        nag: whether findings of cdk-nag (AwsSolutions) fail the synthesis.
    """
    app = App(outdir=str(folder / "assembly"), context=CONTEXT)
    stack = Stack(app, "Test")
    define(stack)
    if nag:
        Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    app.synth()
    template: Template = json.loads((folder / "assembly" / "Test.template.json").read_text())
    return template


def resources(template: Template, kind: str) -> dict[str, Mapping[str, Any]]:
    """The resources of a type, by logical id."""
    return {name: found for name, found in template["Resources"].items() if found["Type"] == kind}


def only(template: Template, kind: str) -> Mapping[str, Any]:
    """The properties of the only resource of a type."""
    (found,) = resources(template, kind).values()
    properties: Mapping[str, Any] = found["Properties"]
    return properties


def statements(template: Template, start: str) -> list[Mapping[str, Any]]:
    """The statements of all policies of the role whose logical id starts so."""
    (role,) = [name for name in resources(template, "AWS::IAM::Role") if name.startswith(start)]
    documents = [
        policy["PolicyDocument"] for policy in template["Resources"][role]["Properties"].get("Policies", [])
    ] + [
        policy["Properties"]["PolicyDocument"]
        for policy in resources(template, "AWS::IAM::Policy").values()
        if {"Ref": role} in policy["Properties"]["Roles"]
    ]
    return [statement for document in documents for statement in document["Statement"]]
