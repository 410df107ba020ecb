"""Experiments, trials and trial components."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.sagemaker.conftest import Account


@pytest.fixture
def client(account: Account) -> Any:
    return account.client("sagemaker")


def test_an_experiment_with_a_trial_and_a_component(client: Any) -> None:
    client.create_experiment(ExperimentName="prices", Description="of houses", Tags=[{"Key": "k", "Value": "v"}])
    client.create_trial(TrialName="prices-1", ExperimentName="prices")
    client.create_trial_component(
        TrialComponentName="prices-1-fit",
        Status={"PrimaryStatus": "InProgress"},
        Parameters={"depth": {"NumberValue": 6}, "kind": {"StringValue": "tree"}},
    )
    pair = {"TrialComponentName": "prices-1-fit", "TrialName": "prices-1"}
    client.associate_trial_component(**pair)
    assert client.describe_experiment(ExperimentName="prices")["DisplayName"] == "prices"
    assert client.describe_trial(TrialName="prices-1")["ExperimentName"] == "prices"
    assert [each["TrialName"] for each in client.list_trials(ExperimentName="prices")["TrialSummaries"]] == ["prices-1"]
    by_component = client.list_trials(TrialComponentName="prices-1-fit")["TrialSummaries"]
    assert [each["TrialName"] for each in by_component] == ["prices-1"]
    for filters in ({"TrialName": "prices-1"}, {"ExperimentName": "prices"}):
        found = client.list_trial_components(**filters)["TrialComponentSummaries"]
        assert [each["TrialComponentName"] for each in found] == ["prices-1-fit"]
    assert client.list_trial_components(SourceArn="arn:aws:none")["TrialComponentSummaries"] == []
    client.update_trial_component(
        TrialComponentName="prices-1-fit",
        Status={"PrimaryStatus": "Completed"},
        Parameters={"rate": {"NumberValue": 0.1}},
        ParametersToRemove=["kind"],
        OutputArtifacts={"model": {"Value": "s3://m"}},
    )
    told = client.describe_trial_component(TrialComponentName="prices-1-fit")
    assert told["Parameters"] == {"depth": {"NumberValue": 6.0}, "rate": {"NumberValue": 0.1}}
    assert (told["Status"], told["OutputArtifacts"]) == ({"PrimaryStatus": "Completed"}, {"model": {"Value": "s3://m"}})

    with pytest.raises(ClientError, match=r"Experiment 'prices' cannot be deleted: it has trials \(prices-1\)"):
        client.delete_experiment(ExperimentName="prices")
    with pytest.raises(ClientError, match="cannot be deleted: it has 1 associations"):
        client.delete_trial(TrialName="prices-1")
    with pytest.raises(ClientError, match="cannot be deleted: it has 1 associations"):
        client.delete_trial_component(TrialComponentName="prices-1-fit")
    client.disassociate_trial_component(**pair)
    with pytest.raises(ClientError, match=r"Association from .* does not exist"):
        client.disassociate_trial_component(**pair)
    client.delete_trial_component(TrialComponentName="prices-1-fit")
    client.delete_trial(TrialName="prices-1")
    client.update_experiment(ExperimentName="prices", DisplayName="homes")
    assert [each["DisplayName"] for each in client.list_experiments()["ExperimentSummaries"]][:1] == ["homes"]
    client.delete_experiment(ExperimentName="prices")


def test_what_is_not_there_is_said(client: Any) -> None:
    calls: tuple[tuple[str, dict[str, str], str], ...] = (
        ("describe_experiment", {"ExperimentName": "none"}, "Experiment 'none' does not exist"),
        ("create_trial", {"TrialName": "t", "ExperimentName": "none"}, "Experiment 'none' does not exist"),
        ("describe_trial", {"TrialName": "none"}, "Trial 'none' does not exist"),
        ("describe_trial_component", {"TrialComponentName": "none"}, "TrialComponent 'none' does not exist"),
    )
    for method, members, message in calls:
        with pytest.raises(ClientError, match=message) as raised:
            getattr(client, method)(**members)
        assert raised.value.response["Error"]["Code"] == "ResourceNotFound"
