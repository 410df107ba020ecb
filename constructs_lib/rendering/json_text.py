"""A document with CDK tokens as JSON text."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from constructs_lib.definitions.tokens import is_list_token, is_number_token


def json_text(document: Any, *, embed: Callable[[Any], str]) -> str:
    """A document as compact JSON, to be filled in by CloudFormation.

    Python writes it, because the CDK's own `Stack.to_json_string` gets dictionaries through jsii, which drops members
    that are None (``"ResultPath": null``). Text tokens stay where they are, inside of their quotes; number and list
    tokens stand for JSON that is no text, so the CDK writes them.

    Args:
        document: dictionaries, lists, texts, numbers, and tokens of each kind.
        embed: gives the JSON text of a number or list token: `Stack.to_json_string`.

    Examples:
        >>> json_text({"a": None, "b": "${Token[TOKEN.1]}"}, embed=str)
        '{"a":null,"b":"${Token[TOKEN.1]}"}'
    """
    tokens: list[str] = []

    def marked(value: Any) -> Any:
        if is_number_token(value) or is_list_token(value):
            tokens.append(embed(value))
            return f"\0{len(tokens) - 1}\0"
        if isinstance(value, Mapping):
            return {key: marked(member) for key, member in value.items()}
        if isinstance(value, list | tuple):
            return [marked(element) for element in value]
        return value

    text = json.dumps(marked(document), separators=(",", ":"))
    for number, token in enumerate(tokens):
        text = text.replace(f'"\\u0000{number}\\u0000"', token)
    return text
