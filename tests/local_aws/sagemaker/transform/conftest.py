"""A model that adds up numbers, and says what it was sent."""

import json

import pytest

from tests.local_aws.sagemaker.conftest import Account

LOGS = "/aws/sagemaker/TransformJobs"
ADDER = """
import json, os, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
base = os.environ["SAGEMAKER_BASE_DIR"]
wishes = json.load(open(f"{base}/model/wishes.json"))
counts = {"now": 0, "failed": 0}
lock = threading.Lock()

class Handler(BaseHTTPRequestHandler):
    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if self.path == "/execution-parameters":
            self.answer(200 if wishes else 404, json.dumps(wishes).encode())
        else:
            self.answer(200, b"")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        with lock:
            counts["now"] += 1
            print("requests", counts["now"], "lines", len(body.splitlines()), self.headers["Accept"], flush=True)
        if "wait" in body:
            time.sleep(600)
        if "slow" in body:
            time.sleep(0.3)
        if "crash" in body:
            os._exit(3)
        status, answer = 200, b""
        if "once" in body and not counts["failed"]:
            counts["failed"] = 1
            status, answer = 503, b"not yet"
        elif "bad" in body:
            status, answer = 400, b"bad row"
        elif "broken" in body:
            status, answer = 500, b"no idea"
        elif self.headers["Content-Type"].startswith("text/csv"):
            words = [line.replace("once", "0").replace("slow", "0").split(",") for line in body.splitlines()]
            answer = "\\n".join(str(sum(float(word) for word in row)) for row in words).encode()
        else:
            rows = [json.loads(line) for line in body.splitlines()]
            sums = [sum(row if isinstance(row, list) else row["features"]) for row in rows]
            answer = "\\n".join(json.dumps({"sum": value}) for value in sums).encode()
        with lock:
            counts["now"] -= 1
        self.answer(status, answer)

    def log_message(self, *arguments):
        pass

print(os.environ["SAGEMAKER_BATCH"], os.environ["SAGEMAKER_BATCH_STRATEGY"], os.environ.get("MINE"), flush=True)
ThreadingHTTPServer(("127.0.0.1", int(os.environ["SAGEMAKER_BIND_TO_PORT"])), Handler).serve_forever()
"""


@pytest.fixture(scope="session")
def adder(account: Account, role: str) -> str:
    """The name of a model that adds up each row."""
    account.model("adder", account.engine.image("adder", serve=ADDER), role, {"wishes.json": b"{}"})
    return "adder"


@pytest.fixture(scope="session")
def wishful(account: Account, role: str) -> str:
    """The same, with wishes of its own."""
    wishes = {"MaxConcurrentTransforms": 3, "BatchStrategy": "SINGLE_RECORD", "MaxPayloadInMB": 1}
    image = account.engine.image("wishful", serve=ADDER)
    account.model("wishful", image, role, {"wishes.json": json.dumps(wishes).encode()})
    return "wishful"
