from constructs_lib.definitions import MapStep, PassStep, StateStep
from tests.constructs_lib.samples import function, problems, training

LARGE = "x" * 262_144


def too_large(name: str, size: int) -> str:
    return f"{name}: got {size} bytes of plain values, expected at most 262144: put them into S3"


def test_plain_values_fit() -> None:
    work = function("Work", payload={"text": LARGE})
    given = PassStep(name="Given", given={"a": {"b": [LARGE, "ü"]}})
    items = MapStep(name="Each", items=[LARGE, "y"], steps=[function("Inner")])
    state = StateStep(name="Own", state={"Type": "Pass", "Result": LARGE})
    rest = len("FunctionName") + len("Payload") + len("text") + len(work.function_arn)

    assert problems(work) == [too_large("Work", 262_144 + rest)]
    assert problems(given) == [too_large("Given", 262_148)]
    assert problems(items) == [too_large("Each", 262_145)]
    assert problems(state) == [too_large("Own", 262_144 + len("Type") + len("Pass") + len("Result"))]


def test_plain_values_fit_passing() -> None:
    items = MapStep(name="Each", items=[LARGE], steps=[function("Inner")])
    assert problems(items, PassStep(name="Given", given={"a": 1, "b": None})) == []


def test_plain_values_fit_into_the_whole_definition() -> None:
    steps = [PassStep(name=f"P{number}", given={"a": "x" * 250_000}) for number in range(5)]
    assert problems(*steps) == ["steps: got 1250005 bytes of plain values, expected at most 1048576: put them into S3"]


def test_a_definition_of_a_mebibyte_fits() -> None:
    steps = [PassStep(name=f"P{number}", given={"a": "x" * 250_000}) for number in range(4)]
    assert problems(*steps, training("T")) == []
