"""The pages of the step types say what the library and the local AWS do."""

import json
import re
from pathlib import Path
from typing import Any

import attrs
import pytest

from constructs_lib import definitions
from constructs_lib.definitions import PipelineDefinition, Step, TaskStep
from constructs_lib.rendering import render_pipeline
from local_aws.sagemaker.pipelines.definition_rules import checked
from local_aws.sagemaker.pipelines.step_types import STEP_TYPES

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "steps"
INDEX = FOLDER / "index.md"
PAGES = sorted(page for page in FOLDER.glob("*.md") if page != INDEX)
COLUMNS = ("Step Functions", "cache", "retry", "local AWS", "output in a pipeline")
RULES = ("SageMaker Pipelines", "Step Functions", "cache", "retry", "property files", "local AWS")


def _classes() -> list[type[Step]]:
    exported = [getattr(definitions, name) for name in definitions.__all__]
    return [found for found in exported if isinstance(found, type) and issubclass(found, Step) and found.pipeline_type]


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _facts(page: Path) -> dict[str, str]:
    """The table of a page, without what it explains behind a semicolon."""
    rows = [_cells(line) for line in page.read_text().splitlines() if line.startswith("| ")]
    return {"class": rows[0][0].strip("`"), **{name: value.partition(";")[0] for name, value in rows[1:]}}


FACTS = {page.stem: _facts(page) for page in PAGES}


@pytest.mark.parametrize("kind", _classes(), ids=lambda kind: kind.__name__)
def test_each_type_has_a_page_with_its_rules(kind: type[Step]) -> None:
    (facts,) = [found for found in FACTS.values() if found["class"] == kind.__name__]
    task: Any = kind if issubclass(kind, TaskStep) else None
    has_files = "property_files" in {member.name for member in attrs.fields(kind)}
    assert {name: facts[name] for name in RULES} == {
        "SageMaker Pipelines": f"`{kind.pipeline_type}`",
        "Step Functions": "no" if kind.only_in_pipelines else "yes",
        "cache": "yes" if task is not None and task.cached_by_pipelines else "no",
        "retry": "yes" if task is not None and task.retried_by_pipelines else "no",
        "property files": "yes" if has_files else "no",
        "local AWS": "stand-in" if STEP_TYPES[str(kind.pipeline_type)].stand_in else "runs",
    }


def test_the_index_says_what_the_pages_say() -> None:
    rows = [_cells(line) for line in INDEX.read_text().splitlines() if line.startswith("| [")]
    told = {re.sub(r".*\((.*)\.md\)", r"\1", link): dict(zip(COLUMNS, rest, strict=True)) for link, *rest in rows}
    assert told == {stem: {name: facts[name] for name in COLUMNS} for stem, facts in FACTS.items()}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_local_aws_takes_the_pipeline_of_an_example(page: Path) -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```$", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    defined: dict[str, Any] = {}
    exec(compile(code, str(page), "exec"), defined)  # noqa: S102 - our own documentation
    pipeline = defined["pipeline"]
    assert isinstance(pipeline, PipelineDefinition)

    steps = checked(json.dumps(render_pipeline(pipeline))).steps.values()

    assert set(re.findall(r"`(\w+)`", FACTS[page.stem]["SageMaker Pipelines"])) & {step.type for step in steps}
