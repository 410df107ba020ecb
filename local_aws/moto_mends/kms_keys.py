"""KMS keys: their states and their rotation.

Faults mended: moto encrypts and decrypts with keys that are disabled or wait for their deletion, fails where such a
key is named by its ARN, and forgets the rotation period.
"""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.core.utils import unix_time, utcnow
from moto.kms.models import KmsBackend
from moto.kms.responses import KmsResponse

_DEFAULT_PERIOD_DAYS = 365
_enable_key_rotation = KmsResponse.enable_key_rotation
_get_key_rotation_status = KmsResponse.get_key_rotation_status


def apply() -> None:
    """Puts the mended parts in place of moto's."""
    for name in ("encrypt", "generate_data_key", "sign", "generate_mac"):
        method = getattr(KmsBackend, name)
        if not hasattr(method, "__wrapped_by_mend__"):
            setattr(KmsBackend, name, _in_usable_state(method))
    for name in ("disable_key", "enable_key", "cancel_key_deletion", "schedule_key_deletion"):
        method = getattr(KmsBackend, name)
        if not hasattr(method, "__wrapped_by_mend__"):
            setattr(KmsBackend, name, _by_any_id(method))
    KmsBackend.decrypt = _decrypt
    KmsResponse.enable_key_rotation = _enable_rotation
    KmsResponse.get_key_rotation_status = _rotation_status


_moto_decrypt = KmsBackend.decrypt


def _in_usable_state(method: Callable[..., Any]) -> Callable[..., Any]:
    def checked(self: Any, *arguments: Any, **named: Any) -> Any:
        key_id = named.get("key_id") or arguments[0]
        _check(self.keys.get(self.any_id_to_key_id(key_id)))
        return method(self, *arguments, **named)

    checked.__wrapped_by_mend__ = True  # type: ignore[attr-defined]
    return checked


def _by_any_id(method: Callable[..., Any]) -> Callable[..., Any]:
    def resolved(self: Any, key_id: str, *arguments: Any, **named: Any) -> Any:
        return method(self, self.any_id_to_key_id(key_id), *arguments, **named)

    resolved.__wrapped_by_mend__ = True  # type: ignore[attr-defined]
    return resolved


def _decrypt(self: Any, ciphertext_blob: bytes, *arguments: Any, **named: Any) -> Any:
    _check(self.keys.get(ciphertext_blob[:36].decode("latin-1")))
    return _moto_decrypt(self, ciphertext_blob, *arguments, **named)


def _check(key: Any) -> None:
    if key is None:
        return
    if key.key_state == "PendingDeletion":
        raise JsonRESTError("KMSInvalidStateException", f"{key.arn} is pending deletion.")
    if not key.enabled:
        raise JsonRESTError("DisabledException", f"{key.arn} is disabled.")


def _enable_rotation(self: Any) -> str:
    period = self._get_param("RotationPeriodInDays")
    answer: str = _enable_key_rotation(self)
    key = self.kms_backend.keys[self.kms_backend.any_id_to_key_id(self._get_param("KeyId"))]
    key.rotation_period_in_days = int(period or getattr(key, "rotation_period_in_days", _DEFAULT_PERIOD_DAYS))
    key.rotation_enabled_at = utcnow()
    return answer


def _rotation_status(self: Any) -> str:
    answer: dict[str, Any] = json.loads(_get_key_rotation_status(self))
    key = self.kms_backend.keys[self.kms_backend.any_id_to_key_id(self._get_param("KeyId"))]
    answer["KeyId"] = key.arn
    if answer["KeyRotationEnabled"]:
        period = getattr(key, "rotation_period_in_days", _DEFAULT_PERIOD_DAYS)
        enabled = getattr(key, "rotation_enabled_at", utcnow())
        answer["RotationPeriodInDays"] = period
        answer["NextRotationDate"] = unix_time(enabled + timedelta(days=period))
    return json.dumps(answer)
