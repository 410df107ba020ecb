"""What records of a feature group look like: plain data that the app and the job which fills the group share."""

import re
from collections.abc import Sequence
from typing import Literal

from attrs import frozen

from constructs_lib.definitions.freezing import freeze_fields
from constructs_lib.definitions.tokens import is_token

FeatureType = Literal["String", "Integral", "Fractional"]

_TYPES: tuple[FeatureType, ...] = ("String", "Integral", "Fractional")
_NAME = re.compile(r"[a-zA-Z0-9]([-_]*[a-zA-Z0-9]){0,63}")
_RESERVED = ("is_deleted", "write_time", "api_invocation_time")
_LIMIT = 2500


@frozen
class Feature:
    """One feature of a record.

    Attributes:
        name: 1 to 64 letters, digits, hyphens and underscores, a letter or digit first and last; not one of the
            store's own columns ``is_deleted``, ``write_time`` and ``api_invocation_time``.
        type: ``String``, ``Integral`` (64-bit integers) or ``Fractional`` (finite doubles).
    """

    name: str
    type: FeatureType


@frozen(kw_only=True, field_transformer=freeze_fields)
class FeatureSchema:
    """The features of a group's records.

    Attributes:
        features: 1 to 2,500, each name once; further ones can be added to a group that exists, none can go.
        record_identifier: the feature that tells records apart.
        event_time: the feature that says when a record came to be: of type ``String`` it holds ISO-8601 times in UTC
            (``2026-03-04T12:00:00Z``, or with 3 or 9 digits of a second), of type ``Fractional`` Unix seconds.

    Examples:
        >>> schema = FeatureSchema(
        ...     record_identifier="house",
        ...     event_time="at",
        ...     features=[Feature("house", "Integral"), Feature("at", "String"), Feature("price", "Fractional")],
        ... )
        >>> schema.problems()
        []
    """

    features: Sequence[Feature]
    record_identifier: str
    event_time: str

    def problems(self) -> list[str]:
        """What Feature Store would refuse, each with what was got and what was expected.

        The limits are those of CreateFeatureGroup in the Amazon SageMaker API Reference.
        """
        problems = []
        if not 1 <= len(self.features) <= _LIMIT:
            problems.append(f"features: got {len(self.features)}, expected 1 to {_LIMIT:,}")
        names = [feature.name for feature in self.features]
        for feature in self.features:
            problems += _feature_problems(feature)
        problems += [
            f"features: got the name {name!r} {names.count(name)} times, expected each once"
            for name in dict.fromkeys(names)
            if names.count(name) > 1
        ]
        types = {feature.name: feature.type for feature in self.features}
        problems += [
            f"{member}: got {name!r}, expected the name of a feature"
            for member, name in (("record_identifier", self.record_identifier), ("event_time", self.event_time))
            if name not in types
        ]
        if self.record_identifier == self.event_time:
            problems.append(f"event_time: got {self.event_time!r}, expected another feature than record_identifier")
        if types.get(self.event_time) == "Integral":
            problems.append(f"event_time: got {self.event_time!r} of type Integral, expected String or Fractional")
        return problems


def _feature_problems(feature: Feature) -> list[str]:
    problems = []
    if not is_token(feature.name) and not _NAME.fullmatch(feature.name):
        problems.append(
            f"features: got the name {feature.name!r}, expected 1 to 64 letters, digits, hyphens and underscores, a "
            "letter or digit first and last"
        )
    if feature.name in _RESERVED:
        problems.append(f"features: got the name {feature.name!r}, which is a column of the store's own")
    if feature.type not in _TYPES:
        problems.append(f"features: got the type {feature.type!r} of {feature.name}, expected {', '.join(_TYPES)}")
    return problems
