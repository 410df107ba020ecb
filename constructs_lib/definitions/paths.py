"""Paths into what a step gives back, such as ``ProductionVariants[0].VariantName``."""

import re

_PART = re.compile(r"(?:^|\.)([A-Za-z_][A-Za-z0-9_-]*)|\[(\d+)\]|\['([^'\]]+)'\]")


def parse_path(path: str) -> tuple[str | int, ...] | None:
    """The members and list positions of a path; None where it is not one.

    A member of an unusual name stands in brackets: ``Environment['MODEL_NAME']``.
    """
    parts: list[str | int] = []
    end = 0
    for found in _PART.finditer(path):
        if found.start() != end or (end == 0 and (found[1] is None or path[0] == ".")):
            return None
        end = found.end()
        parts.append(int(found[2]) if found[2] is not None else found[1] or found[3])
    return tuple(parts) if parts and end == len(path) else None
