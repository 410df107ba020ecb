"""Metrics that a run logs."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.sagemaker.conftest import Account

START = datetime(2026, 1, 1, tzinfo=UTC)


def put(account: Account, component: str, **series: list[float]) -> None:
    """Logs each series, a step a second, under the name as the SageMaker SDK sends it."""
    data = [
        {"MetricName": name, "Timestamp": START + timedelta(seconds=step), "Step": step, "Value": value}
        for name, values in series.items()
        for step, value in enumerate(values)
    ]
    account.client("sagemaker-metrics").batch_put_metrics(TrialComponentName=component.lower(), MetricData=data)


@pytest.fixture(scope="module")
def logged(account: Account) -> str:
    """The ARN of a trial component with metrics."""
    arn: str = account.client("sagemaker").create_trial_component(TrialComponentName="Logged-Run")["TrialComponentArn"]
    put(account, "Logged-Run", loss=[4.0, 2.0])
    put(account, "Logged-Run", loss=[3.0], accuracy=[0.5])
    return arn


def test_the_trial_component_tells_of_them(account: Account, logged: str) -> None:
    told = account.client("sagemaker").describe_trial_component(TrialComponentName="Logged-Run")["Metrics"]
    metrics = {metric["MetricName"]: metric for metric in told}
    loss = metrics["loss"]
    assert (loss["Min"], loss["Max"], loss["Avg"], loss["Count"]) == (2.0, 4.0, 3.0, 3)
    assert loss["StdDev"] == pytest.approx(0.8165, abs=1e-4)
    assert (loss["Last"], loss["TimeStamp"], loss["SourceArn"]) == (2.0, START + timedelta(seconds=1), logged)
    assert metrics["accuracy"]["StdDev"] == 0.0


def query(arn: str, **members: Any) -> dict[str, Any]:
    wanted = {"MetricStat": "Avg", "Period": "IterationNumber", "XAxisType": "IterationNumber"}
    return {"MetricName": "loss", "ResourceArn": arn} | wanted | members


def test_they_are_asked_for_by_step_and_by_time(account: Account, logged: str) -> None:
    moment = int(START.timestamp())
    queries = [
        query(logged),
        query(logged, MetricStat="Last", Start=1),
        query(logged, MetricStat="Max", Period="OneMinute", XAxisType="Timestamp"),
        query(logged, MetricName="nothing"),
        query(logged, Period="OneHour"),
        query(f"{logged}-none"),
    ]
    answer = account.client("sagemaker-metrics").batch_get_metrics(MetricQueries=queries)["MetricQueryResults"]
    assert [(each["XAxisValues"], each["MetricValues"]) for each in answer[:4]] == [
        ([0, 1], [3.5, 2.0]),
        ([1], [2.0]),
        ([moment], [4.0]),
        ([], []),
    ]
    assert [each["Status"] for each in answer] == ["Complete"] * 4 + ["ValidationError"] * 2
    assert answer[4]["Message"] == "Period OneHour does not go with XAxisType IterationNumber."
    assert answer[5]["Message"] == f"Resource '{logged}-none' is no trial component."


def test_a_trial_component_is_needed(account: Account) -> None:
    with pytest.raises(ClientError, match=r"ResourceNotFound.*TrialComponent 'nobody' does not exist"):
        put(account, "nobody", loss=[1.0])
