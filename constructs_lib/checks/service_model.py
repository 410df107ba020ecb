"""botocore's descriptions of the services' APIs."""

import re
from functools import cache
from typing import Any

_PROPERTIES = {
    "Alnum": "A-Za-z0-9",
    "ASCII": r"\x00-\x7f",
    "L": "A-Za-z\u0080-\U0010ffff",
    "M": "\u0080-\U0010ffff",
    "N": "0-9\u0080-\U0010ffff",
    "P": r"!-#%-*,-/:;?@\[-\]_{}" + "\u0080-\U0010ffff",
    "S": r"$+<=>\^`|~" + "\u0080-\U0010ffff",
    "Z": " \u0080-\U0010ffff",
}
"""Unicode's classes of characters, exact in ASCII and open beyond it: Python's `re` does not know them."""


_NAMES = {
    "cloudwatchlogs": "logs",
    "eventbridge": "events",
    "sfn": "stepfunctions",
    "states": "stepfunctions",
}
"""What botocore calls services that Step Functions calls otherwise."""


@cache
def _loader() -> Any:
    """One for all services: it keeps the list of those that there are."""
    # botocore takes a tenth of a second to import: a definition that has no step to check never pays it
    from botocore.loaders import Loader

    return Loader()


@cache
def service(name: str) -> Any:
    """The model of a service; read once, some 40 ms for SageMaker."""
    from botocore.model import ServiceModel  # as above

    own_name = _NAMES.get(name, name)
    return ServiceModel(_loader().load_service_model(own_name, "service-2"), own_name)


@cache
def is_known(service_name: str, operation_name: str) -> bool:
    """Whether there is such a service, with such an operation."""
    from botocore.exceptions import UnknownServiceError  # as above

    try:
        return operation_name in service(service_name).operation_names
    except UnknownServiceError:
        return False


@cache
def operation(service_name: str, name: str) -> Any:
    """The model of an operation."""
    return service(service_name).operation_model(name)


@cache
def pattern(text: str) -> re.Pattern[str] | None:
    """A pattern of a service model for Python; None where it cannot be written for it, so that nothing is checked."""
    translated = re.sub(r"\\p\{(\w+)\}", lambda found: _PROPERTIES.get(found[1], found[0]), text)
    try:
        return re.compile(translated)
    except re.error:
        return None
