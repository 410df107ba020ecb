"""The ways of requests through the containers of a variant."""

import pytest

from local_aws.sagemaker.runtime.routing import VariantRoute


def test_requests_take_turns_among_whole_instances() -> None:
    route = VariantRoute.of("v", 1.0, ["a", "b"], [(1, 2), (3, None), (5, 6)])
    first, second = (("a", 1), ("b", 2)), (("a", 5), ("b", 6))
    assert [route.way(None) for _ in range(4)] == [first, second, first, second]


def test_a_named_container_answers_wherever_it_is_healthy() -> None:
    route = VariantRoute.of("v", 1.0, ["a", "b"], [(1, 2), (3, None)], direct=True)
    assert [route.way("a"), route.way("a")] == [(("a", 1),), (("a", 3),)]
    assert route.way("b") == (("b", 2),)


def test_no_healthy_container_is_no_way() -> None:
    assert VariantRoute.of("v", 1.0, ["a", "b"], [(1, None)]).way(None) is None
    assert VariantRoute.of("v", 1.0, ["a", "b"], [(1, None)], direct=True).way("b") is None


def test_only_ways_that_are_there_can_be_asked_for() -> None:
    with pytest.raises(KeyError, match="a"):
        VariantRoute.of("v", 1.0, ["a", "b"], [(1, 2)]).way("a")
    with pytest.raises(KeyError, match="None"):
        VariantRoute.of("v", 1.0, ["a", "b"], [(1, 2)], direct=True).way(None)
