"""Which lines of a log tell why."""

from mlops_cli.log_tail import until_failure

LOG = [
    "[Container] 2026/01/01 00:00:00.000000 Running command docker build .",
    "ERROR: No matching distribution found for nothing==9",
    "[Container] 2026/01/01 00:00:01.000000 Command did not exit successfully docker build . exit status 1",
    "[Container] 2026/01/01 00:00:01.000000 Phase complete: BUILD State: FAILED",
    "[Container] 2026/01/01 00:00:01.000000 Entering phase POST_BUILD",
    "[Container] 2026/01/01 00:00:02.000000 Command did not exit successfully test 0 = 1 exit status 1",
]


def test_a_failed_build_is_told_up_to_the_command_that_failed() -> None:
    assert until_failure(LOG) == LOG[:3]


def test_a_log_without_a_failed_command_is_told_whole() -> None:
    assert until_failure(LOG[:2]) == LOG[:2]
