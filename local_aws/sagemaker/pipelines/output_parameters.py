"""OutputParameters of Callback and Lambda steps: declared, given, and of the right type."""

from collections.abc import Mapping
from typing import Any

from local_aws.sagemaker.pipelines.failures import StepFailedError
from local_aws.sagemaker.pipelines.parameters import Value, text_of
from local_aws.sagemaker.pipelines.records import StepRun

_TYPES: dict[str, tuple[type, ...]] = {
    "String": (str,),
    "Integer": (int,),
    "Float": (float, int),
    "Boolean": (bool,),
}


def take_outputs(run: StepRun, given: Mapping[str, Any], *, texts: bool) -> list[dict[str, str]]:
    """Makes values that a callback or a function gave the step's properties.

    Args:
        run: of the step.
        given: by name; what was not declared is passed over.
        texts: whether all values are texts, to be read as the declared type.

    Returns:
        OutputParameters, as the step's metadata has them.

    Raises:
        StepFailedError: one is missing, or of another type.
    """
    found: dict[str, Value] = {}
    faults = []
    for entry in run.step.document.get("OutputParameters") or ():
        name, kind = entry["OutputName"], entry["OutputType"]
        if name not in given:
            faults.append(f"output parameter {name} is missing")
            continue
        value: Any = _read(given[name], kind) if texts else given[name]
        fits = isinstance(value, _TYPES[kind]) and (kind == "Boolean" or not isinstance(value, bool))
        if not fits:
            faults.append(f"output parameter {name} is {given[name]!r}, expected a value of type {kind}")
            continue
        found[name] = value
    if faults:
        raise StepFailedError(f"ClientError: {'; '.join(faults)}")
    run.properties = {"OutputParameters": found}
    return [{"Name": name, "Value": text_of(value)} for name, value in found.items()]


def _read(text: str, kind: str) -> Any:
    try:
        if kind == "Integer":
            return int(text)
        if kind == "Float":
            return float(text)
    except ValueError:
        return text
    if kind == "Boolean":
        return {"true": True, "false": False}.get(text.lower(), text)
    return text
