import time

import pytest

from tests.local_aws.stepfunctions.workbench import Workbench


@pytest.mark.parametrize("_turn", range(2))
def test_what_a_test_moves_on_no_other_sees(bench: Workbench, _turn: int) -> None:
    assert bench.clock.now() < time.time() + 1
    bench.clock.advance(3 * 3600)
    assert bench.clock.now() > time.time() + 2 * 3600
