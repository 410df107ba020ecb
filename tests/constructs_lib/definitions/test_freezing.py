import pytest

from constructs_lib.definitions import Channel, Retry
from constructs_lib.definitions.freezing import frozen_copy
from tests.constructs_lib.samples import function, training


def test_a_payload_cannot_be_changed_from_outside() -> None:
    payload = {"a": [1, {"b": 2}]}
    step = function(payload=payload)

    payload["a"].append(3)

    assert step.payload == {"a": (1, {"b": 2})}
    with pytest.raises(TypeError, match="does not support item assignment"):
        step.payload["c"] = 1  # type: ignore[index]


def test_lists_become_tuples() -> None:
    channels = [Channel(name="training", uri="s3://data/a")]
    step = training(channels=channels, retry=[Retry()])

    assert step.channels == tuple(channels)
    assert step.retry == (Retry(),)


def test_what_is_no_list_stays_for_the_checks_to_name() -> None:
    assert frozen_copy("abc") == "abc"
    assert frozen_copy(5) == 5
