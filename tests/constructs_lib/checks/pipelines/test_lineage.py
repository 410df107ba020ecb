from typing import Any

import pytest

from constructs_lib.definitions import LineageAssociation, LineageEntity, LineageStep
from tests.constructs_lib.samples import pipeline_problems

ARN = "arn:aws:sagemaker:eu-west-1:111122223333:context/there"


def entity(name: str = "survey", kind: Any = "Artifact", **members: Any) -> LineageEntity:
    return LineageEntity(kind=kind, name=name, type="DataSet", source_uri="s3://data/survey.csv", **members)


def problems(*entities: LineageEntity, associations: Any = ()) -> list[str]:
    return pipeline_problems(LineageStep(name="L", entities=entities, associations=associations))


def test_lineage_notes_something_down() -> None:
    assert problems() == ["L: got no entities and no associations, expected at least one"]


def test_lineage_notes_something_down_passing() -> None:
    assert problems(entity()) == []
    assert problems(associations=[LineageAssociation(source=ARN, destination=f"{ARN}-too")]) == []


def test_lineage_of_a_step_is_not_too_much() -> None:
    arrows = [LineageAssociation(source=ARN, destination=f"{ARN}-{number}") for number in range(11)]
    assert problems(*(entity(f"a{number}") for number in range(6)), associations=arrows) == [
        "L: entities: got 6 of kind Artifact, expected at most 5",
        "L: associations: got 11, expected at most 10",
    ]


def test_lineage_of_a_step_is_not_too_much_passing() -> None:
    arrows = [LineageAssociation(source=ARN, destination=f"{ARN}-{number}") for number in range(10)]
    five = [entity(f"a{number}", kind) for kind in ("Artifact", "Context") for number in range(5)]
    assert problems(*five, associations=arrows) == []


def test_lineage_entities_have_names_of_their_own() -> None:
    assert problems(entity(), entity(status=None, properties={"a": "b"})) == [
        "L: entities: got 2 of kind Artifact with the name 'survey', expected one"
    ]


def test_lineage_entities_have_names_of_their_own_passing() -> None:
    assert problems(entity(), entity(kind="Action"), entity("other")) == []


def test_associations_are_of_what_the_step_makes() -> None:
    arrow = LineageAssociation(source=entity("elsewhere", "Action"), destination=entity())
    assert problems(entity(), associations=[arrow]) == [
        "L: associations[0].source: got the Action 'elsewhere', which the step does not make; expected its ARN"
    ]


def test_associations_are_of_what_the_step_makes_passing() -> None:
    arrow = LineageAssociation(source=entity(kind="Action"), destination=entity())
    assert problems(entity(), entity(kind="Action"), associations=[arrow]) == []


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (entity(status="Completed"), "status: got a status of kind Artifact, expected one of an Action only"),
        (
            entity(kind="Context", status="Failed"),
            "status: got a status of kind Context, expected one of an Action only",
        ),
        (
            entity(description="by hand"),
            "description: got a description of kind Artifact, expected one of an Action or a Context only",
        ),
    ],
)
def test_entities_say_what_their_kind_has(given: LineageEntity, problem: str) -> None:
    assert problems(given) == [f"L: entities[0].{problem}"]


@pytest.mark.parametrize(
    "given",
    [entity(kind="Action", status="Completed", description="by hand"), entity(kind="Context", description="a project")],
)
def test_entities_say_what_their_kind_has_passing(given: LineageEntity) -> None:
    assert problems(given) == []
