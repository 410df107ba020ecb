import pytest

from constructs_lib.definitions import Checkpoints, ExecutionInput, SpotTraining
from tests.constructs_lib.samples import NUMBER_TOKEN, TOKEN, problems, training, tuning

KEPT = "s3://data/checkpoints"


def test_spot_training_has_the_time_that_it_may_run() -> None:
    spot = SpotTraining(max_wait_seconds=3599)
    expected = "spot.max_wait_seconds: got 3599, expected at least max_runtime_seconds, 3600"
    steps = [training("T", spot=spot, max_runtime_seconds=3600), tuning("U", spot=spot, max_runtime_seconds=3600)]
    assert problems(*steps) == [f"T: {expected}", f"U: {expected}"]


@pytest.mark.parametrize("seconds", [3600, 7200, NUMBER_TOKEN, ExecutionInput("Wait", type="integer")])
def test_spot_training_has_the_time_that_it_may_run_passing(seconds: int) -> None:
    assert problems(training("T", spot=SpotTraining(max_wait_seconds=seconds), max_runtime_seconds=3600)) == []


def test_checkpoints_lie_where_a_job_may_write() -> None:
    paths = ["/var/checkpoints", "/opt/ml/../etc"]
    steps = [tuning(f"T{number}", checkpoints=Checkpoints(uri=KEPT, path=path)) for number, path in enumerate(paths)]
    assert problems(*steps) == [
        f"T{number}: checkpoints.path: got {path!r}, expected a folder below /opt/ml"
        for number, path in enumerate(paths)
    ]


@pytest.mark.parametrize("path", [None, "/opt/ml/checkpoints/deep", TOKEN, ExecutionInput("Path")])
def test_checkpoints_lie_where_a_job_may_write_passing(path: str | None) -> None:
    assert problems(training("T", checkpoints=Checkpoints(uri=KEPT, path=path))) == []
