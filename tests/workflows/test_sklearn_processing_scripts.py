"""The scripts of `sklearn-processing`, one after the other as the jobs run them, in the container's packages."""

import json
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from tests.workflows.container import ROOT, make_environment

SOURCE = ROOT / "workflows" / "sklearn_processing"
CONTAINER, SCRIPTS = SOURCE / "container", SOURCE / "scripts"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def python() -> Path:
    return make_environment(CONTAINER / "requirements.txt") / "python"


class Jobs:
    """Runs scripts, each with a folder of its own in the place of /opt/ml."""

    def __init__(self, python: Path, base: Path) -> None:
        self._python = python
        self.base = base

    def run(self, program: Path, *arguments: str, job: str = "job") -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(CONTAINER),
            "SAGEMAKER_BASE_DIR": str(self.base / job),
            "OMP_NUM_THREADS": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        command = [str(self._python), str(program), *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    def succeeds(self, script: str, *arguments: str, job: str = "job") -> str:
        ended = self.run(SCRIPTS / script, *arguments, job=job)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    def folder(self, name: str, job: str = "job") -> Path:
        folder = self.base / job / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def test_from_raw_data_to_an_accurate_model(python: Path, tmp_path: Path) -> None:
    jobs = Jobs(python, tmp_path)
    jobs.succeeds("../raw_data.py", str(jobs.folder("processing/input") / "cancer.csv"))
    ratio = ["--train-test-split-ratio", "0.2"]
    assert jobs.succeeds("preprocessing.py", *ratio) == "train-rows=455\ntest-rows=114\n"
    assert jobs.succeeds("anomaly_detection.py") == "anomalies=10\n"
    assert jobs.succeeds("feature_selection.py") == "features=20\n"

    for channel, folder in (("train", "train_data"), ("anomalies", "anomalies"), ("features", "features")):
        shutil.copytree(jobs.folder(f"processing/{folder}"), jobs.base / "train" / "input" / "data" / channel)
    shutil.copy(SCRIPTS / "train.py", jobs.folder("input/data/code", job="train"))
    trained = jobs.run(CONTAINER / "train", job="train")
    assert trained.returncode == 0, trained.stderr
    assert trained.stdout.startswith("rows=445\n")

    with tarfile.open(jobs.folder("processing/model") / "model.tar.gz", "w:gz") as archive:
        archive.add(jobs.folder("model", job="train") / "model.joblib", "model.joblib")
    jobs.succeeds("evaluation.py")
    result = json.loads((jobs.folder("processing/evaluation") / "evaluation.json").read_text())
    assert result["accuracy"] > 0.93
    assert result["roc_auc"] > 0.98
    assert result["report"]["1"]["support"] == 72


@pytest.mark.parametrize(
    ("text", "arguments", "message"),
    [
        (None, [], "no CSV file in input"),
        ("a,b\n", [], "raw.csv has no rows"),
        ("a,b\n1,x\n", [], "raw.csv, line 2: got ['1', 'x'], expected 2 numbers"),
        ("a,b\n1,2\n", [], "raw.csv: the last column, b, holds other values than 0 and 1"),
        ("a,b\n1,1\n", ["--train-test-split-ratio", "1"], "got the split ratio 1.0, expected a number between 0 and 1"),
    ],
)
def test_bad_input_fails_the_job_with_its_reason(
    python: Path, tmp_path: Path, text: str | None, arguments: list[str], message: str
) -> None:
    jobs = Jobs(python, tmp_path)
    if text is not None:
        (jobs.folder("processing/input") / "raw.csv").write_text(text)

    ended = jobs.run(SCRIPTS / "preprocessing.py", *arguments)

    assert ended.returncode == 1
    assert (jobs.folder("output") / "message").read_text() == message


def test_training_without_its_script_fails_with_its_reason(python: Path, tmp_path: Path) -> None:
    jobs = Jobs(python, tmp_path)

    ended = jobs.run(CONTAINER / "train")

    assert ended.returncode == 1
    assert (jobs.folder("output") / "failure").read_text() == "the channel code has 0 scripts, expected one"
