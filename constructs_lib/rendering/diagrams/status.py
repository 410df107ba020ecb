"""How far a step is, in words and colours."""

from collections.abc import Mapping

from attrs import frozen

Statuses = Mapping[str, str]
"""Status by name of the step: RUNNING, SUCCEEDED, FAILED, CAUGHT, ABORTED, TIMED_OUT; others are drawn as unknown."""


@frozen
class Appearance:
    """Colours of a step and the word for its status."""

    word: str
    stroke: str
    fill: str
    text: str


PLAIN = Appearance("", "#c3ccd8", "#ffffff", "#1f2a37")
_KNOWN = {
    "RUNNING": Appearance("running", "#2563eb", "#eaf1ff", "#1d4ed8"),
    "SUCCEEDED": Appearance("succeeded", "#15803d", "#e9f8ee", "#166534"),
    "FAILED": Appearance("failed", "#c62828", "#fdecec", "#b42318"),
    "CAUGHT": Appearance("failed, caught", "#b45309", "#fff4e0", "#92400e"),
    "ABORTED": Appearance("stopped", "#6b7280", "#f1f3f6", "#4b5563"),
    "TIMED_OUT": Appearance("timed out", "#c62828", "#fdecec", "#b42318"),
}


def appearance(name: str, statuses: Statuses | None) -> Appearance:
    """How a step is drawn; plainly where nothing is known of it."""
    status = None if statuses is None else statuses.get(name)
    if status is None:
        return PLAIN
    return _KNOWN.get(status.upper(), Appearance(status.lower(), PLAIN.stroke, PLAIN.fill, PLAIN.text))


def legend(statuses: Statuses) -> list[Appearance]:
    """The statuses that occur, each once, in a fixed order."""
    present = {status.upper() for status in statuses.values()}
    return [found for name, found in _KNOWN.items() if name in present]
