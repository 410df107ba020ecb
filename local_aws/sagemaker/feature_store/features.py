"""The features of a group: their types and their metadata."""

from datetime import datetime
from typing import Any

from attrs import frozen


@frozen(kw_only=True)
class Feature:
    """One feature of a group.

    Attributes:
        name: unique in its group.
        type: ``String``, ``Integral`` or ``Fractional``.
        collection: ``List``, ``Set`` or ``Vector``; None for a single value.
        dimension: of a vector.
        created: when the group got it.
        modified: when its metadata changed last.
        description: of the feature; "" for none.
        parameters: its metadata, keys with values.
    """

    name: str
    type: str
    collection: str | None = None
    dimension: int | None = None
    created: datetime
    modified: datetime
    description: str = ""
    parameters: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, definition: dict[str, Any], moment: datetime) -> "Feature":
        """From a FeatureDefinition."""
        vector = definition.get("CollectionConfig", {}).get("VectorConfig", {})
        return cls(
            name=definition["FeatureName"],
            type=definition["FeatureType"],
            collection=definition.get("CollectionType"),
            dimension=vector.get("Dimension"),
            created=moment,
            modified=moment,
        )

    def definition(self) -> dict[str, Any]:
        """As a FeatureDefinition."""
        told: dict[str, Any] = {"FeatureName": self.name, "FeatureType": self.type}
        if self.collection is not None:
            told["CollectionType"] = self.collection
        if self.dimension is not None:
            told["CollectionConfig"] = {"VectorConfig": {"Dimension": self.dimension}}
        return told
