"""SSM without EC2.

Fault mended: moto's SSM imports moto's EC2 for the targets of commands, which are not offered here: 50 MiB and 0.6 s
for whoever reads a parameter.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any


class _LaterBackends:
    """Stands for EC2's state until somebody looks into it."""

    def __getitem__(self, account: str) -> Any:
        return import_module("moto.ec2.models").ec2_backends[account]


def apply() -> None:
    """Imports SSM with a stand-in for EC2, which is taken away again."""
    if "moto.ssm.models" in sys.modules or "moto.ec2" in sys.modules:
        return
    stand_in = ModuleType("moto.ec2")
    stand_in.ec2_backends = _LaterBackends()  # type: ignore[attr-defined]
    sys.modules["moto.ec2"] = stand_in
    try:
        import_module("moto.ssm.models")
    finally:
        del sys.modules["moto.ec2"]
