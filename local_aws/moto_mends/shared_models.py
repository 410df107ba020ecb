"""Service models, as moto loads and keeps them.

Faults mended: moto reads every model anew beside the copies that clients in the same process have read. Models to which
moto adds something of its own stay moto's. And for a moment each operation of moto's is kept as botocore's, which lacks
what routing asks for: a thread that looked then failed with an AttributeError.
"""

from pathlib import Path
from typing import Any

import moto
from botocore.model import OperationNotFoundError
from botocore.utils import instance_cache
from moto.core import utils
from moto.core.model import OperationModel, ServiceModel

from local_aws.service_models import shared_loader

_ROOT = Path(moto.__file__).parent
_load_of_moto = utils._load_service_model  # noqa: SLF001 - the private part to mend


def apply() -> None:
    """Lets moto take the shared models, and keep nothing but its own kind of operations."""
    utils._load_service_model = _load  # noqa: SLF001 - as above
    ServiceModel.operation_model = instance_cache(_operation_model)


def _load(service_name: str, model_name: str) -> dict[str, Any]:
    folder = _ROOT / service_name.replace("-", "")
    if any(folder.glob(f"*/{model_name}.moto-extras.json*")):
        return dict(_load_of_moto(service_name, model_name))
    return dict(shared_loader().load_service_model(service_name, model_name))


def _operation_model(self: Any, operation_name: str) -> OperationModel:
    """Made at once, not from what the base class would keep under the same name."""
    operations = self._service_description["operations"]
    if operation_name not in operations:
        raise OperationNotFoundError(operation_name)
    return OperationModel(operations[operation_name], self, operation_name)
