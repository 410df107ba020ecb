"""The module by which code written into a template answers CloudFormation; AWS puts one beside such code too."""

_PYTHON = '''"""Sends the answer of a custom resource to CloudFormation."""

import json
import urllib.request

SUCCESS = "SUCCESS"
FAILED = "FAILED"


def send(event, context, responseStatus, responseData, physicalResourceId=None, noEcho=False, reason=None):
    answer = {
        "Status": responseStatus,
        "Reason": reason or f"See the details in CloudWatch Log Stream: {context.log_stream_name}",
        "PhysicalResourceId": physicalResourceId or context.log_stream_name,
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "NoEcho": noEcho,
        "Data": responseData,
    }
    body, headers = json.dumps(answer).encode(), {"content-type": ""}
    request = urllib.request.Request(event["ResponseURL"], body, headers, method="PUT")
    with urllib.request.urlopen(request):
        pass
'''

_NODE = """"use strict";
exports.SUCCESS = "SUCCESS";
exports.FAILED = "FAILED";

exports.send = function (event, context, status, data, physicalId, noEcho) {
  const body = JSON.stringify({
    Status: status,
    Reason: "See the details in CloudWatch Log Stream: " + context.logStreamName,
    PhysicalResourceId: physicalId || context.logStreamName,
    StackId: event.StackId,
    RequestId: event.RequestId,
    LogicalResourceId: event.LogicalResourceId,
    NoEcho: noEcho || false,
    Data: data,
  });
  return new Promise((resolve, reject) => {
    const url = new URL(event.ResponseURL);
    const client = require(url.protocol === "http:" ? "http" : "https");
    const headers = { "content-type": "", "content-length": Buffer.byteLength(body) };
    const request = client.request(url, { method: "PUT", headers }, (answer) => {
      answer.resume();
      answer.on("end", () => { context.done(); resolve(); });
    });
    request.on("error", (error) => { context.done(error); reject(error); });
    request.end(body);
  });
};
"""


def response_module(*, python: bool) -> tuple[str, str]:
    """File name and text of the module, for Python or for Node.js."""
    return ("cfnresponse.py", _PYTHON) if python else ("cfn-response.js", _NODE)
