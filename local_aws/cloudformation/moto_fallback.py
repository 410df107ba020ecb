"""Resource types that have no provider of ours, through moto's own CloudFormation models.

Faults mended: moto's models pass over properties that they do not know (a stream without its encryption) and many of
them cannot be deleted. Here only models that can be deleted are used, and a property that a model did not look at
fails the resource. The models reach into moto's state directly: IAM is not asked for them. That is why the list is
short; a type that matters gets a provider.
"""

import inspect
import re
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import moto

from local_aws.cloudformation.errors import ReplacementNeededError, ResourceError
from local_aws.cloudformation.resources.provider import Provider, ResourceScope, Schema
from local_aws.moto_mends import turns

# type: module and class of moto's model, and the property that names the resource
_MODELS = {
    "AWS::Kinesis::Stream": ("moto.kinesis.models", "Stream", "Name"),
}


class _Watched(dict[str, Any]):
    """Properties that note which of them were looked at."""

    def __init__(self, properties: Mapping[str, Any]) -> None:
        super().__init__(properties)
        self.seen: set[str] = set()

    def __getitem__(self, key: str) -> Any:
        self.seen.add(key)
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        self.seen.add(key)
        return super().get(key, default)

    def __contains__(self, key: object) -> bool:
        self.seen.add(str(key))
        return super().__contains__(key)


class MotoProvider(Provider):
    """A type as moto's model makes it.

    Args:
        resource_type: such as ``AWS::Kinesis::Stream``.
        model: moto's class.
        name: the property that names the resource, if any.
    """

    def __init__(self, resource_type: str, model: Any, name: str | None) -> None:
        self.type = resource_type  # type: ignore[misc]
        self.schema = Schema(properties=frozenset(), attributes=None, name=name)  # type: ignore[misc]
        self._model = model
        # moto.kinesis.models: requests for the service take turns, and this is one
        self._service = model.__module__.split(".")[1]

    def problems(self, properties: Mapping[str, Any]) -> Iterator[str]:
        """Unknown here; a property that the model passes over fails the creation."""
        del properties
        yield from ()

    def has_attribute(self, name: str) -> bool:
        """Whether the model's text of attributes names it."""
        check = getattr(self._model, "has_cfn_attr", None)
        if check is not None and not getattr(check, "__isabstractmethod__", False):
            return bool(check(name))
        return name in self._attribute_names()

    def _attribute_names(self) -> set[str]:
        # moto has no list of them: the names are the texts that the method compares with
        return set(re.findall(r'"([A-Za-z]+)"', inspect.getsource(self._model.get_cfn_attribute)))

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Makes the resource in moto's state."""
        watched = _Watched(properties)
        name = properties.get(self.schema.name or "") or scope.name(128)
        with turns.taken(self._service):
            made = self._model.create_from_cloudformation_json(
                name,
                {"Type": self.type, "Properties": watched},
                scope.account,
                scope.region,
                LogicalId=scope.logical_id,
                StackId=scope.stack_id,
                ResourceType=self.type,
            )
        scope.kept["resource"] = made
        physical_id = scope.created(str(made.physical_resource_id))
        ignored = sorted(set(properties) - watched.seen)
        if ignored:
            raise ResourceError(f"the local AWS does not offer the properties {', '.join(ignored)} of {self.type}")
        return physical_id

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """What the model's own text names as attributes."""
        del physical_id, properties
        from moto.cloudformation.exceptions import UnformattedGetAttTemplateException  # after `_open_moto_package`

        made = scope.kept["resource"]
        found = {}
        for name in sorted(self._attribute_names()):
            try:
                found[name] = made.get_cfn_attribute(name)
            except (NotImplementedError, UnformattedGetAttTemplateException):
                continue  # a text of the method that is no attribute
        return found

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Always a replacement: moto's updates are replacements in disguise, or absent."""
        del scope, physical_id, old, new
        raise ReplacementNeededError

    def replaces(self, old: Mapping[str, Any], new: Mapping[str, Any], changed: Any) -> bool:
        """Every change is."""
        del old, new
        return bool(set(changed))

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Removes the resource from moto's state."""
        with turns.taken(self._service):
            self._model.delete_from_cloudformation_json(
                physical_id, {"Type": self.type, "Properties": properties}, scope.account, scope.region
            )


@cache
def provider_of(resource_type: str) -> Provider | None:
    """A provider around moto's model of a type, or None where there is none that can be used."""
    if resource_type not in _MODELS:
        return None
    _open_moto_package()
    module, name, name_property = _MODELS[resource_type]
    return MotoProvider(resource_type, getattr(import_module(module), name), name_property)


def _open_moto_package() -> None:
    """Lets moto's models import their exceptions without all of moto's CloudFormation.

    That package loads every service of moto when it is imported, those too whose own needs are not installed.
    """
    if "moto.cloudformation" not in sys.modules:
        package = ModuleType("moto.cloudformation")
        package.__path__ = [str(Path(moto.__file__).parent / "cloudformation")]
        sys.modules["moto.cloudformation"] = package
