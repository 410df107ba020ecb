"""Which images a build starts from."""

import pytest

from local_aws.containers.engine import EngineError
from local_aws.containers.process.dockerfile import parse
from local_aws.containers.process.images import architecture
from local_aws.containers.process.stages import Stages

DOCKERFILE = """
ARG VERSION=3.12
ARG BASE=python:$VERSION
FROM golang:1.22 AS unused
FROM node:22 AS Page
FROM ${BASE} AS main
COPY --from=page /page /page
COPY --from=ghcr.io/tools:1 /tool /tool
FROM main
COPY --from=1 /page /other
FROM scratch AS empty
"""


def stages(target: str | None = None, text: str = DOCKERFILE, **arguments: str) -> Stages:
    return Stages(file=parse(text), arguments=arguments, target=target)


@pytest.mark.parametrize(
    ("target", "arguments", "bases"),
    [
        ("main", {}, ("node:22", "python:3.12")),
        ("3", {}, ("node:22", "python:3.12")),
        ("MAIN", {"VERSION": "3.13"}, ("node:22", "python:3.13")),
        ("main", {"BASE": "own"}, ("node:22", "own")),
        ("unused", {}, ("golang:1.22",)),
        (None, {}, ()),
    ],
)
def test_base_images(target: str | None, arguments: dict[str, str], bases: tuple[str, ...]) -> None:
    assert stages(target, **arguments).base_images() == bases


def test_images_that_files_are_copied_from() -> None:
    assert stages("main").copied_images() == ("ghcr.io/tools:1",)
    assert stages("page").copied_images() == ()


def test_variables_of_the_builder() -> None:
    found = stages(text="FROM tool-${TARGETOS}-$TARGETARCH:1\n").base_images()
    assert found == (f"tool-linux-{architecture()}:1",)


@pytest.mark.parametrize(
    ("target", "text", "message"),
    [
        ("none", DOCKERFILE, "target stage 'none' could not be found"),
        (None, "FROM $NONE\n", "Dockerfile:1: FROM \\$NONE: base name should not be blank"),
        (None, "ARG X='\nFROM $X\n", "Dockerfile:1: ARG: unexpected end"),
        (None, "FROM ${X:?needed}\n", "Dockerfile:1: FROM .*: X: needed"),
    ],
)
def test_what_cannot_be_told(target: str | None, text: str, message: str) -> None:
    with pytest.raises(EngineError, match=message):
        stages(target, text).base_images()
