"""Dynamic references: ``{{resolve:ssm:…}}``, ``{{resolve:ssm-secure:…}}`` and ``{{resolve:secretsmanager:…}}``."""

import json
import re
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from local_aws.cloudformation.errors import ValidationError

_REFERENCE = re.compile(r"\{\{resolve:(ssm|ssm-secure|secretsmanager):([^{}]+)\}\}")
ClientOf = Callable[[str], Any]


def resolve_plain(text: str, client_of: ClientOf) -> str:
    """A string with its references to plain SSM parameters resolved; secrets stay as references.

    Secrets are resolved only when a resource is made (`resolve_secrets`), so that no answer can show them.

    Args:
        text: a string of the template.
        client_of: gives a client of a service with the stack's credentials.

    Raises:
        ValidationError: there is no such parameter.
    """
    return _REFERENCE.sub(
        lambda match: _parameter(match.group(2), client_of) if match.group(1) == "ssm" else match.group(0), text
    )


def resolve_secrets(value: Any, client_of: ClientOf) -> Any:
    """A resolved value with its references to secrets replaced by the secrets.

    Raises:
        ValidationError: there is no such secret, or it has no such key.
    """
    if isinstance(value, dict):
        return {key: resolve_secrets(item, client_of) for key, item in value.items()}
    if isinstance(value, list):
        return [resolve_secrets(item, client_of) for item in value]
    if not isinstance(value, str) or "{{resolve:" not in value:
        return value

    def replace(match: re.Match[str]) -> str:
        service, rest = match.groups()
        return _secret(rest, client_of) if service == "secretsmanager" else _parameter(rest, client_of, secure=True)

    return _REFERENCE.sub(replace, value)


def read_parameter(name: str, client_of: ClientOf, *, secure: bool = False) -> str:
    """An SSM parameter's value.

    Raises:
        ValidationError: in the words of CloudFormation, where there is no such parameter.
    """
    try:
        found = client_of("ssm").get_parameter(Name=name, WithDecryption=secure)
    except ClientError as error:
        if error.response["Error"]["Code"] in {"ParameterNotFound", "ParameterVersionNotFound"}:
            raise ValidationError(
                f"Unable to fetch parameters [{name}] from parameter store for this account."
            ) from error
        raise ValidationError(
            f"Unable to fetch parameters [{name}] from parameter store for this account: "
            f"{error.response['Error'].get('Message', '')}"
        ) from error
    return str(found["Parameter"]["Value"])


def _parameter(rest: str, client_of: ClientOf, *, secure: bool = False) -> str:
    return read_parameter(rest, client_of, secure=secure)


def _secret(rest: str, client_of: ClientOf) -> str:
    # an ARN has colons of its own: seven parts before the optional ones
    parts = rest.split(":")
    count = 7 if rest.startswith("arn:") else 1
    secret_id, options = ":".join(parts[:count]), [*parts[count:], "", "", "", ""]
    kind, key, stage, version = options[:4]
    if kind not in {"", "SecretString"}:
        raise ValidationError(f"Secrets Manager reference {rest}: expected SecretString, got {kind}")
    arguments = {"SecretId": secret_id}
    if stage:
        arguments["VersionStage"] = stage
    if version:
        arguments["VersionId"] = version
    try:
        text = str(client_of("secretsmanager").get_secret_value(**arguments)["SecretString"])
    except ClientError as error:
        raise ValidationError(f"Secret {secret_id}: {error.response['Error'].get('Message', '')}") from error
    if not key:
        return text
    try:
        return str(json.loads(text)[key])
    except (ValueError, KeyError, TypeError) as error:
        raise ValidationError(f"Could not find a value associated with JSONKey {key} in secret {secret_id}") from error
