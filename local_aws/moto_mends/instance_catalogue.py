"""The catalogue of EC2 instance types.

Fault mended: whoever imports moto's EC2 (SSM does) loads every instance type of every zone of every region: 110 MiB
and 0.7 s, for operations that are not offered here.
"""

from typing import Any

from moto.utilities import utils

_CATALOGUE = "ec2/resources/instance_type"
_load_resource = utils.load_resource


def apply() -> None:
    """Leaves the catalogue empty; must be called before moto's EC2 is imported."""
    utils.load_resource = _load


def _load(resource: str) -> Any:
    return {} if resource.startswith(_CATALOGUE) else _load_resource(resource)
