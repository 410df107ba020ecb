"""PutRecord's own path at the gateway, where clients and the server misbehave."""

import asyncio
import json
import re
from typing import Any

import pytest

from local_aws.gateway.app import RootAuthority
from local_aws.gateway.context import Principal
from local_aws.sagemaker.feature_store.groups import GroupBook
from local_aws.sagemaker.feature_store.route import WriteRoute
from local_aws.sagemaker.feature_store.store import RecordStore

SCOPE = {"method": "PUT", "path": "/FeatureGroup/g", "raw_path": b"/FeatureGroup/g", "query_string": b"", "headers": []}


def failing(_store: RecordStore, _principal: Principal, _region: str, _name: str, _request: dict[str, Any]) -> None:
    raise RuntimeError("a fault of the server")


def served(message: dict[str, Any]) -> list[dict[str, Any]]:
    """What a route sends whose operation fails, after a client's message."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return message

    async def send(answer: dict[str, Any]) -> None:
        sent.append(answer)

    match = re.fullmatch(r"/FeatureGroup/(.+)", "/FeatureGroup/g")
    assert match is not None
    route = WriteRoute(RecordStore(groups=GroupBook(), authority=RootAuthority()), failing)
    asyncio.run(route(SCOPE, receive, send, match))
    return sent


def test_a_fault_is_an_answer(caplog: pytest.LogCaptureFixture) -> None:
    start, body = served({"type": "http.request", "body": b"{}"})
    assert start["status"] == 500
    assert (b"x-amzn-errortype", b"InternalFailure") in start["headers"]
    assert "RuntimeError: a fault of the server" in json.loads(body["body"])["message"]
    assert "PUT /FeatureGroup/g failed" in caplog.text


def test_a_client_that_went_away_is_not_answered() -> None:
    assert served({"type": "http.disconnect"}) == []
