"""How far a step is: a word, a sign and colours.

The hues are those of Okabe and Ito ("Color universal design", 2008), which people of any colour vision can tell apart,
with the lightness that WCAG 2.2 asks of text (4.5:1) and of shapes (3:1); a status is never told by its colour alone.
"""

from collections.abc import Iterable, Mapping

from attrs import frozen

from constructs_lib.rendering.diagrams.run import Run


@frozen
class Colours:
    """Of a step: its frame and badge, its inside, and the word on the inside."""

    stroke: str
    fill: str
    text: str


@frozen
class Appearance:
    """How a step of a status is drawn.

    Attributes:
        key: class of its elements.
        word: for the status.
        sign: a path in a square of 12 by 12, drawn with a line.
        light: colours on light paper.
        dark: colours on dark paper.
    """

    key: str
    word: str
    sign: str
    light: Colours
    dark: Colours


PLAIN = Appearance("plain", "", "", Colours("#8290a3", "#ffffff", "#1f2a37"), Colours("#6b7a90", "#1b2533", "#e6ebf2"))
_STATUSES = {
    "RUNNING": Appearance(
        "running",
        "running",
        "M6 1a5 5 0 1 1-.01 0M6 3.4V6l2 1.4",
        Colours("#0b62a8", "#e8f3fc", "#084c84"),
        Colours("#63b3ed", "#12283d", "#8cc8f5"),
    ),
    "SUCCEEDED": Appearance(
        "succeeded",
        "succeeded",
        "M1.5 6.5L4.5 9.5L10.5 2.5",
        Colours("#00694a", "#e5f5ef", "#00573d"),
        Colours("#3ecf9f", "#10302a", "#62dcb4"),
    ),
    "CACHED": Appearance(
        "cached",
        "taken from the cache",
        "M2.5 4.5h7v5.5h-7zM4 2h4M4.5 7h3",
        Colours("#006880", "#e3f4f8", "#00566b"),
        Colours("#4fc3dc", "#10303a", "#7ad3e6"),
    ),
    "REUSED": Appearance(
        "reused",
        "taken from another execution",
        "M10 4.5A4.5 4.5 0 1 0 10.5 7M10.5 1.5v3h-3",
        Colours("#006880", "#e3f4f8", "#00566b"),
        Colours("#4fc3dc", "#10303a", "#7ad3e6"),
    ),
    "FAILED": Appearance(
        "failed",
        "failed",
        "M2.5 2.5L9.5 9.5M9.5 2.5L2.5 9.5",
        Colours("#b03a00", "#fdeee6", "#963200"),
        Colours("#ff8f57", "#3b2016", "#ffa77c"),
    ),
    "CAUGHT": Appearance(
        "caught",
        "failed, caught",
        "M6 1.2L11.2 10.6H.8zM6 4.6v2.6M6 8.6v.4",
        Colours("#7a5600", "#fdf5dc", "#6a4a00"),
        Colours("#f0c24a", "#332a12", "#f3ce6c"),
    ),
    "ABORTED": Appearance(
        "stopped",
        "stopped",
        "M2.5 2.5h7v7h-7z",
        Colours("#57606a", "#eff1f4", "#474f58"),
        Colours("#a9b4c2", "#262f3b", "#bcc6d2"),
    ),
    "TIMED_OUT": Appearance(
        "timed-out",
        "timed out",
        "M2.5 1.5h7L2.5 10.5h7z",
        Colours("#8d3a72", "#f9ebf4", "#7a2f62"),
        Colours("#e79bc9", "#33202c", "#edb3d6"),
    ),
}
APPEARANCES = (PLAIN, *_STATUSES.values())
"""All that there are, in a fixed order."""


def of_status(status: str) -> Appearance:
    """How a status is drawn; one that is not known is told by its word alone."""
    return _STATUSES.get(
        status.upper(), Appearance(PLAIN.key, status.lower().replace("_", " "), "", PLAIN.light, PLAIN.dark)
    )


def appearance(name: str, run: Run | None) -> Appearance:
    """How a step is drawn; plainly where nothing is known of it."""
    found = None if run is None else run.steps.get(name)
    return PLAIN if found is None else of_status(found.status)


def legend(statuses: Iterable[str]) -> list[Appearance]:
    """The known statuses that occur, each once, in a fixed order."""
    present = {status.upper() for status in statuses}
    return [found for name, found in _STATUSES.items() if name in present]


def counted(iterations: Mapping[str, int]) -> str:
    """Iterations in a few words: ``50 iterations: 47 succeeded, 1 failed, 2 running``."""
    known = [name for name in (*_STATUSES, *iterations) if iterations.get(name)]
    total = sum(iterations.values())
    parts = [f"{iterations[name]:,} {of_status(name).word}" for name in dict.fromkeys(known)]
    return f"{total:,} iteration{'s' if total != 1 else ''}" + (f": {', '.join(parts)}" if parts else "")
