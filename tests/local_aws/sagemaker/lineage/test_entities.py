"""Artifacts, actions and contexts that people make, and the arrows between them."""

import itertools
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.sagemaker.conftest import REGION, Account


@pytest.fixture
def client(account: Account) -> Any:
    return account.client("sagemaker")


def artifact(client: Any, uri: str, kind: str = "DataSet", **members: Any) -> str:
    return str(client.create_artifact(Source={"SourceUri": uri}, ArtifactType=kind, **members)["ArtifactArn"])


def test_an_artifact_is_made_told_changed_and_deleted(client: Any) -> None:
    arn = artifact(client, "s3://own/data", ArtifactName="houses", Properties={"a": "1", "b": "2"})
    assert arn.startswith(f"arn:aws:sagemaker:{REGION}:123456789012:artifact/")
    with pytest.raises(ClientError, match="already exists"):
        artifact(client, "s3://own/data")
    assert artifact(client, "s3://own/data", "Model") != arn
    client.update_artifact(ArtifactArn=arn, ArtifactName="homes", Properties={"c": "3"}, PropertiesToRemove=["a"])
    told = client.describe_artifact(ArtifactArn=arn)
    assert (told["ArtifactName"], told["ArtifactType"]) == ("homes", "DataSet")
    assert told["Properties"] == {"b": "2", "c": "3"}
    assert told["Source"]["SourceUri"] == "s3://own/data"
    assert told["LastModifiedTime"] > told["CreationTime"]
    (listed,) = client.list_artifacts(SourceUri="s3://own/data", ArtifactType="DataSet")["ArtifactSummaries"]
    assert listed["ArtifactArn"] == arn
    with pytest.raises(ClientError, match="2 artifacts have the source s3://own/data, expected one"):
        client.delete_artifact(Source={"SourceUri": "s3://own/data"})
    with pytest.raises(ClientError, match="exactly one of ArtifactArn and Source is needed"):
        client.delete_artifact()
    client.delete_artifact(ArtifactArn=arn)
    with pytest.raises(ClientError, match=f"Artifact '{arn}' does not exist"):
        client.describe_artifact(ArtifactArn=arn)
    client.delete_artifact(Source={"SourceUri": "s3://own/data"})


@pytest.mark.parametrize("kind", ["Action", "Context"])
def test_actions_and_contexts(client: Any, kind: str) -> None:
    def call(verb: str, **members: Any) -> dict[str, Any]:
        return dict(getattr(client, f"{verb}_{kind.lower()}")(**{f"{kind}Name": f"own-{kind.lower()}"}, **members))

    arn = call("create", Source={"SourceUri": "s3://own"}, **{f"{kind}Type": "Mine"}, Properties={"a": "1"})[
        f"{kind}Arn"
    ]
    with pytest.raises(ClientError, match="already exists"):
        call("create", Source={"SourceUri": "s3://own"}, **{f"{kind}Type": "Mine"})
    call("update", Description="changed", Properties={"b": "2"})
    told = call("describe")
    assert (told[f"{kind}Type"], told["Description"], told["Properties"]) == ("Mine", "changed", {"a": "1", "b": "2"})
    listing = getattr(client, f"list_{kind.lower()}s")(**{f"{kind}Type": "Mine"})
    assert [each[f"{kind}Arn"] for each in listing[f"{kind}Summaries"]] == [arn]
    assert client.list_tags(ResourceArn=arn)["Tags"] == []
    call("delete")
    with pytest.raises(ClientError, match=f"{kind} 'own-{kind.lower()}' does not exist"):
        call("describe")


def test_arrows_are_drawn_listed_and_taken_away(client: Any) -> None:
    data, model = artifact(client, "s3://arrows/data"), artifact(client, "s3://arrows/model", "Model")
    client.add_association(SourceArn=data, DestinationArn=model, AssociationType="ContributedTo")
    (arrow,) = client.list_associations(SourceArn=data)["AssociationSummaries"]
    assert (arrow["DestinationArn"], arrow["AssociationType"]) == (model, "ContributedTo")
    assert (arrow["SourceType"], arrow["DestinationType"]) == ("DataSet", "Model")
    assert client.list_associations(DestinationArn=model, SourceType="Image")["AssociationSummaries"] == []
    for source, destination, message in (
        (data, data, "cannot be associated with itself"),
        (model, data, "would close a circle"),
        (data, f"{model}0", f"Resource '{model}0' does not exist"),
    ):
        with pytest.raises(ClientError, match=message):
            client.add_association(SourceArn=source, DestinationArn=destination)
    with pytest.raises(ClientError, match="cannot be deleted: it has 1 associations"):
        client.delete_artifact(ArtifactArn=data)
    client.delete_association(SourceArn=data, DestinationArn=model)
    with pytest.raises(ClientError, match=r"Association from .* does not exist"):
        client.delete_association(SourceArn=data, DestinationArn=model)


def test_a_graph_is_walked(client: Any) -> None:
    arns = [artifact(client, f"s3://walk/{number}", "Step", Properties={"n": str(number)}) for number in range(4)]
    for source, destination in itertools.pairwise(arns):
        client.add_association(SourceArn=source, DestinationArn=destination, AssociationType="DerivedFrom")

    def met(**members: Any) -> list[str]:
        return [vertex["Arn"] for vertex in client.query_lineage(**members)["Vertices"]]

    middle = [arns[2]]
    assert met(StartArns=middle) == [arns[1], arns[0], arns[3]]
    assert met(StartArns=middle, Direction="Ascendants") == [arns[1], arns[0]]
    assert met(StartArns=middle, Direction="Ascendants", MaxDepth=1) == [arns[1]]
    assert met(StartArns=middle, Direction="Descendants") == [arns[3]]
    assert met(StartArns=middle, Filters={"Properties": {"n": "0"}}) == [arns[0]]
    assert met(StartArns=middle, Filters={"Types": ["Model"]}) == []
    assert met(Filters={"Types": ["Step"], "LineageTypes": ["Artifact"]}) == arns
    answer = client.query_lineage(StartArns=middle, Direction="Descendants")
    assert answer["Edges"] == [{"SourceArn": arns[2], "DestinationArn": arns[3], "AssociationType": "DerivedFrom"}]
    assert client.query_lineage(StartArns=middle, IncludeEdges=False)["Edges"] == []
    page = client.query_lineage(StartArns=middle, MaxResults=2)
    rest = client.query_lineage(StartArns=middle, MaxResults=2, NextToken=page["NextToken"])
    assert [vertex["Arn"] for vertex in rest["Vertices"]] == [arns[3]]
    for members, message in (
        ({}, "StartArns or Filters are needed"),
        ({"StartArns": middle, "NextToken": "x"}, "The token is not valid"),
        ({"StartArns": [f"{arns[0]}0"]}, "does not exist"),
    ):
        with pytest.raises(ClientError, match=message):
            client.query_lineage(**members)
