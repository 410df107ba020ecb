"""A training program with a known optimum, and requests that tune it."""

from typing import Any

import pytest
from attrs import define

from tests.local_aws.sagemaker.conftest import BUCKET, Account

# the best is at x = 3, with 0; what the program does besides is for its hyperparameters to say
TRAIN = """
import json, os, sys, time
base = os.environ["SAGEMAKER_BASE_DIR"]
given = json.load(open(f"{base}/input/config/hyperparameters.json"))
loss = (float(given.get("x", 3)) - 3) ** 2
for epoch in range(int(given.get("epochs", 1))):
    print(f"loss={loss + 1 / (epoch + 1) if 'epochs' in given else loss};", flush=True)
    if "epochs" in given:
        time.sleep(0.05)
if "wait" in given and loss > float(given["wait"]):
    time.sleep(600)
if "fail" in given:
    sys.exit(4)
"""


@define(eq=False)
class Tuning:
    """Tuning jobs of one program."""

    account: Account
    image: str
    role: str

    def definition(self, **members: Any) -> dict[str, Any]:
        metrics = [{"Name": "loss", "Regex": "loss=([0-9.e+-]+);"}]
        return {
            "AlgorithmSpecification": {
                "TrainingImage": self.image,
                "TrainingInputMode": "File",
                "MetricDefinitions": metrics,
            },
            "RoleArn": self.role,
            "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/tuned"},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
            "StoppingCondition": {"MaxRuntimeInSeconds": 600},
        } | members

    def request(self, name: str, *, jobs: int | None = 4, parallel: int = 2, **members: Any) -> dict[str, Any]:
        limits = {"MaxParallelTrainingJobs": parallel} | ({} if jobs is None else {"MaxNumberOfTrainingJobs": jobs})
        config = {
            "Strategy": "Random",
            "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "loss"},
            "ResourceLimits": limits | members.pop("ResourceLimits", {}),
            "ParameterRanges": {"ContinuousParameterRanges": [{"Name": "x", "MinValue": "0", "MaxValue": "10"}]},
        } | members.pop("HyperParameterTuningJobConfig", {})
        return {
            "HyperParameterTuningJobName": name,
            "HyperParameterTuningJobConfig": config,
            "TrainingJobDefinition": self.definition(**members.pop("TrainingJobDefinition", {})),
        } | members

    def create(self, name: str, **members: Any) -> None:
        request = self.request(name, **members)
        self.account.client("sagemaker").create_hyper_parameter_tuning_job(
            **{key: value for key, value in request.items() if value is not None}
        )

    def run(self, name: str, **members: Any) -> dict[str, Any]:
        """Creates a tuning job and waits for its end."""
        self.create(name, **members)
        return self.ended(name)

    def describe(self, name: str) -> dict[str, Any]:
        client = self.account.client("sagemaker")
        return dict(client.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name))

    def ended(self, name: str) -> dict[str, Any]:
        return self.account.eventually(
            lambda: self.describe(name),
            lambda job: job["HyperParameterTuningJobStatus"] not in ("InProgress", "Stopping"),
        )

    def trainings(self, name: str, **members: Any) -> list[dict[str, Any]]:
        client = self.account.client("sagemaker")
        listed = client.list_training_jobs_for_hyper_parameter_tuning_job(
            HyperParameterTuningJobName=name, MaxResults=100, **members
        )
        found: list[dict[str, Any]] = listed["TrainingJobSummaries"]
        return found


@pytest.fixture(scope="session")
def tuning(account: Account, role: str) -> Tuning:
    return Tuning(account, account.engine.image("tuned", train=TRAIN), role)
