"""Paths into what a step gives back, such as ``ProductionVariants[0].VariantName``."""

import re

_PART = re.compile(r"([A-Za-z_][A-Za-z0-9_-]*)((?:\[\d+\])*)")


def parse_path(path: str) -> tuple[str | int, ...] | None:
    """The members and list positions of a path; None where it is not one."""
    parts: list[str | int] = []
    for text in path.split("."):
        found = _PART.fullmatch(text)
        if found is None:
            return None
        parts.append(found[1])
        parts += [int(position) for position in re.findall(r"\d+", found[2])]
    return tuple(parts)
