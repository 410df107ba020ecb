import pytest

from constructs_lib.definitions.paths import parse_path


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("ModelArn", ("ModelArn",)),
        ("ModelArtifacts.S3ModelArtifacts", ("ModelArtifacts", "S3ModelArtifacts")),
        ("ProductionVariants[0].VariantName", ("ProductionVariants", 0, "VariantName")),
        ("A[1][22]", ("A", 1, 22)),
        ("some-key._b", ("some-key", "_b")),
        ("Environment['A.b']", ("Environment", "A.b")),
    ],
)
def test_paths(path: str, parts: tuple[str | int, ...]) -> None:
    assert parse_path(path) == parts


@pytest.mark.parametrize(
    "path", ["", ".", "A.", ".A", "A..B", "A[x]", "A[", "$.A", "A B", "9A", "A['']", "A['b']c", "[0]"]
)
def test_what_is_no_path(path: str) -> None:
    assert parse_path(path) is None
