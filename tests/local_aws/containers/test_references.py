"""Names of images."""

import pytest

from local_aws.containers.references import ImageReference

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("python", (None, "python", None, None)),
        ("python:3.12-slim", (None, "python", "3.12-slim", None)),
        ("team/model:v1", (None, "team/model", "v1", None)),
        ("localhost:5000/model", ("localhost:5000", "model", None, None)),
        ("public.ecr.aws/docker/library/python:3", ("public.ecr.aws", "docker/library/python", "3", None)),
        (f"a.example.com/x@{DIGEST}", ("a.example.com", "x", None, DIGEST)),
        (f"a.example.com/x:1@{DIGEST}", ("a.example.com", "x", "1", DIGEST)),
    ],
)
def test_parse(text: str, parts: tuple[str | None, ...]) -> None:
    reference = ImageReference.parse(text)
    assert (reference.registry, reference.repository, reference.tag, reference.digest) == parts
    assert str(reference) == text


@pytest.mark.parametrize("text", ["", "Upper", "a b", "x:", "x@sha256:12", "a.example.com/"])
def test_what_is_no_name(text: str) -> None:
    with pytest.raises(ValueError, match="invalid reference format"):
        ImageReference.parse(text)


def test_ecr() -> None:
    reference = ImageReference.parse("123456789012.dkr.ecr.eu-west-1.amazonaws.com/x")
    assert reference.ecr == ("123456789012", "eu-west-1")
    assert str(reference.familiar).endswith("/x:latest")
    assert ImageReference.parse("public.ecr.aws/x").ecr is None
