"""Node.js handlers in their own process: module forms, answers, errors and logs."""

import shutil
from typing import Any

import pytest

from tests.local_aws.functions.deployments import Deployments, zipped

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not on PATH")

RUNTIME = "nodejs20.x"


def node(deployed: Deployments, source: str, file: str = "index.mjs", **settings: Any) -> str:
    return deployed.function("f", source, file=file, runtime=RUNTIME, **settings)


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("index.mjs", "export const handler = async (event) => ({ got: event });"),
        ("index.js", "exports.handler = async (event) => ({ got: event });"),
        ("index.cjs", "module.exports = { handler: async (event) => ({ got: event }) };"),
        ("index.js", "exports.handler = (event, context, callback) => callback(null, { got: event });"),
        ("index.js", "exports.handler = (event, context, callback) => setTimeout(callback, 5, null, { got: event });"),
        ("index.js", "exports.handler = (event, context) => context.succeed({ got: event });"),
        (
            "index.js",
            "exports.handler = (event, context) => { setTimeout(() => context.done(null, { got: event }), 5); };",
        ),
    ],
)
def test_every_form_of_handler_answers(deployed: Deployments, file: str, source: str) -> None:
    name = node(deployed, source, file)
    assert deployed.invoke(name, {"a": "ü"}) == {"got": {"a": "ü"}}
    assert deployed.invoke(name, [1]) == {"got": [1]}


def test_a_handler_in_a_folder_of_a_package_of_modules(deployed: Deployments) -> None:
    files = {
        "src___app__js": "import { answer } from './lib.js'; export const run = async () => answer;",
        "src___lib__js": "export const answer = 42;",
        "package__json": '{"type": "module"}',
    }
    name = deployed.function("f", "", runtime=RUNTIME, handler="src/app.run", Code={"ZipFile": zipped(**files)})
    assert deployed.invoke(name) == 42


@pytest.mark.parametrize(
    "source",
    [
        "exports.handler = () => {};",
        "exports.handler = async () => undefined;",
        "exports.handler = (event, context, callback) => {};",
        "exports.handler = () => new Promise(() => {});",
    ],
)
def test_no_answer_is_null(deployed: Deployments, source: str) -> None:
    name = node(deployed, source, "index.js")
    assert deployed.invoke(name) is None
    assert deployed.invoke(name) is None


@pytest.mark.parametrize(
    ("source", "handler", "kind", "message"),
    [
        (
            "import 'absent'; export const handler = 1;",
            "index.handler",
            "Runtime.ImportModuleError",
            "Cannot find package 'absent'",
        ),
        ("export const x = 1;", "other.handler", "Runtime.ImportModuleError", "Error: Cannot find module 'other'"),
        (
            "export const x = 1;",
            "index.handler",
            "Runtime.HandlerNotFound",
            "index.handler is undefined or not exported",
        ),
        ("export const handler = 1;", "index.handler", "Runtime.HandlerNotFound", "index.handler is not a function"),
        ("export const = 1;", "index.handler", "Runtime.UserCodeSyntaxError", "SyntaxError: Unexpected token"),
        ("export const x = 1;", "index", "Runtime.MalformedHandlerName", "Bad handler"),
        ("throw new TypeError('at load');", "index.handler", "TypeError", "at load"),
        ("process.exit(5);", "index.handler", "Runtime.ExitError", "exit status 5"),
    ],
)
def test_a_module_that_cannot_be_loaded(
    deployed: Deployments, source: str, handler: str, kind: str, message: str
) -> None:
    error = deployed.failure(node(deployed, source, handler=handler))
    assert error["errorType"] == kind
    assert message in error["errorMessage"]


@pytest.mark.parametrize(
    ("body", "kind", "message"),
    [
        ("throw new RangeError('too far');", "RangeError", "too far"),
        ("throw 'a text';", "string", "a text"),
        ("const a = {}; a.a = a; return a;", "Runtime.MarshalError", "Unable to stringify response body"),
        ("process.exit(7);", "Runtime.ExitError", "Runtime exited with error: exit status 7"),
        (
            "setTimeout(() => { throw new Error('later'); }, 5); await new Promise((r) => setTimeout(r, 500));",
            "Runtime.UnhandledException",
            "Error: later",
        ),
        (
            "Promise.reject(new Error('alone')); await new Promise((r) => setTimeout(r, 500));",
            "Runtime.UnhandledPromiseRejection",
            "Error: alone",
        ),
        ("await new Promise((r) => setTimeout(r, 30000));", "Sandbox.Timedout", "Task timed out after 1.00 seconds"),
    ],
)
def test_a_handler_that_ends_badly_is_followed_by_a_good_one(
    deployed: Deployments, body: str, kind: str, message: str
) -> None:
    name = node(deployed, f"export const handler = async (event) => {{ if (event) return 'fine'; {body} }};", Timeout=1)
    error = deployed.failure(name)
    assert error["errorType"] == kind
    assert message in error["errorMessage"]
    assert deployed.invoke(name, True) == "fine"


def test_console_and_context(deployed: Deployments) -> None:
    source = """
export const handler = async (event, context) => {
  console.log("printed %s", "x", { a: 1 });
  console.error("two\\nlines");
  process.stdout.write("raw\\n");
  return [context.functionName, context.getRemainingTimeInMillis() <= 3000, context.awsRequestId.length,
          context.memoryLimitInMB, process.env.AWS_EXECUTION_ENV, process.env.AWS_SESSION_TOKEN.length > 0];
};
"""
    name = node(deployed, source)
    assert deployed.invoke(name) == [name, True, 36, "128", f"AWS_Lambda_{RUNTIME}", True]
    messages = deployed.log(name, "REPORT")
    request_id = messages[1].split()[2]
    assert messages[0].startswith("INIT_START Runtime Version: nodejs:")
    assert messages[2].endswith(f"Z\t{request_id}\tINFO\tprinted x {{ a: 1 }}")
    assert messages[3].endswith(f"Z\t{request_id}\tERROR\ttwo\nlines")
    assert messages[4] == "raw"
    assert "\tMax Memory Used: " in messages[6]


def test_a_payload_of_several_megabytes(deployed: Deployments) -> None:
    name = node(deployed, "export const handler = async (event) => event.length;")
    assert deployed.invoke(name, "x" * 5_000_000) == 5_000_000


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("index.js", "const { S3 } = require('@aws-sdk/client-s3'); exports.handler = async () => "),
        ("index.mjs", "import { S3 } from '@aws-sdk/client-s3'; export const handler = async () => "),
        ("index.mjs", "const { S3 } = await import('@aws-sdk/client-s3'); export const handler = async () => "),
    ],
)
def test_what_the_runtime_of_aws_brings_along_can_be_imported(deployed: Deployments, file: str, source: str) -> None:
    name = node(deployed, f"{source} typeof new S3().listBuckets;", file)
    assert deployed.invoke(name) == "function"


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("index.js", "require('@aws-sdk/client-braket'); exports.handler = async () => 1;"),
        ("index.mjs", "import '@aws-sdk/client-braket'; export const handler = async () => 1;"),
    ],
)
def test_a_package_that_is_not_there_is_named(deployed: Deployments, file: str, source: str) -> None:
    error = deployed.failure(node(deployed, source, file))
    assert error["errorType"] == "Runtime.ImportModuleError"
    assert error["errorMessage"].startswith("Error: Cannot find module '@aws-sdk/client-braket': of AWS's Node.js")
    assert "bundle the package with the function" in error["errorMessage"]


def test_packages_of_the_function_itself_come_first(deployed: Deployments) -> None:
    files = {
        "index__js": "exports.handler = async () => require('@aws-sdk/client-s3');",
        "node_modules___@aws-sdk___client-s3___index__js": "module.exports = 'its own';",
    }
    name = deployed.function("f", "", runtime=RUNTIME, handler="index.handler", Code={"ZipFile": zipped(**files)})
    assert deployed.invoke(name) == "its own"
