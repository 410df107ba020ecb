"""A pipeline's definition as the engine reads it: parameters, steps, and what waits for what."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import frozen

from local_aws.sagemaker.pipelines.parameters import Parameter, declared
from local_aws.sagemaker.pipelines.references import Get, JsonGet, references
from local_aws.sagemaker.pipelines.step_types import STEP_TYPES, StepType

VERSION = "2020-12-01"


@frozen
class Branch:
    """Where a step stands inside of a Condition step.

    Attributes:
        condition: the name of the Condition step.
        outcome: which outcome it is run for.
    """

    condition: str
    outcome: bool


@frozen(kw_only=True, eq=False)
class Step:
    """One step.

    Attributes:
        name: unique to the definition.
        type: such as ``Training``.
        document: as it was written.
        branch: where it stands; None at the top.
        needs: the names of the steps that must have ended before it begins.
    """

    name: str
    type: str
    document: Mapping[str, Any]
    branch: Branch | None
    needs: frozenset[str]

    @property
    def kind(self) -> StepType:
        """What its type is like."""
        return STEP_TYPES[self.type]

    @property
    def request(self) -> dict[str, Any]:
        """What it is carried out with, references and all: its Arguments, without the branches of a Condition."""
        arguments = self.document.get("Arguments") or {}
        return (
            {name: value for name, value in arguments.items() if name not in ("IfSteps", "ElseSteps")}
            if isinstance(arguments, dict)
            else {}
        )

    def expressions(self) -> Any:
        """All parts of the step that may refer to something."""
        members = {name: value for name, value in self.document.items() if name not in ("Arguments", "DependsOn")}
        return [members, self.request]

    def property_files(self) -> dict[str, dict[str, str]]:
        """Its property files by name."""
        return {entry["PropertyFileName"]: entry for entry in self.document.get("PropertyFiles") or ()}


@frozen(kw_only=True, eq=False)
class Definition:
    """A definition that has been checked.

    Attributes:
        text: as it was given.
        parameters: by name.
        steps: by name, those of branches after their Condition step.
        experiment: ``PipelineExperimentConfig``, with its references; None for none.
        mlflow: ``MlflowConfig``, with its references; None for none.
    """

    text: str
    parameters: Mapping[str, Parameter]
    steps: Mapping[str, Step]
    experiment: Mapping[str, Any] | None
    mlflow: Mapping[str, Any] | None

    def order(self) -> dict[str, frozenset[str]]:
        """What each step waits for."""
        return {name: step.needs for name, step in self.steps.items()}


def documents(steps: Any, branch: Branch | None = None) -> Iterator[tuple[dict[str, Any], Branch | None]]:
    """Every step of a document and of the branches in it, with where it stands; what is no step is passed over."""
    for document in steps if isinstance(steps, list) else ():
        if not isinstance(document, dict):
            continue
        yield document, branch
        arguments = document.get("Arguments")
        if document.get("Type") == "Condition" and isinstance(arguments, dict):
            for member, outcome in (("IfSteps", True), ("ElseSteps", False)):
                yield from documents(arguments.get(member), Branch(str(document.get("Name")), outcome))


def step_of(document: dict[str, Any], branch: Branch | None) -> Step:
    """Reads a step.

    Raises:
        MalformedReferenceError: a reference of it cannot be read.
    """
    step = Step(name=document["Name"], type=document["Type"], document=document, branch=branch, needs=frozenset())
    needs = set(document.get("DependsOn") or ())
    for reference in references(step.expressions()):
        needs |= set(_steps_of(reference))
    if branch is not None:
        needs.add(branch.condition)
    return Step(name=step.name, type=step.type, document=document, branch=branch, needs=frozenset(needs))


def read(text: str) -> Definition:
    """Reads a definition that has been checked before."""
    document = json.loads(text)
    steps = [step_of(each, branch) for each, branch in documents(document["Steps"])]
    return Definition(
        text=text,
        parameters=declared(document.get("Parameters") or [])[0],
        steps={step.name: step for step in steps},
        experiment=document.get("PipelineExperimentConfig"),
        mlflow=document.get("MlflowConfig"),
    )


def _steps_of(reference: Get | JsonGet) -> Iterator[str]:
    if isinstance(reference, JsonGet):
        if reference.step is not None:
            yield reference.step
    elif reference.root == "Steps":
        yield reference.name
