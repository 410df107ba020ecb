"""The styles of the pictures, on light paper and on dark."""

from attrs import frozen

from constructs_lib.rendering.diagrams.status import APPEARANCES, Colours

FONT = 'Inter,"Segoe UI","Helvetica Neue",Arial,sans-serif'
NAME_SIZE, SMALL_SIZE = 14.0, 11.5


@frozen(kw_only=True)
class Paper:
    """Colours of everything but the steps' statuses; `grey` is for small text, `line` for what joins steps."""

    paper: str
    ink: str
    grey: str
    line: str
    catch: str
    on_badge: str


LIGHT = Paper(paper="#f8fafc", ink="#1f2a37", grey="#55606f", line="#6f7d90", catch="#b03a00", on_badge="#ffffff")
DARK = Paper(paper="#0f1722", ink="#e6ebf2", grey="#a9b4c2", line="#8796ab", catch="#ff8f57", on_badge="#0f1722")
ACCENTS = {
    "Lambda": "#c26a04",
    "SageMaker": "#0f8a80",
    "CodeBuild": "#5f57e6",
    "Choice": "#8b46ee",
    "Parallel": "#8b46ee",
    "Map": "#8b46ee",
    "Fail": "#c24a10",
    "Succeed": "#0b8059",
}
OTHER_ACCENT = "#6b7a90"


def svg_style() -> str:
    """The style sheet of a picture."""
    shapes = f"""
text{{font-family:{FONT}}}
.name{{font-size:{NAME_SIZE:g}px;font-weight:600}}
.small,.label{{font-size:{SMALL_SIZE:g}px}}
.badge-text{{font-size:11px;font-weight:600}}
.frame{{stroke-width:1.3}}
.known{{stroke-width:2}}
.edge{{fill:none;stroke-width:1.6}}
.catch{{stroke-dasharray:5 4}}
.taken{{stroke-width:2.6}}
.sign{{fill:none;stroke-width:1.7;stroke-linecap:round;stroke-linejoin:round}}
a:focus{{outline:none}}
a:hover .known,a:focus .known,a:hover .plain,a:focus .plain{{stroke-width:3.5}}
"""
    dark = _colours(DARK, [(found.key, found.dark) for found in APPEARANCES])
    light = _colours(LIGHT, [(found.key, found.light) for found in APPEARANCES])
    return f"{shapes}{light}@media (prefers-color-scheme:dark){{\n{dark}}}\n"


def _colours(paper: Paper, statuses: list[tuple[str, Colours]]) -> str:
    rules = [
        f"text,.ink{{fill:{paper.ink}}}",
        f".paper{{fill:{paper.paper}}}",
        f".small{{fill:{paper.grey}}}",
        f".badge-text{{fill:{paper.on_badge}}}",
        f".sign{{stroke:{paper.on_badge}}}",
        f".edge{{stroke:{paper.line}}}",
        f".taken{{stroke:{paper.ink}}}",
        f".edge.catch{{stroke:{paper.catch}}}",
        f".head{{fill:{paper.line}}}",
        f".head-taken{{fill:{paper.ink}}}",
        f".head-catch{{fill:{paper.catch}}}",
        f".label{{fill:{paper.grey}}}",
        f".label.caught{{fill:{paper.catch}}}",
        f".ring{{fill:{paper.paper};stroke:{paper.ink};stroke-width:2}}",
    ]
    for key, colours in statuses:
        rules += [
            f".frame.{key}{{fill:{colours.fill};stroke:{colours.stroke}}}",
            f".badge.{key}{{fill:{colours.stroke}}}",
        ]
    return "\n".join(rules) + "\n"
