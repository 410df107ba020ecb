"""Pictures of the docs show the workflows as they are now."""

import json
import re
from pathlib import Path

import pytest

from constructs_lib.rendering.diagrams import Graph, draw_svg, pipeline_graph

ROOT = Path(__file__).resolve().parents[2]
IMAGES = ROOT / "docs" / "images"
DOCUMENTS = ROOT / "tests" / "workflows"
"""The golden documents, which the workflows' own tests compare with what the definitions render to."""


def drawn_now(name: str) -> str:
    states = DOCUMENTS / f"{name.replace('-', '_')}.states.json"
    if states.exists():
        return draw_svg(Graph.from_states(json.loads(states.read_text())))
    document = json.loads(states.with_suffix("").with_suffix(".pipeline.json").read_text())
    return draw_svg(pipeline_graph(document, title=name))


def words(picture: str) -> list[str]:
    """The names of the steps, a line of a box each, as they follow each other."""
    return re.findall(r'<text[^>]*class="name"[^>]*>(.*?)</text>', picture)


def lines(picture: str) -> int:
    return len(re.findall(r'<path[^>]*class="edge', picture))


@pytest.mark.parametrize("image", sorted(IMAGES.glob("*.svg")), ids=lambda path: path.stem)
def test_a_picture_shows_the_workflow_of_its_name_as_it_is_now(image: Path) -> None:
    shown, now = image.read_text(), drawn_now(image.stem)
    told, expected = (re.findall(r"<desc>(.*?)</desc>", picture)[0] for picture in (shown, now))
    assert told.startswith(expected)
    assert words(shown) == words(now)
    assert lines(shown) == lines(now) > 0


@pytest.mark.parametrize("image", sorted(IMAGES.glob("*.svg")), ids=lambda path: path.stem)
def test_a_picture_shows_a_run_that_succeeded_and_stands_in_a_page(image: Path) -> None:
    told = re.findall(r"<desc>.*?\. (.*?)\.</desc>", image.read_text())[0]
    assert {step.rpartition(": ")[2] for step in told.split("; ")} <= {"succeeded", "cached"}
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "workflows").rglob("*.md")]
    assert any(f"images/{image.name})" in page.read_text() for page in pages)
