import pytest

from constructs_lib.definitions.features import Feature, FeatureSchema

HOUSE, AT = Feature("house", "Integral"), Feature("at", "String")


def schema(*features: Feature, record_identifier: str = "house", event_time: str = "at") -> FeatureSchema:
    return FeatureSchema(features=features, record_identifier=record_identifier, event_time=event_time)


def test_a_schema_cannot_be_changed_by_its_maker() -> None:
    features = [HOUSE, AT]
    made = FeatureSchema(features=features, record_identifier="house", event_time="at")
    features.clear()
    assert made.features == (HOUSE, AT)
    assert made.problems() == []


@pytest.mark.parametrize(
    ("made", "problem"),
    [
        (
            schema(HOUSE, AT, Feature("a b", "String")),
            (
                "features: got the name 'a b', expected 1 to 64 letters, digits, hyphens and underscores, a letter or "
                "digit first and last"
            ),
        ),
        (
            schema(HOUSE, AT, Feature("write_time", "String")),
            "features: got the name 'write_time', which is a column of the store's own",
        ),
        (
            schema(HOUSE, AT, Feature("price", "Float")),  # type: ignore[arg-type] # what a caller without types writes
            "features: got the type 'Float' of price, expected String, Integral, Fractional",
        ),
        (schema(HOUSE, AT, AT), "features: got the name 'at' 2 times, expected each once"),
        (schema(HOUSE, AT, record_identifier="flat"), "record_identifier: got 'flat', expected the name of a feature"),
        (schema(HOUSE, AT, event_time="when"), "event_time: got 'when', expected the name of a feature"),
        (
            schema(HOUSE, AT, record_identifier="at"),
            "event_time: got 'at', expected another feature than record_identifier",
        ),
        (
            schema(HOUSE, AT, Feature("year", "Integral"), event_time="year"),
            "event_time: got 'year' of type Integral, expected String or Fractional",
        ),
        (
            schema(HOUSE, AT, *(Feature(f"f{number}", "String") for number in range(2499))),
            "features: got 2501, expected 1 to 2,500",
        ),
    ],
)
def test_each_problem_is_told(made: FeatureSchema, problem: str) -> None:
    assert made.problems() == [problem]


def test_a_name_that_is_known_at_deployment_is_not_looked_into() -> None:
    assert schema(HOUSE, AT, Feature("${Token[Name.1]}", "String")).problems() == []
