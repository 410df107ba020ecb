"""Search over resources of several kinds."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.sagemaker.conftest import BUCKET, Account

TRAIN = """
import json, os
base = os.environ["SAGEMAKER_BASE_DIR"]
depth = float(json.load(open(f"{base}/input/config/hyperparameters.json"))["depth"])
open(f"{base}/model/model.txt", "w").write("x")
print(f"rmse={depth * 10}")
"""


def search(account: Account, resource: str, *filters: dict[str, str], **members: Any) -> list[dict[str, Any]]:
    """The records that pass all filters."""
    expression = {"Filters": list(filters)} if filters else {}
    request = {"SearchExpression": members.pop("SearchExpression", expression), **members}
    results = account.client("sagemaker").search(Resource=resource, **{k: v for k, v in request.items() if v})
    return [record for result in results["Results"] for record in result.values()]


def passes(name: str, operator: str | None = None, value: str | None = None) -> dict[str, str]:
    given = {"Name": name, "Operator": operator, "Value": value}
    return {member: told for member, told in given.items() if told is not None}


@pytest.fixture(scope="module")
def jobs(account: Account, role: str) -> list[str]:
    """Three training jobs, of depth 1 to 3."""
    image = account.engine.image("searched", train=TRAIN)
    account.put(searched__a="1", searched__b="2")
    names = []
    for depth in (1, 2, 3):
        names.append(f"searched-{depth}")
        channels = [
            {
                "ChannelName": name,
                "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/searched/{uri}"}},
            }
            for name, uri in (("train", "a"), ("test", "b" if depth == 2 else "a"))
        ]
        account.training_job(
            names[-1],
            image,
            role,
            InputDataConfig=channels,
            HyperParameters={"depth": str(depth), "kind.of": "tree" if depth > 1 else "line"},
            AlgorithmSpecification={"MetricDefinitions": [{"Name": "test:rmse", "Regex": "rmse=([0-9.]+)"}]},
            Tags=[{"Key": "team", "Value": "prices" if depth < 3 else "other"}],
        )
    return names


BEGIN = passes("TrainingJobName", "Contains", "searched-")


@pytest.mark.parametrize(
    ("wanted", "depths"),
    [
        (passes("HyperParameters.depth", "GreaterThan", "1"), [2, 3]),
        (passes("HyperParameters.depth", "GreaterThanOrEqualTo", "2.0"), [2, 3]),
        (passes("HyperParameters.depth", "LessThan", "2"), [1]),
        (passes("HyperParameters.depth", "LessThanOrEqualTo", "2"), [1, 2]),
        (passes("HyperParameters.depth", "Equals", "2.0"), [2]),
        (passes("HyperParameters.kind.of", None, "tree"), [2, 3]),
        (passes("HyperParameters.kind.of", "NotEquals", "tree"), [1]),
        (passes("HyperParameters.depth", "In", "1, 3"), [1, 3]),
        (passes("HyperParameters.none", "Exists"), []),
        (passes("HyperParameters.none", "NotExists"), [1, 2, 3]),
        (passes("Metrics.test:rmse", "LessThan", "25"), [1, 2]),
        (passes("Tags.team", "Equals", "prices"), [1, 2]),
        (passes("TrainingJobStatus", "Equals", "Completed"), [1, 2, 3]),
        (passes("EnableNetworkIsolation", "Equals", "false"), [1, 2, 3]),
        (passes("CreationTime", "LessThan", "2020-01-01T00:00:00"), []),
        (passes("InputDataConfig.DataSource.S3DataSource.S3Uri", "Contains", "searched/b"), [2]),
    ],
)
def test_filters(account: Account, jobs: list[str], wanted: dict[str, str], depths: list[int]) -> None:
    found = search(account, "TrainingJob", BEGIN, wanted, SortBy="TrainingJobName", SortOrder="Ascending")
    assert [job["TrainingJobName"] for job in found] == [jobs[depth - 1] for depth in depths]


def test_expressions_in_each_other(account: Account, jobs: list[str]) -> None:
    uri = "InputDataConfig.DataSource.S3DataSource.S3Uri"
    nested: dict[str, Any] = {
        "NestedPropertyName": "InputDataConfig",
        "Filters": [passes("InputDataConfig.ChannelName", None, "train"), passes(uri, "Contains", "searched/b")],
    }
    assert search(account, "TrainingJob", SearchExpression={"NestedFilters": [nested]}) == []
    nested["Filters"][0] = passes("InputDataConfig.ChannelName", None, "test")
    found = search(account, "TrainingJob", SearchExpression={"NestedFilters": [nested]})
    assert [job["TrainingJobName"] for job in found] == [jobs[1]]
    either = {
        "Filters": [passes("HyperParameters.depth", None, "1")],
        "SubExpressions": [{"Filters": [BEGIN, passes("HyperParameters.depth", None, "3")]}],
        "Operator": "Or",
    }
    found = search(account, "TrainingJob", SearchExpression=either, SortBy="Metrics.test:rmse")
    assert [job["TrainingJobName"] for job in found] == [jobs[2], jobs[0]]


def test_pages(account: Account, jobs: list[str]) -> None:
    client = account.client("sagemaker")
    asked = {"Resource": "TrainingJob", "SearchExpression": {"Filters": [BEGIN]}, "SortBy": "TrainingJobName"}
    first = client.search(**asked, MaxResults=2)
    assert first["TotalHits"] == {"Value": 3, "Relation": "EqualTo"}
    rest = client.search(**asked, MaxResults=2, NextToken=first["NextToken"])
    names = [result["TrainingJob"]["TrainingJobName"] for page in (first, rest) for result in page["Results"]]
    assert names == jobs[::-1]
    assert "NextToken" not in rest


def test_other_kinds(account: Account, jobs: list[str]) -> None:
    client = account.client("sagemaker")
    client.create_experiment(ExperimentName="searched", Tags=[{"Key": "team", "Value": "search"}])
    client.create_trial(TrialName="searched-trial", ExperimentName="searched")
    client.associate_trial_component(TrialComponentName=f"{jobs[1]}-aws-training-job", TrialName="searched-trial")
    client.create_model_package_group(ModelPackageGroupName="searched")
    image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/searched:1"
    version = client.create_model_package(
        ModelPackageGroupName="searched",
        InferenceSpecification={"Containers": [{"Image": image}]},
        CustomerMetadataProperties={"for": "search"},
    )["ModelPackageArn"]
    (experiment,) = search(account, "Experiment", passes("Tags.team", None, "search"))
    assert experiment["ExperimentName"] == "searched"
    (trial,) = search(account, "ExperimentTrial", passes("ExperimentName", None, "searched"))
    assert trial["TrialName"] == "searched-trial"
    account.eventually(
        lambda: search(account, "ExperimentTrialComponent", passes("Parents.ExperimentName", None, "searched")),
        lambda found: [each["Metrics"][0]["Last"] for each in found if "Metrics" in each] == [20.0],
    )
    (component,) = search(
        account,
        "ExperimentTrialComponent",
        passes("Parameters.depth", "GreaterThan", "1"),
        passes("Metrics.test:rmse.last", "LessThan", "25"),
        passes("TrialComponentName", "Contains", "searched-"),
    )
    assert component["Parents"] == [{"TrialName": "searched-trial", "ExperimentName": "searched"}]
    (package,) = search(account, "ModelPackage", passes("CustomerMetadataProperties.for", None, "search"))
    assert package["ModelPackageArn"] == version
    (group,) = search(account, "ModelPackageGroup", passes("ModelPackageGroupName", None, "searched"))
    assert group["ModelPackageGroupStatus"] == "Completed"
    for resource in ("HyperParameterTuningJob", "Endpoint", "FeatureGroup", "Pipeline", "PipelineExecution"):
        assert search(account, resource, passes("CreationTime", "LessThan", "2020-01-01T00:00:00")) == []


def test_features(account: Account, role: str) -> None:
    client = account.client("sagemaker")
    client.create_feature_group(
        FeatureGroupName="searched-features",
        RecordIdentifierFeatureName="house",
        EventTimeFeatureName="at",
        FeatureDefinitions=[{"FeatureName": name, "FeatureType": "String"} for name in ("house", "at", "town")],
        OnlineStoreConfig={"EnableOnlineStore": True},
        RoleArn=role,
    )
    client.update_feature_metadata(
        FeatureGroupName="searched-features",
        FeatureName="town",
        Description="where it stands",
        ParameterAdditions=[{"Key": "owner", "Value": "maps"}],
    )
    for filters in (passes("Description", "Contains", "stands"), passes("Parameters.owner", None, "maps")):
        (found,) = search(account, "FeatureMetadata", passes("FeatureGroupName", None, "searched-features"), filters)
        assert (found["FeatureName"], found["FeatureType"]) == ("town", "String")


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"Resource": "Image"}, "does not offer in Search: the resource Image"),
        ({"Resource": "Endpoint", "CrossAccountFilterOption": "CrossAccount"}, "resources of other accounts"),
        ({"SortBy": "Nonsense"}, "Unknown property name: Nonsense"),
        ({"SearchExpression": {"Filters": [passes("Nonsense.x", "Exists")]}}, "Unknown property name: Nonsense.x"),
        ({"SearchExpression": {"Filters": [passes("TrainingJobName")]}}, "needs a Value for the operator Equals"),
        (
            {"SearchExpression": {"Filters": [passes("TrainingJobName", "LessThan", "b")]}},
            "takes a number or a time, got 'b'",
        ),
        ({"SearchExpression": {"Filters": [passes("CreationTime", None, "now")]}}, "A time is written as"),
        ({"NextToken": "x"}, "The token is not valid"),
    ],
)
def test_what_cannot_be_searched(account: Account, jobs: list[str], members: dict[str, Any], message: str) -> None:
    assert jobs
    with pytest.raises(ClientError, match=message):
        account.client("sagemaker").search(**{"Resource": "TrainingJob", **members})
