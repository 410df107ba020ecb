"""Checks the fields that only Map states of mode DISTRIBUTED have."""

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # whose checks call these
    from local_aws.stepfunctions.validation.states import Checks

_GET_OBJECT = "arn:aws:states:::s3:getObject"
_READERS = frozenset({_GET_OBJECT, "arn:aws:states:::s3:listObjectsV2"})
_WRITERS = frozenset({"arn:aws:states:::s3:putObject"})
_BATCH_LIMITS = frozenset(
    {"MaxItemsPerBatch", "MaxItemsPerBatchPath", "MaxInputBytesPerBatch", "MaxInputBytesPerBatchPath"}
)
_INPUT_TYPES = ("CSV", "JSON", "JSONL", "MANIFEST", "PARQUET")


def check_distributed(checks: "Checks", state: dict[str, Any], at: str, *, jsonata: bool) -> None:
    """What a Map of mode DISTRIBUTED has besides an inline one.

    Args:
        checks: collects the faults.
        state: the state.
        at: its place.
        jsonata: whether its expressions are JSONata.
    """
    label = state.get("Label")
    if label is not None and not (isinstance(label, str) and re.fullmatch(r"[A-Za-z0-9_-]{1,40}", label)):
        checks.fault("A Label has at most 40 letters, digits, hyphens and underscores", f"{at}/Label")
    for field, actions in (("ItemReader", _READERS), ("ResultWriter", _WRITERS)):
        if field not in state:
            continue
        given = state[field]
        if not isinstance(given, dict):
            checks.fault("Expected value of type Object", f"{at}/{field}")
            continue
        # a writer that only has a WriterConfig forms the result, and writes nothing
        forms = field == "ResultWriter" and "Resource" not in given and "WriterConfig" in given
        if given.get("Resource") not in actions and not forms:
            checks.fault(f"The value must be one of: [{', '.join(sorted(actions))}]", f"{at}/{field}/Resource")
            continue
        member = "Arguments" if jsonata else "Parameters"
        if member in given:
            check = checks.expressions if jsonata else checks.template
            check(given[member], f"{at}/{field}/{member}")
    _reader_config(checks, state.get("ItemReader"), at)
    if "ItemBatcher" in state:
        _batcher(checks, state["ItemBatcher"], f"{at}/ItemBatcher", jsonata=jsonata)
    for field, most in (("ToleratedFailurePercentage", 100), ("ToleratedFailureCount", 99_999_999)):
        if field in state and not (jsonata and isinstance(state[field], str)):
            checks.whole_number(state[field], 0, most, f"{at}/{field}")


def _batcher(checks: "Checks", batcher: Any, at: str, *, jsonata: bool) -> None:
    if not isinstance(batcher, dict) or not _BATCH_LIMITS & set(batcher):
        checks.fault("A batch needs MaxItemsPerBatch or MaxInputBytesPerBatch", at)
        return
    if jsonata:
        return
    for field in (field for field in batcher if field.endswith("Path")):
        checks.path(batcher[field], f"{at}/{field}")
    if "BatchInput" in batcher:
        checks.template(batcher["BatchInput"], f"{at}/BatchInput")


def _reader_config(checks: "Checks", reader: Any, at: str) -> None:
    if not isinstance(reader, dict) or reader.get("Resource") != _GET_OBJECT:
        return
    config, location = reader.get("ReaderConfig", {}), f"{at}/ItemReader/ReaderConfig"
    if config.get("InputType") not in _INPUT_TYPES:
        checks.fault(f"The value must be one of: [{', '.join(_INPUT_TYPES)}]", f"{location}/InputType")
    if config.get("InputType") == "CSV":
        where = config.get("CSVHeaderLocation")
        if where not in {"FIRST_ROW", "GIVEN"}:
            checks.fault("The value must be one of: [FIRST_ROW, GIVEN]", f"{location}/CSVHeaderLocation")
        if (where == "GIVEN") != ("CSVHeaders" in config):
            checks.fault("CSVHeaders are needed where CSVHeaderLocation is GIVEN, and only there", location)
