"""GetUser without a name: who asks.

Fault mended: moto makes up a user "default_user" for the account's root and for sessions of roles.
"""

from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.iam.responses import IamResponse

_moto_get_user = IamResponse.get_user
# the account of this server is as old as the server
_created = utcnow()


class NoUserError(ServiceException):  # type: ignore[misc] # moto is untyped here
    """The caller is a role's session."""

    code = "ValidationError"


def apply() -> None:
    """Puts the mended part in place of moto's."""
    IamResponse.get_user = _get_user


def _get_user(self: Any) -> ActionResult:
    key = self.get_access_key()
    if self._get_param("UserName") or self.backend.get_user_from_access_key_id(key) is not None:
        return _moto_get_user(self)
    if key.startswith("ASIA"):
        raise NoUserError("Must specify userName when calling with non-User credentials")
    account = self.current_account
    root = {"UserId": account, "Arn": f"arn:aws:iam::{account}:root", "Path": "/", "CreateDate": _created}
    return ActionResult({"User": root})
