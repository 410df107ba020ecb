"""Generated physical names."""

import secrets
import string

_RANDOM_LENGTH = 12


def physical_name(stack_name: str, logical_id: str, *, limit: int, lower: bool = False) -> str:
    """A name such as ``stack-Logical-1A2B3C4D5E6F``.

    Args:
        stack_name: the stack.
        logical_id: the resource.
        limit: longest name that the type allows; stack and logical id are cut to fit, the random part never.
        lower: lower case alone, for types that allow no other.
    """
    room = limit - _RANDOM_LENGTH - 2
    stack = stack_name[: max(room - len(logical_id), (room + 1) // 2)]
    logical = logical_id[: room - len(stack)]
    alphabet = string.ascii_lowercase + string.digits if lower else string.ascii_uppercase + string.digits
    random = "".join(secrets.choice(alphabet) for _ in range(_RANDOM_LENGTH))
    name = f"{stack.strip('-')}-{logical}-{random}"
    return name.lower() if lower else name
