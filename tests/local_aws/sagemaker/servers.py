"""Programs that serve, for the test engine's images."""

ECHO = """
import json, os, sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
base = os.environ["SAGEMAKER_BASE_DIR"]

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer(200 if os.path.exists(f"{base}/model/model.txt") else 503, b"")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        command = body.decode(errors="replace")
        if command == "crash":
            os._exit(9)
        if command == "hang":
            time.sleep(30)
        if command == "fail":
            self.answer(500, b"the model is sad")
        elif self.headers["Content-Type"] == "application/x-bad":
            self.answer(415, b"text/csv only")
        elif command == "chunked":
            self.send_response(200)
            self.send_header("Content-Type", "text/plain")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"3\\r\\none\\r\\n3\\r\\ntwo\\r\\n0\\r\\n\\r\\n")
        elif command == "break":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"3\\r\\none\\r\\n")
            self.close_connection = True
        elif command == "close":
            self.send_response(200)
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(b"until the end")
            self.close_connection = True
        else:
            seen = {
                "model": open(f"{base}/model/model.txt").read(),
                "body": command,
                "environment": dict(os.environ),
                "headers": dict(self.headers),
            }
            self.answer(
                200, json.dumps(seen).encode(), Content_Type="application/json",
                X_Amzn_SageMaker_Custom_Attributes="answered",
            )

    def log_message(self, *arguments):
        pass

print("serving", flush=True)
ThreadingHTTPServer(("127.0.0.1", int(os.environ["SAGEMAKER_BIND_TO_PORT"])), Handler).serve_forever()
"""

# one container of several: its answer is what it was sent, within its name, as a type of its own
STAGE = """
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
name = os.environ["NAME"]

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body, content_type):
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer(200, b"", "text/plain")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if f"crash {name}" in body:
            os._exit(9)
        if f"fail {name}" in body:
            self.answer(500, f"{name} is sad".encode(), "text/plain")
        else:
            seen = [self.headers[each] or "" for each in ("Content-Type", "Accept", "X-Amzn-SageMaker-Inference-Id")]
            print(*seen, sep="|", flush=True)
            self.answer(200, f"{name}({body})".encode(), f"text/{name}")

    def log_message(self, *arguments):
        pass

ThreadingHTTPServer(("127.0.0.1", int(os.environ["SAGEMAKER_BIND_TO_PORT"])), Handler).serve_forever()
"""
