"""Raw HTTP against the gateway, for what no client would send."""

import http.client
import json
from collections.abc import Callable
from typing import Any

import pytest
from attrs import frozen

from local_aws.server import LocalAws


@frozen
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


Send = Callable[..., Answer]


def authorization(service: str, key: str = "any", region: str = "us-east-1") -> str:
    scope = f"Credential={key}/20260101/{region}/{service}/aws4_request"
    return f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0"


@pytest.fixture
def send(local_aws: LocalAws) -> Send:
    def send_one(method: str, path: str, *, body: Any = None, service: str | None = None, **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", local_aws.port, timeout=60)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if service is not None:
            named["Authorization"] = authorization(service)
        try:
            connection.request(method, path, body=body, headers=named)
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, found, response.read())
        finally:
            connection.close()

    return send_one
