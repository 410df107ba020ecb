import pytest

from constructs_lib.definitions import EXECUTION_NAME, ExecutionInput, Join, StepOutput, UniqueName
from constructs_lib.definitions.values import Text
from constructs_lib.permissions.patterns import Location, location, name_patterns, repository_arn, text_pattern
from tests.constructs_lib.samples import IMAGE, KEY, PLACE, TOKEN, function, training, workflow

NAME = ExecutionInput("Name")
TRAIN = training("Train", output_uri="s3://data/models", output_kms_key=KEY)
DEFINITION = workflow(TRAIN, function("F"))


@pytest.mark.parametrize(
    ("value", "pattern"),
    [
        ("plain", "plain"),
        (TOKEN, TOKEN),
        (NAME, "*"),
        (EXECUTION_NAME, "*"),
        (UniqueName("job"), "job-*"),
        (Join("-", ["job", NAME]), "job-*"),
        (Join("", [NAME, EXECUTION_NAME, "x", NAME]), "*x*"),
        (Join("/", ["s3://data", 5, Join("-", ["a", NAME])]), "s3://data/5/a-*"),
    ],
)
def test_what_is_not_known_becomes_a_wildcard(value: Text, pattern: str) -> None:
    assert text_pattern(value) == pattern


def test_names_with_capitals_are_matched_in_lower_case_too() -> None:
    assert name_patterns("Houses") == ("Houses", "houses")
    assert name_patterns("houses") == ("houses",)
    assert name_patterns(f"Houses-{TOKEN}") == (f"Houses-{TOKEN}",)
    assert name_patterns(Join("-", ["Job", NAME])) == ("Job-*", "job-*")


@pytest.mark.parametrize(
    ("uri", "bucket", "prefix"),
    [
        ("s3://data", "data", ""),
        ("s3://data/a/b", "data", "a/b"),
        (f"s3://{TOKEN}/a", TOKEN, "a"),
        (f"s3://{TOKEN}", TOKEN, ""),
        ("https://s3.eu-west-1.amazonaws.com/data/a/b", "data", "a/b"),
        (f"https://s3.{TOKEN}.{TOKEN}/data/a", "data", "a"),
        ("https://data.s3.eu-west-1.amazonaws.com/a/b", "data", "a/b"),
        (TOKEN, "*", ""),
        (NAME, "*", ""),
        (Join("/", ["s3://data", NAME, "c"]), "data", "*/c"),
        (Join("/", ["s3://data/x", NAME]), "data", "x/"),
        (Join("/", [NAME, "x"]), "*", ""),
        (StepOutput("F", "Payload.uri"), "*", ""),
        (StepOutput("Train", "TrainingJobArn"), "*", ""),
        (StepOutput("Nowhere", "A"), "*", ""),
    ],
)
def test_addresses_in_s3(uri: Text, bucket: str, prefix: str) -> None:
    assert location(uri, None, DEFINITION) == Location(bucket, prefix, None)


def test_an_output_that_is_an_address_lies_where_its_step_writes() -> None:
    output = TRAIN.output("ModelArtifacts.S3ModelArtifacts")
    other = "arn:aws:kms:eu-west-1:111122223333:key/other"

    assert location(output, None, DEFINITION) == Location("data", "models/", KEY)
    assert location(output, other, DEFINITION) == Location("data", "models/", other)


@pytest.mark.parametrize(
    ("prefix", "folder"), [("a/b", "a/b/"), ("a/b/", "a/b/"), ("", ""), ("a/*", "a/*"), ("a*", "a*")]
)
def test_folders(prefix: str, folder: str) -> None:
    assert Location("data", prefix, KEY).folder == Location("data", folder, KEY)


@pytest.mark.parametrize(
    ("image", "arn"),
    [
        (IMAGE, "arn:aws:ecr:eu-west-1:111122223333:repository/housing"),
        (
            "444455556666.dkr.ecr.us-east-1.amazonaws.com/team/housing:latest",
            "arn:aws:ecr:us-east-1:444455556666:repository/team/housing",
        ),
        (f"{TOKEN}.dkr.ecr.eu-west-1.amazonaws.com/housing", f"arn:aws:ecr:eu-west-1:{TOKEN}:repository/housing"),
        (f"111122223333.dkr.ecr.eu-west-1.amazonaws.com/{TOKEN}", "arn:aws:ecr:eu-west-1:111122223333:repository/*"),
        (TOKEN, "arn:aws:ecr:eu-west-1:111122223333:repository/*"),
        ("python:3.11", "arn:aws:ecr:eu-west-1:111122223333:repository/*"),
        (NAME, "arn:aws:ecr:eu-west-1:111122223333:repository/*"),
    ],
)
def test_repositories_of_images(image: Text, arn: str) -> None:
    assert repository_arn(image, **PLACE) == arn
