"""Service models, as moto loads them.

Fault mended: moto reads every model anew beside the copies that clients in the same process have read. Models to which
moto adds something of its own stay moto's.
"""

from pathlib import Path
from typing import Any

import moto
from moto.core import utils

from local_aws.service_models import shared_loader

_ROOT = Path(moto.__file__).parent
_load_of_moto = utils._load_service_model  # noqa: SLF001 - the private part to mend


def apply() -> None:
    """Lets moto take the shared models."""
    utils._load_service_model = _load  # noqa: SLF001 - as above


def _load(service_name: str, model_name: str) -> dict[str, Any]:
    folder = _ROOT / service_name.replace("-", "")
    if any(folder.glob(f"*/{model_name}.moto-extras.json*")):
        return dict(_load_of_moto(service_name, model_name))
    return dict(shared_loader().load_service_model(service_name, model_name))
