"""A function of a Lambda step."""

from typing import Any


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return {"statusCode": 200, "text": f"shall {event['model']} be used?", "count": 3}
