from typing import Any

import pytest

from constructs_lib.definitions import ExecutionInput, ModelContainer
from tests.constructs_lib.samples import IMAGE, model, problems, registration

PLAIN = ModelContainer(image=IMAGE)


def named(*names: Any) -> list[ModelContainer]:
    return [ModelContainer(image=IMAGE, hostname=name) for name in names]


def test_models_have_one_container_or_several() -> None:
    steps = [
        model("None", image=None),
        registration("Both", containers=[PLAIN, PLAIN]),
        model("Few", image=None, containers=[PLAIN]),
        model("Data", image=None, containers=[PLAIN, PLAIN], model_data_uri="s3://data/m", environment={"A": "b"}),
        registration("Told", image=None, containers=[PLAIN, PLAIN], framework="XGBOOST"),
    ]
    assert problems(*steps) == [
        "None: image: got none of image and containers, expected one",
        "Both: image: got both of image and containers, expected one",
        "Few: containers: got one container, expected several, as image tells a single one",
        "Data: model_data_uri: expected in one of the containers",
        "Data: environment: expected in one of the containers",
        "Told: framework: expected in one of the containers",
    ]


def test_models_have_one_container_or_several_passing() -> None:
    several = {"image": None, "containers": [PLAIN, PLAIN]}
    assert problems(model("A"), model("B", **several), registration("C"), registration("D", **several)) == []


def test_containers_are_told_apart() -> None:
    steps = [
        model("One", execution="Direct"),
        model("Nameless", image=None, containers=named("a", None), execution="Direct"),
        model("Half", image=None, containers=named(None, "b")),
        registration("Twice", image=None, containers=named("a", "a")),
    ]
    assert problems(*steps) == [
        "One: execution: got Direct, expected containers to choose from",
        "Nameless: containers[1].hostname: missing, expected one for each container where requests choose",
        "Half: containers[0].hostname: missing, expected one for each container where another has one",
        "Twice: containers: got the hostname 'a' 2 times, expected names that differ",
    ]


@pytest.mark.parametrize(
    "names",
    [("a", "b"), (None, None), (ExecutionInput("First"), ExecutionInput("First"))],
    ids=["two", "none", "later"],
)
def test_containers_are_told_apart_passing(names: tuple[Any, Any]) -> None:
    assert problems(model(image=None, containers=named(*names))) == []
