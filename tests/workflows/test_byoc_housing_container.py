"""The container's `train` and `serve`, run as SageMaker runs them, on real rows."""

import concurrent.futures
import json
import re
import subprocess
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.workflows.container import ROOT, SOURCE, Container, make_environment
from workflows.byoc_housing import data

pytestmark = pytest.mark.slow

REFERENCE = ROOT.parent / "shared" / "data" / "house_pricing.csv"
ROW = "2000,3000,3,2,1,1,0,1"
TRUE_PRICE = 5_000 * -19 + 150 * 3000 + 10_000 * 3 + 15_000 * (2 + 1 + 1)


@pytest.fixture(scope="module")
def programs() -> Path:
    return make_environment()


@pytest.fixture
def container(programs: Path, tmp_path: Path) -> Container:
    return Container(programs, tmp_path)


@pytest.fixture(scope="module")
def trained(programs: Path, tmp_path_factory: pytest.TempPathFactory) -> Container:
    container = Container(programs, tmp_path_factory.mktemp("opt_ml"))
    parts = data.split(list(data.houses(10_000)))
    container.put_channel("training", data.to_csv(parts["training"]))
    container.put_channel("validation", data.to_csv(parts["validation"]))
    done = container.train()
    assert done.returncode == 0, done.stderr
    return container


@pytest.fixture(scope="module")
def server(trained: Container) -> Iterator[HTTPConnection]:
    with trained.serve() as connection:
        yield connection


def _post(server: HTTPConnection, body: str | bytes, content_type: str, accept: str = "") -> tuple[int, str, str]:
    server.request("POST", "/invocations", body, {"Content-Type": content_type, "Accept": accept})
    answer = server.getresponse()
    return answer.status, answer.headers["Content-Type"], answer.read().decode()


def _metric(output: str, name: str) -> float:
    return float(re.findall(rf"{name}=([0-9.]+)", output)[-1])


def test_error_on_held_out_rows_of_the_generator(container: Container) -> None:
    container.put_channel("training", data.to_csv(list(data.houses(8_000))))
    output = container.train().stdout
    assert _metric(output, "validation-rmse") < 9_200
    assert _metric(output, "validation-mae") < _metric(output, "validation-rmse")


@pytest.mark.skipif(not REFERENCE.exists(), reason="the reference data is not beside this checkout")
def test_error_on_held_out_rows_of_the_reference_data(container: Container) -> None:
    container.put_channel("training", REFERENCE.read_text())
    assert 5_000 < _metric(container.train().stdout, "validation-rmse") < 9_200


def test_the_same_seed_gives_the_same_model(container: Container) -> None:
    container.put_channel("training", data.to_csv(list(data.houses(500))))
    container.put_hyperparameters(num_round="20", subsample="0.8", seed="3")
    container.train()
    first = (container.base / "model" / "model.ubj").read_bytes()
    container.train()
    assert (container.base / "model" / "model.ubj").read_bytes() == first


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"max_dept": "3"}, "unknown hyperparameter 'max_dept'; expected one of max_depth, eta"),
        ({"eta": "fast"}, "hyperparameter eta: got 'fast', expected a number"),
        ({"num_round": "1.5"}, "hyperparameter num_round: got '1.5', expected a whole number"),
        ({"subsample": "2"}, "hyperparameter subsample: got 2, expected 0.01 to 1.0"),
    ],
)
def test_bad_hyperparameters_fail_with_their_reason(container: Container, given: dict[str, str], message: str) -> None:
    container.put_channel("training", data.to_csv(list(data.houses(50))))
    container.put_hyperparameters(**given)
    assert container.train().returncode == 1
    assert message in container.failure()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("PRICE,YEAR_BUILT\n1,2\n", "training/rows.csv: no column SQUARE_FEET, NUM_BEDROOMS"),
        (",".join(data.COLUMNS) + "\n", "training/rows.csv: no rows"),
        (",".join(data.COLUMNS) + f"\n1,{ROW}\n1,2,3\n", "training/rows.csv, line 3: got 3 values, expected 9"),
        (
            ",".join(data.COLUMNS) + f"\n1,{ROW}\n1,2000,big,3,2,1,1,0,1\n",
            "line 3, column SQUARE_FEET: got 'big', expected a finite number",
        ),
        (",".join(data.COLUMNS) + "\nnan," + ROW + "\n", "line 2, column PRICE: got 'nan', expected a finite number"),
    ],
)
def test_bad_rows_fail_with_file_line_and_column(container: Container, text: str, message: str) -> None:
    container.put_channel("training", text)
    assert container.train().returncode == 1
    assert message in container.failure()


def test_an_empty_channel_fails(container: Container) -> None:
    (container.base / "input" / "data" / "training").mkdir(parents=True)
    assert container.train().returncode == 1
    assert container.failure() == "channel 'training' holds no .csv file"


def test_a_stopped_job_saves_what_it_has(container: Container) -> None:
    container.put_channel("training", data.to_csv(list(data.houses(2_000))))
    container.put_hyperparameters(num_round="100000", max_depth="8")
    with subprocess.Popen(
        [str(SOURCE / "train")], env=container.environment(), stdout=subprocess.PIPE, text=True
    ) as job:
        assert job.stdout is not None
        while not job.stdout.readline().startswith("[10/"):
            assert job.poll() is None
        job.terminate()
        job.stdout.read()
        assert job.wait(timeout=60) == 0
    assert (container.base / "model" / "model.ubj").exists()


def test_ping_answers_with_a_loaded_model(server: HTTPConnection) -> None:
    server.request("GET", "/ping")
    answer = server.getresponse()
    answer.read()
    assert answer.status == 200


def test_serve_without_a_model_ends_with_its_reason(container: Container) -> None:
    done = subprocess.run(
        [str(SOURCE / "serve")], env=container.environment(), capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 1
    assert "did the training job write a model?" in done.stderr


def test_one_row_of_csv(server: HTTPConnection) -> None:
    status, kind, body = _post(server, ROW, "text/csv")
    assert (status, kind) == (200, "text/csv")
    assert float(body) == pytest.approx(TRUE_PRICE, abs=40_000)


def test_thousands_of_rows_of_csv_under_a_header_in_another_order(server: HTTPConnection) -> None:
    rows = list(data.houses(3_000, seed=9))
    columns = list(reversed(data.COLUMNS))
    text = "\n".join([",".join(columns), *(",".join(str(value) for value in reversed(row)) for row in rows)])
    status, _, body = _post(server, text, "text/csv; charset=utf-8")
    assert status == 200
    errors = [float(line) - row[0] for line, row in zip(body.split(), rows, strict=True)]
    assert (sum(error**2 for error in errors) / len(errors)) ** 0.5 < 9_200


@pytest.mark.parametrize(
    "document",
    [
        {"instances": [[float(value) for value in ROW.split(",")]]},
        {"instances": [{"features": [float(value) for value in ROW.split(",")]}]},
        [dict(zip(data.COLUMNS[1:], map(float, ROW.split(",")), strict=True))],
    ],
)
def test_json_in_its_three_forms(server: HTTPConnection, document: object) -> None:
    status, kind, body = _post(server, json.dumps(document), "application/json")
    assert (status, kind) == (200, "application/json")
    _, _, price = _post(server, ROW, "text/csv")
    assert json.loads(body)["predictions"][0]["score"] == pytest.approx(float(price), abs=0.01)


def test_accept_decides_the_type_of_the_answer(server: HTTPConnection) -> None:
    assert _post(server, ROW, "text/csv", accept="application/json")[1] == "application/json"
    assert _post(server, ROW, "text/csv", accept="image/png, */*")[1] == "text/csv"


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
    ],
)
def test_bad_requests_are_told_what_is_wrong(
    server: HTTPConnection, body: str | bytes, kind: str, accept: str, status: int, message: str
) -> None:
    got, _, text = _post(server, body, kind, accept)
    assert got == status
    assert message in text


def test_many_clients_at_once_each_get_their_own_answer(trained: Container, server: HTTPConnection) -> None:

    rows = [",".join(str(value) for value in row[1:]) for row in data.houses(200, seed=5)]
    alone = [_post(server, row, "text/csv")[2] for row in rows]

    def ask(row: str) -> str:
        connection = HTTPConnection(server.host, server.port, timeout=30)
        try:
            return _post(connection, row, "text/csv")[2]
        finally:
            connection.close()

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        together = list(pool.map(ask, rows))
    assert together == alone
