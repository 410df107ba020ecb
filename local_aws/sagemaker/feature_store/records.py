"""What a client wrote, against the group's features: a record with typed values, or the reason why it is none."""

import re
from collections.abc import Mapping
from typing import Any

from attrs import frozen

from local_aws.gateway.errors import AwsError
from local_aws.sagemaker.feature_store.event_times import iso_time, unix_time
from local_aws.sagemaker.feature_store.features import Feature
from local_aws.sagemaker.feature_store.group import FeatureGroup
from local_aws.sagemaker.feature_store.online import Values

_INTEGER = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_INFINITE = float("inf")
_LOWEST, _HIGHEST = -(2**63), 2**63 - 1
_LONGEST_INTEGER = 20
_RECORD_BYTES = 350 * 1024
_IDENTIFIER_BYTES = 2 * 1024


@frozen
class Record:
    """A record that fits its group.

    Attributes:
        identifier: its text; that of a number in one spelling.
        event_time: in nanoseconds.
        values: as the client wrote them.
        typed: the same as the offline store keeps them.
    """

    identifier: str
    event_time: int
    values: Values
    typed: dict[str, Any]


def validation(message: str) -> AwsError:
    """The runtime's answer to a request that cannot be carried out as it is."""
    return AwsError("ValidationError", f"Validation Error: {message}", status=400)


def read_record(group: FeatureGroup, given: Any) -> Record:
    """A record of PutRecord.

    Args:
        group: whose features count.
        given: its list of FeatureValues.

    Raises:
        AwsError: ``ValidationError``: every value that does not fit, and what is missing.
    """
    values, typed, faults = _read(group, given)
    faults += [
        f"feature {name} ({what}) is missing"
        for name, what in ((group.identifier, "the record identifier"), (group.event_time, "the event time"))
        if name not in values
    ]
    if faults:
        raise validation("; ".join(faults))
    identifier = str(typed[group.identifier])
    _check_sizes(identifier, values)
    return Record(identifier, event_time(group, str(values[group.event_time])), values, typed)


def read_changes(group: FeatureGroup, given: Any) -> tuple[Values, dict[str, Any]]:
    """Some values of a record, as UpdateRecord has them: as they were written, and typed.

    Raises:
        AwsError: ``ValidationError``: every value that does not fit.
    """
    values, typed, faults = _read(group, given)
    if faults:
        raise validation("; ".join(faults))
    return values, typed


def read_identifier(group: FeatureGroup, text: str) -> Any:
    """The record identifier in its type.

    Raises:
        AwsError: ``ValidationError``: it is not of that type.
    """
    try:
        return _value(group.features[group.identifier], text)
    except ValueError as error:
        raise validation(str(error)) from None


def event_time(group: FeatureGroup, text: str) -> int:
    """An event time in nanoseconds.

    Raises:
        AwsError: ``ValidationError``: it has not the form of the group's event time feature.
    """
    try:
        return iso_time(text) if group.features[group.event_time].type == "String" else unix_time(text)
    except ValueError as error:
        raise validation(f"event time {group.event_time}: got {_shown(text)}, {error}") from None


def typed_values(features: Mapping[str, Feature], values: Values) -> dict[str, Any]:
    """Values that were read once already, in their types."""
    return {
        name: _value(features[name], value)
        if isinstance(value, str)
        else [_value(features[name], item) for item in value]
        for name, value in values.items()
    }


def _read(group: FeatureGroup, given: Any) -> tuple[Values, dict[str, Any], list[str]]:
    if not isinstance(given, list) or not given:
        raise validation(f"got {_shown(given)} for a record, expected a list of at least one feature value")
    features = group.features
    values: Values = {}
    typed: dict[str, Any] = {}
    faults: list[str] = []
    for item in given:
        name = item.get("FeatureName") if isinstance(item, dict) else None
        feature = features.get(name) if isinstance(name, str) else None
        if feature is None:
            faults.append(f"feature {name} is not in feature group {group.name}")
        elif name in values:
            faults.append(f"feature {name} is given twice")
        else:
            try:
                values[feature.name], typed[feature.name] = _feature_value(feature, item)
            except ValueError as error:
                faults.append(str(error))
                values.setdefault(feature.name, "")
    return values, typed, faults


def _feature_value(feature: Feature, item: dict[str, Any]) -> tuple[str | list[str], Any]:
    text, texts = item.get("ValueAsString"), item.get("ValueAsStringList")
    if feature.collection is None:
        if not isinstance(text, str) or texts is not None:
            raise ValueError(f"feature {feature.name}: expected ValueAsString")
        return text, _value(feature, text)
    if not isinstance(texts, list) or text is not None or not all(isinstance(each, str) for each in texts):
        raise ValueError(f"feature {feature.name} ({feature.collection}): expected ValueAsStringList")
    if feature.collection == "Set":
        texts = list(dict.fromkeys(texts))
    if feature.dimension is not None and len(texts) != feature.dimension:
        raise ValueError(f"feature {feature.name}: got {len(texts)} elements, expected a vector of {feature.dimension}")
    return texts, [_value(feature, each) for each in texts]


def _value(feature: Feature, text: str) -> Any:
    kind = feature.type
    if kind == "String":
        return text
    if kind == "Integral":
        # a longer one would cost int() more than it is worth
        if len(text) <= _LONGEST_INTEGER and _INTEGER.fullmatch(text) and _LOWEST <= (number := int(text)) <= _HIGHEST:
            return number
        raise ValueError(f"feature {feature.name}: got {_shown(text)}, expected Integral (a 64-bit integer)")
    if _NUMBER.fullmatch(text) and abs(fraction := float(text)) != _INFINITE:
        return fraction
    raise ValueError(f"feature {feature.name}: got {_shown(text)}, expected Fractional (a finite double)")


def _check_sizes(identifier: str, values: Values) -> None:
    if len(identifier.encode()) > _IDENTIFIER_BYTES:
        raise validation(f"the record identifier is longer than {_IDENTIFIER_BYTES} bytes")
    size = sum(map(len, values)) + sum(
        len(value) if isinstance(value, str) else sum(map(len, value)) for value in values.values()
    )
    # a character takes at most four bytes: most records need not be encoded to be known as small enough
    if 4 * size > _RECORD_BYTES:
        texts = ((value,) if isinstance(value, str) else value for value in values.values())
        size = sum(len(text.encode()) for listed in texts for text in listed) + sum(map(len, values))
        if size > _RECORD_BYTES:
            raise validation(f"the record has {size} bytes, more than {_RECORD_BYTES}")


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 100 else f"{text[:97]}..."
