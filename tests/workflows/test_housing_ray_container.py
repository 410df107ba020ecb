"""The container of `housing-ray`: `train` on one host and on two, `evaluate.py`, `serve`."""

import gzip
import io
import json
import os
import re
import shutil
import signal
import subprocess
import tarfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

from local_aws.containers import ports
from tests.workflows.housing_ray import (
    CONTAINER,
    SCRIPTS,
    Host,
    end,
    ending,
    host_names,
    in_container,
    programs,
    scratch,
)
from workflows.byoc_housing.data import COLUMNS, Row, houses, to_csv

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

FEATURES = COLUMNS[1:]
HEADER = ",".join(FEATURES)
ROW = "2000,3000,3,2,1,1,0,1"
TRUE_PRICE = 5_000 * -19 + 150 * 3000 + 10_000 * 3 + 15_000 * (2 + 1 + 1)
_TRAINED_SECONDS = 1.0
"""Of a processor, after XGBoost was loaded: a worker trains by then."""


def plain_scaler() -> dict[str, object]:
    """A scaler that leaves features as they are."""
    return {"features": FEATURES, "means": [0.0] * 8, "deviations": [1.0] * 8}


def put_channels(host: Host, rows: list[Row]) -> None:
    cut = len(rows) * 3 // 4
    for name, part in (("train", rows[:cut]), ("validation", rows[cut:])):
        (host.folder(f"input/data/{name}") / "rows.csv").write_text(to_csv(part))
    (host.folder("input/data/scaler") / "scaler.json").write_text(json.dumps(plain_scaler()))


def metric(told: str, name: str) -> float:
    return float(re.findall(rf"{name}=([0-9.]+)", told)[-1])


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(programs(), tmp_path)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Host, str]:
    host = Host(programs(), tmp_path_factory.mktemp("opt_ml"))
    put_channels(host, list(houses(8_000)))
    host.put_hyperparameters(
        max_depth="5", eta="0.3", objective="reg:squarederror", _tuning_objective_metric="validation:rmse"
    )
    return host, host.succeeds(CONTAINER / "train")


@pytest.fixture
def two_hosts(tmp_path: Path) -> list[Host]:
    """Hosts of one job; their names are addresses of their own on this machine."""
    names = host_names()
    hosts = [Host(programs(), tmp_path / f"algo-{number}") for number in (1, 2)]
    for host, name in zip(hosts, names, strict=True):
        put_channels(host, list(houses(2_000)))
        host.put_hosts(names, name)
        host.put_hyperparameters(num_round="20")
    return hosts


@contextmanager
def training(hosts: list[Host]) -> Iterator[list[subprocess.Popen[str]]]:
    with ExitStack() as stack:
        yield [stack.enter_context(ending(host.start(CONTAINER / "train"))) for host in hosts]


def test_one_host_trains_and_tells_its_metrics(trained: tuple[Host, str]) -> None:
    host, told = trained
    assert len(re.findall(r"validation:rmse=[0-9.]+", told)) == 10
    assert metric(told, "validation:mae") < metric(told, "validation:rmse") < 15_000
    assert sorted(path.name for path in (host.base / "model").iterdir()) == ["metrics.json", "model.ubj", "scaler.json"]
    metrics = json.loads((host.base / "model" / "metrics.json").read_text())
    assert metrics["validation:rmse"] == pytest.approx(metric(told, "validation:rmse"), abs=0.001)


def test_two_hosts_train_one_model_together(two_hosts: list[Host]) -> None:
    with training(two_hosts) as (first, second):
        told, errors = first.communicate(timeout=240)
        joined, _ = second.communicate(timeout=60)

    assert (first.returncode, second.returncode) == (0, 0), errors
    assert "training on 2 hosts" in told
    assert metric(told, "validation:rmse") < 40_000
    assert "joins" in joined
    assert (two_hosts[0].base / "model" / "model.ubj").exists()
    assert not (two_hosts[1].base / "model").exists()


def test_a_worker_that_is_killed_in_mid_training_fails_all_hosts(two_hosts: list[Host]) -> None:
    for host in two_hosts:
        host.put_hyperparameters(num_round="100000", max_depth="12")
    with training(two_hosts) as (first, second):
        os.kill(worker_of(second), signal.SIGKILL)
        first.communicate(timeout=240)
        second.communicate(timeout=60)

    assert (first.returncode, second.returncode) == (1, 1)
    leader = json.loads((two_hosts[0].base / "input/config/resourceconfig.json").read_text())["hosts"][0]
    reason = two_hosts[0].failure().removeprefix("WorkerLostError: ")
    # Ray decides which of the two is on which host, and which of them is heard first
    assert re.fullmatch(
        "worker [01] of 2, counted from 0, (ended in mid-training: it was killed or ran out of memory"
        "|lost another one in mid-training)",
        reason,
    )
    assert two_hosts[1].failure() == f"HostLostError: {leader}, the first host, failed: {reason}"


def test_a_host_that_is_lost_fails_the_others_at_once(two_hosts: list[Host]) -> None:
    for host in two_hosts:
        host.put_hyperparameters(num_round="100000", max_depth="12")
    with training(two_hosts) as (first, second):
        worker_of(second)
        end(second)
        first.communicate(timeout=240)

    assert first.returncode == 1
    assert two_hosts[0].failure().endswith("is gone, and with it a part of the cluster")


def test_a_job_that_is_stopped_leaves_no_process_and_no_file(two_hosts: list[Host]) -> None:
    """A stop reaches a host's first process alone; the end of its container is not there to clear up behind it."""
    for host in two_hosts:
        host.put_hyperparameters(num_round="100000", max_depth="12")
    before = set(scratch().iterdir())
    with training(two_hosts) as (first, second):
        worker_of(second)
        for process in (first, second):
            process.terminate()
        for process in (first, second):
            process.communicate(timeout=240)
        left = {process.pid: await_no_process_of(process.pid) for process in (first, second)}

    assert left == {first.pid: [], second.pid: []}
    assert 0 not in (first.returncode, second.returncode)
    assert set(scratch().iterdir()) == before


def await_no_process_of(session: int) -> list[str]:
    """What is left of a session; Ray's processes end when they notice that those above them have ended."""
    deadline = time.monotonic() + 60
    while True:
        listed = subprocess.run(["ps", "-eo", "sid=,args="], capture_output=True, text=True, check=True).stdout
        left = [line for line in listed.splitlines() if int(line.split(None, 1)[0]) == session]
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.1)


def worker_of(host: subprocess.Popen[str]) -> int:
    """Waits for the process that trains on a host, until it has trained for a while, and gives its id."""
    deadline = time.monotonic() + 240
    loaded: dict[int, float] = {}
    while True:
        for pid, name in children_of(host.pid):
            if not name.startswith("ray::RayTrainWorker") or "libxgboost" not in Path(f"/proc/{pid}/maps").read_text():
                continue
            used = processor_seconds(pid)
            if used - loaded.setdefault(pid, used) > _TRAINED_SECONDS:
                return pid
        assert host.poll() is None, "the host ended before it trained"
        assert time.monotonic() < deadline, "the host did not train"
        time.sleep(0.1)


def processor_seconds(pid: int) -> float:
    """What a process has used of the processors."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def children_of(parent: int) -> Iterator[tuple[int, str]]:
    """All processes below one, with their command lines."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
    below: dict[int, list[tuple[int, str]]] = {}
    for line in listed.splitlines():
        pid, over, name = line.split(None, 2)
        below.setdefault(int(over), []).append((int(pid), name))
    waiting = [parent]
    while waiting:
        for child in below.get(waiting.pop(), ()):
            waiting.append(child[0])
            yield child


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"max_dept": "3"}, "unknown hyperparameter 'max_dept'; expected one of objective, max_depth, eta"),
        ({"eta": "fast"}, "hyperparameter eta: got 'fast', expected a number"),
        ({"num_round": "1.5"}, "hyperparameter num_round: got '1.5', expected a whole number"),
        ({"subsample": "2"}, "hyperparameter subsample: got 2, expected 0.01 to 1.0"),
        ({"objective": "rank:map"}, "hyperparameter objective: got 'rank:map', expected 'reg:squarederror'"),
    ],
)
def test_bad_hyperparameters_fail_with_their_reason(host: Host, given: dict[str, str], message: str) -> None:
    host.put_hyperparameters(**given)
    assert message in host.fails(CONTAINER / "train")


def test_bad_rows_fail_the_training_with_file_line_and_column(host: Host) -> None:
    put_channels(host, list(houses(100)))
    bad = to_csv(list(houses(3))).splitlines()
    bad[2] = bad[2].replace(bad[2].split(",")[2], "")
    (host.base / "input/data/validation/rows.csv").write_text("\n".join(bad))
    assert host.fails(CONTAINER / "train") == "rows.csv, line 3, column SQUARE_FEET: got '', expected a finite number"


def put_test(host: Host) -> None:
    (host.folder("processing/test") / "test.csv").write_text(to_csv(list(houses(500, seed=9))))


def test_evaluation_measures_the_model_on_the_test_data(trained: tuple[Host, str], host: Host) -> None:
    with tarfile.open(host.folder("processing/model") / "model.tar.gz", "w:gz") as archive:
        archive.add(trained[0].base / "model", ".")
    put_test(host)

    told = host.succeeds(SCRIPTS / "evaluate.py")

    found = json.loads((host.base / "processing/evaluation/evaluation.json").read_text())["regression_metrics"]
    assert set(found) == {"mae", "rmse"}
    assert set(found["rmse"]) == {"value", "standard_deviation"}
    assert found["mae"]["value"] < found["rmse"]["value"] < 15_000
    assert metric(told, "test:rmse") == pytest.approx(found["rmse"]["value"], abs=0.001)


@pytest.mark.parametrize(
    ("name", "kind", "link"),
    [
        ("../escaped", tarfile.REGTYPE, ""),
        ("/tmp/escaped", tarfile.REGTYPE, ""),  # noqa: S108 - it is refused
        ("link", tarfile.SYMTYPE, "/etc/passwd"),
        ("link", tarfile.LNKTYPE, "../../escaped"),
        ("device", tarfile.CHRTYPE, ""),
    ],
)
def test_an_archive_that_reaches_out_is_refused(host: Host, name: str, kind: bytes, link: str) -> None:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname, entry.size = kind, link, 0
    with tarfile.open(host.folder("processing/model") / "model.tar.gz", "w:gz") as archive:
        archive.addfile(entry, io.BytesIO())
    put_test(host)

    failure = host.fails(SCRIPTS / "evaluate.py")

    # an absolute path is taken as one below the folder: no model is found there then
    assert failure.startswith(("model.tar.gz is refused: ", "no model.ubj in "))
    assert not (host.base / "processing" / "escaped").exists()


BROKEN = gzip.compress(bytes(range(256)) * 40)[:-60] + bytes(60)
"""The archive's compression breaks off in the middle of it."""


@pytest.mark.parametrize("content", [b"", b"no archive", b"\x1f\x8b broken", BROKEN])
def test_what_is_no_archive_is_told(host: Host, content: bytes) -> None:
    (host.folder("processing/model") / "model.tar.gz").write_bytes(content)
    assert host.fails(SCRIPTS / "evaluate.py").startswith("model.tar.gz cannot be unpacked: ")


def test_evaluation_without_a_model_is_told(host: Host) -> None:
    assert host.fails(SCRIPTS / "evaluate.py") == "model holds no model.tar.gz"


@pytest.fixture(scope="module")
def server(trained: tuple[Host, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[HTTPConnection]:
    host = Host(programs(), tmp_path_factory.mktemp("serving"))
    shutil.copytree(trained[0].base / "model", host.base / "model")
    port = ports.free_port()
    settings = {
        "SAGEMAKER_BIND_TO_PORT": str(port),
        "MODEL_SERVER_WORKERS": "2",  # more than one is spawned
        "MODEL_SERVER_HOST": "127.0.0.1",
    }
    with ending(host.start(CONTAINER / "serve", **settings)) as process:
        connection = connected(process, port)
        yield connection
        connection.close()


def connected(process: subprocess.Popen[str], port: int) -> HTTPConnection:
    deadline = time.monotonic() + 60
    while True:
        connection = HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.request("GET", "/ping")
            assert connection.getresponse().read() == b"\n"
        except ConnectionRefusedError:
            connection.close()
            assert process.poll() is None, "serve ended before it answered"
            assert time.monotonic() < deadline, "serve did not answer"
            time.sleep(0.05)
        else:
            return connection


def post(server: HTTPConnection, body: str | bytes, content_type: str, accept: str = "") -> tuple[int, str, str]:
    server.request("POST", "/invocations", body, {"Content-Type": content_type, "Accept": accept})
    answer = server.getresponse()
    return answer.status, answer.headers["Content-Type"], answer.read().decode()


def test_csv_and_json_are_answered_in_kind(server: HTTPConnection) -> None:
    status, kind, price = post(server, ROW, "text/csv")
    assert (status, kind) == (200, "text/csv")
    assert float(price) == pytest.approx(TRUE_PRICE, abs=40_000)
    numbers = [float(value) for value in ROW.split(",")]
    for document in (
        {"instances": [numbers]},
        {"instances": [{"features": numbers}]},
        [dict(zip(FEATURES, numbers, strict=True))],
    ):
        status, kind, answer = post(server, json.dumps(document), "application/json")
        assert (status, kind) == (200, "application/json")
        assert json.loads(answer)["predictions"][0]["score"] == float(price)


@pytest.mark.parametrize(
    "body", [f"{HEADER}\n{ROW}\n", f"\ufeff{HEADER}\r\n{ROW}\r\n", f"\n{ROW}\n", '"' + ROW.replace(",", '","') + '"']
)
def test_a_row_is_the_same_however_it_is_written(server: HTTPConnection, body: str) -> None:
    assert post(server, body.encode(), "text/csv") == post(server, ROW, "text/csv")


def test_accept_decides_the_type_of_the_answer(server: HTTPConnection) -> None:
    assert post(server, ROW, "text/csv", accept="application/json")[1] == "application/json"
    assert post(server, ROW, "text/csv", accept="image/png, */*")[1] == "text/csv"


def test_thousands_of_rows_under_a_header_in_another_order(server: HTTPConnection) -> None:
    rows = list(houses(3_000, seed=9))
    lines = [",".join(reversed(FEATURES)), *(",".join(str(value) for value in reversed(row[1:])) for row in rows)]
    status, _, answer = post(server, "\n".join(lines), "text/csv; charset=utf-8")
    assert status == 200
    errors = [float(line) - row[0] for line, row in zip(answer.split(), rows, strict=True)]
    assert (sum(error**2 for error in errors) / len(errors)) ** 0.5 < 15_000


@pytest.mark.parametrize(
    ("body", "kind", "accept", "status", "message"),
    [
        (ROW, "text/plain", "", 415, "content type: got 'text/plain', expected text/csv or application/json"),
        (ROW, "text/csv", "image/png", 406, "accept: got 'image/png', expected text/csv or application/json"),
        ("1,2,3", "text/csv", "", 400, "request, line 1: got 3 values, expected 8"),
        ("2000,x,3,2,1,1,0,1", "text/csv", "", 400, "line 1, column SQUARE_FEET: got 'x', expected a finite number"),
        ("", "text/csv", "", 400, "the request has no rows"),
        (b"\xff\xfe", "text/csv", "", 400, "the request is not UTF-8"),
        ("{", "application/json", "", 400, "the request is not JSON"),
        ("[]", "application/json", "", 400, "with at least one instance"),
        ("[[1, 2]]", "application/json", "", 400, "instance 0: expected 8 values: YEAR_BUILT, SQUARE_FEET"),
        (f"[[{ROW.replace('3000', 'true')}]]", "application/json", "", 400, "SQUARE_FEET: got True, expected"),
        ("YEAR_BUILT,DECK\n1,2\n", "text/csv", "", 400, "no column SQUARE_FEET, NUM_BEDROOMS"),
        (f"{HEADER}\n", "text/csv", "", 400, "the request has a header and no rows"),
        (f"{HEADER},DECK\n{ROW},1\n", "text/csv", "", 400, "a column of the header is there twice: YEAR_BUILT,"),
        (f"{HEADER}\r{ROW}\r", "text/csv", "", 400, "request, line 1: got a carriage return within the line"),
        (ROW.replace("3000", "True"), "text/csv", "", 400, "column SQUARE_FEET: got 'True', expected a finite number"),
        (f"[[{ROW.replace('3000', '9' * 400)}]]", "application/json", "", 400, "instance 0, SQUARE_FEET: got 9999"),
        (f"[[{ROW.replace('3000', 'NaN')}]]", "application/json", "", 400, "SQUARE_FEET: got nan, expected a finite"),
        ("[" * 100_000, "application/json", "", 400, "the request is not JSON: maximum recursion depth exceeded"),
    ],
)
def test_bad_requests_are_told_what_is_wrong(
    server: HTTPConnection, body: str | bytes, kind: str, accept: str, status: int, message: str
) -> None:
    got, _, text = post(server, body, kind, accept)
    assert got == status
    assert message in text


def test_serve_without_a_model_ends_with_its_reason(host: Host) -> None:
    code, _, errors = host.run(CONTAINER / "serve")
    assert code == 1
    assert "did the training job write a model?" in errors


def test_serving_does_not_load_what_only_jobs_need() -> None:
    loaded = "import sys, prices.server; print(sorted({'ray', 'boto3'} & set(sys.modules)))"
    assert in_container(loaded, programs()) == "[]\n"
