"""What a search suggests, and when it has a job stopped."""

import subprocess
import sys
from typing import Any

import pytest

from local_aws.sagemaker.tuning.ranges import ChoiceRange, NumberRange
from local_aws.sagemaker.tuning.search import Plan, Search

X = NumberRange("x", 0, 10, False, "Linear")


def plan(**members: Any) -> Plan:
    given: dict[str, Any] = {"strategy": "Random", "maximize": False, "ranges": (X,), "seed": 1} | members
    return Plan(**given)


def test_a_server_without_a_search_loads_no_optimisation_library() -> None:
    program = "import sys, local_aws.services; print(sorted({'numpy', 'optuna'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "[]\n"


def test_a_search_loads_no_database() -> None:
    program = (
        "import sys; from local_aws.sagemaker.tuning.search import Plan, Search\n"
        "from local_aws.sagemaker.tuning.ranges import ChoiceRange\n"
        "Search(Plan(strategy='Bayesian', maximize=True, ranges=(ChoiceRange('c', ('a',)),))).next()\n"
        "print(sorted({'alembic', 'sqlalchemy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("maximize", [True, False])
def test_the_better_end_of_a_range_is_searched_more(maximize: bool) -> None:
    search = Search(plan(strategy="Bayesian", maximize=maximize))
    values: list[float] = []
    for _ in range(40):
        attempt = search.next()
        values.append(float(attempt.values["x"]))
        attempt.ended(values[-1])
    late = values[20:]
    assert sum((value > 5) == maximize for value in late) > len(late) * 0.6


def test_a_job_that_is_worse_than_the_median_is_stopped_once() -> None:
    search = Search(plan(early_stopping=True))
    for _ in range(3):
        good = search.next()
        assert not good.measured(1.0)
        good.ended(1.0)
    bad = search.next()
    assert bad.measured(5.0)
    assert not bad.measured(6.0)
    bad.ended(6.0)
    assert not bad.measured(0.0)


def test_hyperband_stops_what_has_had_the_most() -> None:
    search = Search(plan(strategy="Hyperband", resources=(1, 3)))
    attempt = search.next()
    assert [attempt.measured(1.0 / step) for step in (1, 2, 3, 4)] == [False, False, True, False]
    attempt.ended(0.25)


@pytest.mark.parametrize(("ranges", "count"), [((ChoiceRange("a", ("1", "2")), ChoiceRange("b", ("x", "y", "z"))), 6)])
def test_a_grid_is_counted_and_walked_through(ranges: tuple[ChoiceRange, ...], count: int) -> None:
    grid = plan(strategy="Grid", ranges=ranges)
    search = Search(grid)
    tried = [tuple(search.next().values.items()) for _ in range(count)]
    assert grid.combinations() == len(set(tried)) == count


def test_an_attempt_without_a_value_teaches_nothing() -> None:
    search = Search(plan(strategy="Bayesian"))
    for _ in range(3):
        search.next().ended(None)
    assert 0 <= float(search.next().values["x"]) <= 10
