"""Command lines of docker."""

import pytest

from local_aws.containers.docker_command import options


@pytest.mark.parametrize(
    ("arguments", "push", "quiet"),
    [
        (["--load", "--pull", "--rm", "."], False, False),
        (["--push", "-q", "."], True, True),
        (["--push=true", "--quiet=true", "--force-rm=true", "."], True, True),
        (["--push=false", "--rm=false", "."], False, False),
    ],
)
def test_switches_of_build(arguments: list[str], push: bool, quiet: bool) -> None:
    asked = options.build_parser("docker build").parse_args(arguments)
    assert (asked.context, asked.push, asked.quiet) == (".", push, quiet)


def test_values_of_build_are_no_switches() -> None:
    asked = options.build_parser("docker build").parse_args(["--build-arg", "push=true", "--provenance=false", "."])
    assert asked.build_arguments == ["push=true"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--squash", "."], "unrecognized arguments: --squash"),
        (["--push=maybe", "."], "argument --push: ignored explicit argument 'maybe'"),
        ([], "the following arguments are required: PATH"),
    ],
)
def test_what_it_refuses(arguments: list[str], message: str) -> None:
    with pytest.raises(
        options.UsageError, match=f"{message} \\(this docker is the local AWS's: docker build has no more"
    ):
        options.build_parser("docker build").parse_args(arguments)
