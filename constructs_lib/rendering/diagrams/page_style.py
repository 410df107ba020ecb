"""The style sheet of the page around a picture."""

from constructs_lib.rendering.diagrams.palette import DARK, FONT, LIGHT, Paper
from constructs_lib.rendering.diagrams.status import APPEARANCES

DEEPEST = 6
"""Steps nested deeper are not indented further in the table."""


def page_style() -> str:
    """The style sheet of a page, for light and for dark."""
    light = _colours(LIGHT, card="#ffffff", page="#eaeef3", rule="#dde3ea")
    dark = _colours(DARK, card="#18222f", page="#0a1019", rule="#2b3747")
    pills = "".join(
        f".pill.{found.key}{{background:{found.light.stroke};color:{LIGHT.on_badge}}}" for found in APPEARANCES
    )
    dark_pills = "".join(
        f".pill.{found.key}{{background:{found.dark.stroke};color:{DARK.on_badge}}}" for found in APPEARANCES
    )
    depths = "".join(f".depth-{depth}{{padding-left:{14 + 20 * depth}px}}" for depth in range(DEEPEST + 1))
    return f"{light}{_SHAPES}{depths}{pills}@media (prefers-color-scheme:dark){{{dark}{dark_pills}}}\n"


def _colours(paper: Paper, *, card: str, page: str, rule: str) -> str:
    return (
        f":root{{--paper:{paper.paper};--ink:{paper.ink};--grey:{paper.grey};--error:{paper.catch};"
        f"--card:{card};--page:{page};--rule:{rule}}}"
    )


_SHAPES = f"""
:root{{color-scheme:light dark}}
*{{box-sizing:border-box}}
body{{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 {FONT}}}
main{{max-width:1400px;margin:0 auto;padding:24px}}
h1{{font-size:22px;margin:0 0 4px;overflow-wrap:anywhere}}
h2{{font-size:18px;margin:0 32px 12px 0;overflow-wrap:anywhere}}
h3{{font-size:13px;margin:18px 0 4px;color:var(--grey)}}
a{{color:inherit}}
:focus-visible{{outline:3px solid #4d90d9;outline-offset:2px}}
.about,.legend{{margin:8px 0;color:var(--grey)}}
.legend{{display:flex;flex-wrap:wrap;gap:8px;margin-bottom:16px}}
.error{{color:var(--error);margin:4px 0;overflow-wrap:anywhere}}
.pill{{
  display:inline-flex;align-items:center;gap:5px;border-radius:10px;padding:0 9px;font-size:12px;
  font-weight:600;line-height:20px;white-space:nowrap
}}
.pill svg{{
  width:11px;height:11px;fill:none;stroke:currentColor;stroke-width:1.8;stroke-linecap:round;
  stroke-linejoin:round
}}
.picture{{
  background:var(--paper);border-radius:12px;overflow:auto;text-align:center;
  box-shadow:0 1px 3px #0003;max-height:85vh
}}
.picture svg{{max-width:max(100%,calc(var(--width) * 0.7));height:auto}}
.picture a{{cursor:pointer}}
table{{
  border-collapse:collapse;width:100%;margin-top:24px;background:var(--card);border-radius:12px;
  box-shadow:0 1px 3px #0003
}}
th,td{{text-align:left;padding:8px 14px;border-bottom:1px solid var(--rule);vertical-align:top}}
th{{font-size:12px;color:var(--grey)}}
tr:last-child td{{border-bottom:0}}
.panel{{
  display:none;position:fixed;inset:0 0 0 auto;width:min(480px,100vw);overflow:auto;
  padding:20px 24px;background:var(--card);box-shadow:-2px 0 16px #0004
}}
.panel:target{{display:block}}
.panel:focus-visible{{outline:none}}
:root:has(.panel:target) main{{margin-right:min(480px,100vw)}}
.close{{position:absolute;top:16px;right:20px;font-size:18px;text-decoration:none;padding:2px 8px}}
dl{{display:grid;grid-template-columns:max-content 1fr;gap:4px 16px;margin:0}}
dt{{color:var(--grey)}}
dd{{margin:0;overflow-wrap:anywhere}}
pre{{
  margin:0;padding:10px 12px;border-radius:8px;background:var(--page);
  font:12px/1.5 ui-monospace,Menlo,Consolas,monospace;white-space:pre-wrap;overflow-wrap:anywhere
}}
"""
