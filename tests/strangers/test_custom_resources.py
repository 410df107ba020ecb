"""Functions behind custom resources send their answers in many ways; AWS's own and popular ones' are these."""

import json
from typing import Any

import pytest

from tests.strangers.account import Account

pytestmark = [pytest.mark.e2e]

_PYTHON = """
import json, {imports}
from urllib.parse import urlsplit
def handler(event, context):
    body = json.dumps({{"Status": "SUCCESS", "PhysicalResourceId": "p", "Data": {{"A": "answered"}},
        **{{name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")}}}})
    url = event["ResponseURL"]
    parts = urlsplit(url)
    path = parts.path + ("?" + parts.query if parts.query else "")
    {send}
"""
_NODE = """
{imports}
{export} = async (event) => {{
  const body = JSON.stringify({{ Status: "SUCCESS", PhysicalResourceId: "p", Data: {{ A: "answered" }},
    StackId: event.StackId, RequestId: event.RequestId, LogicalResourceId: event.LogicalResourceId }});
  const url = new URL(event.ResponseURL);
  const headers = {{ "content-type": "", "content-length": Buffer.byteLength(body) }};
  await {send};
}};
"""


def _in_node(imports: str, arguments: str, request: str = "https.request") -> str:
    send = (
        f"new Promise((resolve, reject) => {{ const r = {request}({arguments}, (a) => {{ a.resume(); resolve(); }});"
        " r.on('error', reject); r.end(body); })"
    )
    return _NODE.format(imports=imports, export="exports.handler", send=send)


@pytest.mark.parametrize(
    ("runtime", "source"),
    [
        pytest.param(
            "python3.13",
            _PYTHON.format(
                imports="http.client",
                send="http.client.HTTPSConnection(parts.hostname).request('PUT', path, body=body)",
            ),
            id="python-host",
        ),
        pytest.param(
            "python3.11",
            _PYTHON.format(
                imports="sys",
                send="from http.client import HTTPSConnection; c = HTTPSConnection(parts.netloc); "
                "c.request('PUT', path, body, {'content-length': str(len(body))}); c.getresponse()",
            ),
            id="python-crhelper",
        ),
        pytest.param(
            "python3.12",
            _PYTHON.format(imports="urllib3", send="urllib3.PoolManager().request('PUT', url, body=body)"),
            id="python-urllib3",
        ),
        pytest.param(
            "nodejs22.x",
            _in_node(
                "const https = require('https');",
                "{ hostname: url.hostname, port: 443, path: url.pathname + url.search, method: 'PUT', headers }",
            ),
            id="node-port-443",
        ),
        pytest.param(
            "nodejs20.x",
            _in_node(
                "const { request } = require('node:https');",
                "`https://${url.host}${url.pathname}`, { method: 'PUT', headers }",
                "request",
            ),
            id="node-url-and-options",
        ),
        pytest.param(
            "nodejs24.x",
            _NODE.format(
                imports="", export="exports.handler", send="fetch(event.ResponseURL, { method: 'PUT', body, headers })"
            ).replace(', "content-length": Buffer.byteLength(body)', ""),
            id="node-fetch",
        ),
    ],
)
def test_an_answer_is_received(account: Account, request: pytest.FixtureRequest, runtime: str, source: str) -> None:
    name = f"answers-{request.node.callspec.id}"
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": _trust("lambda.amazonaws.com")}}
    function = {"Runtime": runtime, "Handler": "index.handler", "Code": {"ZipFile": source}, "Timeout": 10}
    template = {
        "Resources": {
            "Role": role,
            "Function": {
                "Type": "AWS::Lambda::Function",
                "Properties": {**function, "Role": {"Fn::GetAtt": ["Role", "Arn"]}},
            },
            "Thing": {
                "Type": "Custom::Thing",
                "Properties": {"ServiceToken": {"Fn::GetAtt": ["Function", "Arn"]}, "ServiceTimeout": 15},
            },
        },
        "Outputs": {"A": {"Value": {"Fn::GetAtt": ["Thing", "A"]}}},
    }
    cloudformation = account.client("cloudformation")
    cloudformation.create_stack(
        StackName=name, TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM"], OnFailure="DELETE"
    )
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    assert account.outputs(name) == {"A": "answered"}
    cloudformation.delete_stack(StackName=name)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={"Delay": 1})


def _trust(service: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}
