"""Ranges, and the scales on which they are searched."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_aws.sagemaker.tuning.ranges import ChoiceRange, NumberRange
from local_aws.sagemaker.tuning.search import Plan, Search


def drawn(found: NumberRange, count: int = 200) -> list[float]:
    search = Search(Plan(strategy="Random", maximize=False, ranges=(found,), seed=5))
    return [float(search.next().values[found.name]) for _ in range(count)]


@pytest.mark.parametrize(
    ("low", "high", "whole", "scaling", "middle"),
    [
        (0.0, 1.0, False, "Linear", (0.4, 0.6)),
        (1e-6, 1.0, False, "Logarithmic", (1e-4, 1e-2)),
        (1e-6, 1.0, False, "Auto", (1e-4, 1e-2)),
        (0.5, 1.0, False, "Auto", (0.7, 0.8)),
        (0.0, 0.999999, False, "ReverseLogarithmic", (0.99, 0.9999)),
        (1, 10_000, True, "Logarithmic", (30, 300)),
        (1, 100, True, "Linear", (40, 60)),
    ],
)
def test_the_scale_decides_where_the_middle_of_the_values_is(
    low: float, high: float, whole: bool, scaling: str, middle: tuple[float, float]
) -> None:
    values = sorted(drawn(NumberRange("x", low, high, whole, scaling)))
    assert low <= values[0] <= values[-1] <= high
    assert middle[0] <= values[len(values) // 2] <= middle[1]
    assert not whole or all(value.is_integer() for value in values)


@given(st.floats(0, 0.99), st.sampled_from(["Linear", "ReverseLogarithmic"]))
def test_a_value_of_another_job_is_drawn_as_it_was(value: float, scaling: str) -> None:
    found = NumberRange("x", 0, 0.99, False, scaling)
    assert float(found.text(found.drawn(repr(value)))) == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (NumberRange("x", 0, 1, False, "Linear"), "1.5"),
        (NumberRange("x", 0, 1, False, "Linear"), "a"),
        (NumberRange("x", 0, 9, True, "Linear"), "1.5"),
        (ChoiceRange("x", ("a", "b")), "c"),
    ],
)
def test_a_value_outside_of_the_range_is_none(found: NumberRange | ChoiceRange, text: str) -> None:
    assert found.drawn(text) is None


def test_a_search_passes_over_what_does_not_fit() -> None:
    ranges = (NumberRange("x", 0, 1, False, "Linear"), ChoiceRange("c", ("a", "b")))
    search = Search(Plan(strategy="Bayesian", maximize=False, ranges=ranges))
    assert search.learn({"x": "0.5", "c": "a", "more": "1"}, 1.0)
    assert not search.learn({"x": "0.5"}, 1.0)
    assert not search.learn({"x": "7", "c": "a"}, 1.0)
