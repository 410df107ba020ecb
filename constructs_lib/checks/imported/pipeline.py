"""Pipelines that somebody else wrote: what can be known before they are deployed.

The rules are those of `constructs_lib.checks.pipelines`, of documents instead of typed steps.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any

from attrs import frozen

from constructs_lib.checks.imported.families import unlike_values
from constructs_lib.checks.imported.options import option_problems
from constructs_lib.checks.imported.properties import property_problem
from constructs_lib.checks.json_paths import JSON_PATH
from constructs_lib.checks.wording import did_you_mean, shown
from constructs_lib.definitions.errors import Problem
from constructs_lib.definitions.imported_pipeline import ImportedPipeline, placed_steps
from constructs_lib.definitions.ordering import circle, sorted_names
from constructs_lib.definitions.tokens import has_text_token, is_token

STEP_TYPES = (
    "AutoML",
    "BedrockCustomModel",
    "BedrockCustomModelDeployment",
    "BedrockModelImport",
    "BedrockProvisionedModelThroughput",
    "Callback",
    "ClarifyCheck",
    "Condition",
    "EMR",
    "EMRServerless",
    "Endpoint",
    "EndpointConfig",
    "Fail",
    "InferenceComponent",
    "Lambda",
    "Lineage",
    "Model",
    "Processing",
    "QualityCheck",
    "RegisterModel",
    "Training",
    "Transform",
    "Tuning",
)
"""What SageMaker Pipelines calls its steps."""

_PIPELINE = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,255}")
_STEP = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MOST_PARAMETERS = 200
_TYPES: dict[str, tuple[type, ...]] = {"String": (str,), "Integer": (int,), "Float": (float, int), "Boolean": (bool,)}
_COMPARISONS = ("Equals", "GreaterThan", "GreaterThanOrEqualTo", "LessThan", "LessThanOrEqualTo")
_CONDITIONS = (*_COMPARISONS, "In", "Not", "Or")
_VARIABLES = (
    "CurrentDateTime",
    "PipelineArn",
    "PipelineExecutionArn",
    "PipelineExecutionId",
    "PipelineName",
    "ProcessingJobName",
    "StartDateTime",
    "TrainingJobName",
)
# the name of a job is known to the step that starts it; checks run processing jobs
_JOB_NAMES = {
    "Execution.ProcessingJobName": ("Processing", "QualityCheck", "ClarifyCheck"),
    "Execution.TrainingJobName": ("Training",),
}


@frozen(eq=False, slots=False)
class _Document:
    """A document as the rules see it."""

    pipeline: ImportedPipeline

    @cached_property
    def placed(self) -> tuple[tuple[Mapping[str, Any], tuple[tuple[str, str], ...]], ...]:
        return tuple(placed_steps(self.pipeline.document.get("Steps")))

    @cached_property
    def by_name(self) -> dict[str, Mapping[str, Any]]:
        return {step["Name"]: step for step, _ in self.placed}

    @cached_property
    def ways(self) -> dict[str, tuple[tuple[str, str], ...]]:
        return {step["Name"]: ways for step, ways in self.placed}

    @cached_property
    def parameters(self) -> tuple[Mapping[str, Any], ...]:
        found = self.pipeline.document.get("Parameters") or ()
        return tuple(item for item in found if isinstance(item, Mapping)) if isinstance(found, list | tuple) else ()

    @cached_property
    def reads(self) -> tuple[tuple[str, str], ...]:
        """What each step reads, as it is written: ``Steps.Train.ModelArtifacts``."""
        return tuple(
            (step["Name"], path)
            for step, _ in self.placed
            for path in dict.fromkeys(_gets({key: _own(step, key) for key in step}))
        )

    def condition_between(self, reader: str, name: str) -> str | None:
        """The Condition that may keep a step from running where another one does; None where it surely runs."""
        around = self.ways[reader]
        return next((condition for condition, branch in self.ways[name] if (condition, branch) not in around), None)


def check_imported_pipeline(pipeline: ImportedPipeline) -> tuple[Problem, ...]:
    """Everything that is wrong with a document, as far as it tells without being run."""
    document = _Document(pipeline)
    return tuple(problem for rule in _RULES for problem in rule(document))


def _own(step: Mapping[str, Any], key: str) -> Any:
    """A member of a step, without the steps inside of it: they stand for themselves."""
    value = step[key]
    if key != "Arguments" or step.get("Type") != "Condition" or not isinstance(value, Mapping):
        return value
    return {name: member for name, member in value.items() if name not in ("IfSteps", "ElseSteps")}


def _gets(value: Any) -> Iterator[str]:
    """The references in a value."""
    if isinstance(value, Mapping):
        if value.keys() == {"Get"} and isinstance(value["Get"], str):
            yield value["Get"]
        else:
            for member in value.values():
                yield from _gets(member)
    elif isinstance(value, list | tuple):
        for element in value:
            yield from _gets(element)


def step_read(path: str) -> str | None:
    """The step that a reference reads; None where it reads something else."""
    if not path.startswith("Steps."):
        return None
    return re.split(r"[.\[]", path.removeprefix("Steps."), maxsplit=1)[0]


def pipeline_has_a_legal_name(document: _Document) -> Iterator[Problem]:
    """The pattern of CreatePipeline."""
    name = document.pipeline.name
    if not has_text_token(name) and not _PIPELINE.fullmatch(name):
        yield Problem(path="name", message=f"got {shown(name)}, expected 1 to 256 letters, digits and inner hyphens")


def steps_are_well_formed(document: _Document) -> Iterator[Problem]:
    """A step has a name, a type and arguments."""
    version, steps = (document.pipeline.document.get(key) for key in ("Version", "Steps"))
    if version != "2020-12-01":
        yield Problem(path="Version", message=f"got {shown(version)}, expected '2020-12-01'")
    if not isinstance(steps, list | tuple) or not steps:
        yield Problem(path="Steps", message=f"got {shown(steps)}, expected at least one step")
        return
    for number, step in enumerate(steps):
        if not isinstance(step, Mapping) or not isinstance(step.get("Name"), str):
            yield Problem(path=f"Steps[{number}]", message=f"got {shown(step)}, expected a step with a Name")
    for name, step in document.by_name.items():
        if not _STEP.fullmatch(name):
            message = f"got {shown(name)}, expected 1 to 64 letters, digits, '-' or '_'"
            yield Problem(step=name, path="Name", message=message)
        kind = step.get("Type")
        if kind not in STEP_TYPES:
            hint = did_you_mean(str(kind), STEP_TYPES)
            yield Problem(step=name, path="Type", message=f"got {shown(kind)}, expected a type of step{hint}")
        if not isinstance(step.get("Arguments", {}), Mapping):
            message = f"got {shown(step['Arguments'])}, expected a JSON object"
            yield Problem(step=name, path="Arguments", message=message)


def steps_have_names_of_their_own(document: _Document) -> Iterator[Problem]:
    """Steps are known by their names, those inside of Conditions too."""
    for name, count in Counter(step["Name"] for step, _ in document.placed).items():
        if count > 1:
            yield Problem(step=name, path="Name", message=f"got {count} steps of this name, expected one")


def steps_are_not_too_many(document: _Document) -> Iterator[Problem]:
    """The service's quota of steps."""
    count, most = len(document.placed), document.pipeline.max_steps
    if count > most:
        message = f"got {count} steps, expected at most {most}; max_steps says where the account's quota is higher"
        yield Problem(path="Steps", message=message)


def parameters_are_of_their_types(document: _Document) -> Iterator[Problem]:
    """A parameter has a name of its own, one of four types, and a default that is among what it may be."""
    names = Counter(shown(found.get("Name")) for found in document.parameters)
    for name, count in names.items():
        if count > 1:
            yield Problem(path="Parameters", message=f"got {count} parameters of the name {name}, expected one")
    if len(document.parameters) > _MOST_PARAMETERS:
        message = f"got {len(document.parameters)} parameters, expected at most {_MOST_PARAMETERS}"
        yield Problem(path="Parameters", message=message)
    for number, found in enumerate(document.parameters):
        path, kind, default = f"Parameters[{number}]", found.get("Type"), found.get("DefaultValue")
        if kind not in _TYPES:
            yield Problem(path=f"{path}.Type", message=f"got {shown(kind)}, expected one of: {', '.join(_TYPES)}")
            continue
        wrong = not isinstance(default, _TYPES[kind]) or (kind != "Boolean" and isinstance(default, bool))
        if default is not None and wrong and not is_token(default):
            yield Problem(path=f"{path}.DefaultValue", message=f"got {shown(default)}, expected a value of type {kind}")
        allowed = found.get("EnumValues")
        if allowed is not None and default is not None and default not in allowed and not is_token(default):
            message = f"got {shown(default)}, expected one of: {', '.join(map(shown, allowed))}"
            yield Problem(path=f"{path}.DefaultValue", message=message)


def references_lead_somewhere(document: _Document) -> Iterator[Problem]:
    """A reference reads a parameter, an execution variable, or a step of this pipeline."""
    parameters = [str(found.get("Name")) for found in document.parameters]
    for name, path in document.reads:
        root, _, rest = path.partition(".")
        source = step_read(path)
        if root == "Parameters" and rest not in parameters:
            hint = did_you_mean(rest, parameters)
            yield Problem(step=name, message=f"reads the parameter {rest!r}, which is not in this pipeline{hint}")
        elif root == "Execution" and rest not in _VARIABLES:
            hint = did_you_mean(rest, _VARIABLES)
            yield Problem(step=name, message=f"reads {path!r}, expected an execution variable{hint}")
        elif source is not None and source not in document.by_name:
            hint = did_you_mean(source, document.by_name)
            yield Problem(step=name, message=f"reads {path!r} of a step that is not in this pipeline{hint}")
        elif source is not None and (condition := document.condition_between(name, source)) is not None:
            message = f"reads {path!r}, whose step is inside of {condition!r} and may not run"
            yield Problem(step=name, message=message)
        elif root not in ("Parameters", "Execution", "Steps"):
            yield Problem(step=name, message=f"reads {path!r}, expected Parameters, Execution or Steps before a '.'")


def job_names_are_read_in_their_steps(document: _Document) -> Iterator[Problem]:
    """The name of a job has no value in a step that starts another kind, which fails when it runs."""
    for name, path in document.reads:
        kinds, step = _JOB_NAMES.get(path), document.by_name.get(name)
        if kinds is not None and step is not None and step.get("Type") not in kinds:
            message = f"reads {path!r}, expected only in a step of type {' or '.join(kinds)}"
            yield Problem(step=name, message=message)


def steps_ask_for_what_the_service_takes(document: _Document) -> Iterator[Problem]:
    """A cache or a retry where there is none, and members that are refused, are told when the pipeline is created."""
    for step in document.by_name.values():
        yield from option_problems(step)


def properties_are_those_of_their_steps(document: _Document) -> Iterator[Problem]:
    """A property that a step does not have is refused when the pipeline is created, or fails it in the middle."""
    for name, path in document.reads:
        source = step_read(path)
        step = document.by_name.get(source or "")
        rest = path.removeprefix(f"Steps.{source}")
        if step is None or rest.startswith(".PropertyFiles."):
            continue
        problem = property_problem(step, rest)
        if problem is not None:
            yield Problem(step=name, message=f"reads {path!r}: {problem}")


def experiments_are_known_before_the_steps(document: _Document) -> Iterator[Problem]:
    """The names of experiment and trial are made before anything runs."""
    parameters = [str(found.get("Name")) for found in document.parameters]
    for path in dict.fromkeys(_gets(document.pipeline.document.get("PipelineExperimentConfig"))):
        root, _, rest = path.partition(".")
        message = None
        if root == "Parameters" and rest not in parameters:
            hint = did_you_mean(rest, parameters)
            message = f"reads the parameter {rest!r}, which is not in this pipeline{hint}"
        elif root == "Execution" and rest not in _VARIABLES:
            message = f"reads {path!r}, expected an execution variable{did_you_mean(rest, _VARIABLES)}"
        elif root == "Steps":
            message = f"reads {path!r}, but no step has run yet"
        elif root not in ("Parameters", "Execution"):
            message = f"reads {path!r}, expected Parameters or Execution before a '.'"
        if message is not None:
            yield Problem(path="PipelineExperimentConfig", message=message)


def dependencies_are_steps_of_the_pipeline(document: _Document) -> Iterator[Problem]:
    """A step can only wait for steps that are there, and that surely run."""
    for step, _ in document.placed:
        for name in _dependencies(step):
            if name not in document.by_name:
                message = f"got {name!r}, expected a step of this pipeline{did_you_mean(name, document.by_name)}"
                yield Problem(step=step["Name"], path="DependsOn", message=message)
            elif (condition := document.condition_between(step["Name"], name)) is not None:
                message = f"got {name!r}, which is inside of {condition!r} and may not run"
                yield Problem(step=step["Name"], path="DependsOn", message=message)


def steps_have_an_order(document: _Document) -> Iterator[Problem]:
    """Steps that wait for each other in a circle never start."""
    before = {
        name: {found for found in _dependencies(step) if found in document.by_name}
        for name, step in document.by_name.items()
    }
    for name, ways in document.ways.items():
        before[name] |= {condition for condition, _ in ways[-1:]}
    for name, path in document.reads:
        source = step_read(path)
        if source in document.by_name:
            before[name].add(str(source))
    sorted_already = set(sorted_names(before))
    if len(sorted_already) < len(before):
        found = circle(before, [name for name in before if name not in sorted_already])
        message = "steps depend on each other in a circle: " + " -> ".join(repr(name) for name in found)
        yield Problem(step=found[0], path="DependsOn", message=message)


def json_is_read_of_property_files(document: _Document) -> Iterator[Problem]:
    """A property file is one of those of the processing step that is named, and lies in one of its outputs."""
    for name, path in document.reads:
        source, _, file = path.removeprefix("Steps.").partition(".PropertyFiles.")
        step = document.by_name.get(source)
        if not path.startswith("Steps.") or not file or step is None:
            continue
        names = [str(found.get("PropertyFileName")) for found in _property_files(step)]
        if file not in names:
            expected = ", ".join(map(shown, names)) or "none: it has no property files"
            message = f"reads the property file {file!r} of {source!r}, expected {expected}"
            yield Problem(step=name, message=message)
    for name, step in document.by_name.items():
        config = _arguments(step).get("ProcessingOutputConfig") or {}
        outputs = [found.get("OutputName") for found in config.get("Outputs", ())]
        for number, found in enumerate(_property_files(step)):
            if found.get("OutputName") not in outputs:
                message = f"got {shown(found.get('OutputName'))}, expected one of the outputs: {shown(outputs)}"
                yield Problem(step=name, path=f"PropertyFiles[{number}].OutputName", message=message)


def json_is_read_by_paths_to_one_value(document: _Document) -> Iterator[Problem]:
    """JsonGet gives a single value of a property file, or of an object in S3: no wildcards and filters."""
    for name, step in document.by_name.items():
        for found in _json_gets({key: _own(step, key) for key in step}):
            given = found if isinstance(found, Mapping) else {}
            path, file = given.get("Path"), given.get("PropertyFile")
            if not isinstance(path, str) or not JSON_PATH.fullmatch(path):
                message = f"got the path {shown(path)} in a JsonGet, expected names and positions, such as 'a.b[0]'"
                yield Problem(step=name, message=message)
            reference = file.get("Get") if isinstance(file, Mapping) else None
            if "S3Uri" not in given and (not isinstance(reference, str) or ".PropertyFiles." not in reference):
                message = f"got {shown(file)} in a JsonGet, expected a reference to Steps.STEP.PropertyFiles.NAME"
                yield Problem(step=name, message=message)


def _json_gets(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        for key, member in value.items():
            if key == "Std:JsonGet":
                yield member
            yield from _json_gets(member)
    elif isinstance(value, list | tuple):
        for element in value:
            yield from _json_gets(element)


def conditions_are_known(document: _Document) -> Iterator[Problem]:
    """A Condition step has conditions of the service's types."""
    for name, step in document.by_name.items():
        if step.get("Type") != "Condition":
            continue
        conditions = _arguments(step).get("Conditions")
        if not isinstance(conditions, list | tuple) or not conditions:
            yield Problem(step=name, path="Arguments.Conditions", message="missing, expected at least one condition")
            continue
        for number, condition in enumerate(conditions):
            yield from _condition(name, f"Arguments.Conditions[{number}]", condition)


def comparisons_compare_like_with_like(document: _Document) -> Iterator[Problem]:
    """A comparison of a text with a number fails the step when it is reached."""
    types = {f"Parameters.{found.get('Name')}": str(found.get("Type")) for found in document.parameters}
    for name, step in document.by_name.items():
        for output in step.get("OutputParameters") or ():
            types[f"Steps.{name}.OutputParameters['{output.get('OutputName')}']"] = str(output.get("OutputType"))
    for name, step in document.by_name.items():
        conditions = _arguments(step).get("Conditions") if step.get("Type") == "Condition" else ()
        for number, condition in enumerate(conditions if isinstance(conditions, list | tuple) else ()):
            for path, message in unlike_values(condition, types):
                yield Problem(step=name, path=f"Arguments.Conditions[{number}]{path}", message=message)


def _condition(name: str, path: str, condition: Any) -> Iterator[Problem]:
    kind = condition.get("Type") if isinstance(condition, Mapping) else None
    if kind not in _CONDITIONS:
        hint = did_you_mean(str(kind), _CONDITIONS)
        yield Problem(step=name, path=f"{path}.Type", message=f"got {shown(kind)}, expected a type of condition{hint}")
    elif kind == "Or":
        for number, inner in enumerate(condition.get("Conditions") or ()):
            yield from _condition(name, f"{path}.Conditions[{number}]", inner)
    elif kind == "Not":
        yield from _condition(name, f"{path}.Condition", condition.get("Condition"))
    else:
        members = ("LeftValue", "RightValue") if kind in _COMPARISONS else ("QueryValue", "Values")
        for member in members:
            if condition.get(member) is None:
                yield Problem(step=name, path=f"{path}.{member}", message=f"missing in a condition of type {kind}")


def _arguments(step: Mapping[str, Any]) -> Mapping[str, Any]:
    found = step.get("Arguments")
    return found if isinstance(found, Mapping) else {}


def _dependencies(step: Mapping[str, Any]) -> tuple[str, ...]:
    found = step.get("DependsOn") or ()
    return tuple(name for name in found if isinstance(name, str)) if isinstance(found, list | tuple) else ()


def _property_files(step: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    found = step.get("PropertyFiles") or ()
    return tuple(file for file in found if isinstance(file, Mapping)) if isinstance(found, list | tuple) else ()


_RULES: tuple[Callable[[_Document], Iterator[Problem]], ...] = (
    pipeline_has_a_legal_name,
    steps_are_well_formed,
    steps_have_names_of_their_own,
    steps_are_not_too_many,
    parameters_are_of_their_types,
    references_lead_somewhere,
    job_names_are_read_in_their_steps,
    steps_ask_for_what_the_service_takes,
    properties_are_those_of_their_steps,
    experiments_are_known_before_the_steps,
    dependencies_are_steps_of_the_pipeline,
    steps_have_an_order,
    json_is_read_of_property_files,
    json_is_read_by_paths_to_one_value,
    conditions_are_known,
    comparisons_compare_like_with_like,
)
