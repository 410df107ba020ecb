"""The operations on functions, versions, aliases, layers and permissions."""

import base64
import hashlib
import io
import json
import urllib.request
import zipfile
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.functions.deployments import REGION, Deployments, zipped

SOURCE = "def handler(event, context):\n    return context.function_version"
ACCOUNT = "123456789012"


def arn(name: str) -> str:
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"


def version_source(text: str) -> bytes:
    return zipped(index__py=f"def handler(event, context):\n    return {text!r}")


def fetched(url: str) -> bytes:
    with urllib.request.urlopen(url) as download:  # noqa: S310 - the address of the local AWS
        content: bytes = download.read()
    return content


def test_a_function_is_pending_when_made_and_active_when_asked(deployed: Deployments) -> None:
    code = zipped(index__py=SOURCE)
    role = deployed.role(deployed.name("role"))
    name = deployed.name("f")
    answer = deployed.functions.create_function(
        FunctionName=name, Runtime="python3.12", Role=role, Handler="index.handler", Code={"ZipFile": code}
    )
    deployed.made.append(name)
    assert answer["State"] == "Pending"
    assert answer["StateReasonCode"] == "Creating"
    found = deployed.functions.get_function(FunctionName=name)
    configuration = found["Configuration"]
    assert configuration["State"] == "Active"
    assert configuration["LastUpdateStatus"] == "Successful"
    assert configuration["CodeSha256"] == base64.b64encode(hashlib.sha256(code).digest()).decode()
    assert configuration["CodeSize"] == len(code)
    assert {key: configuration[key] for key in ("Timeout", "MemorySize", "PackageType", "Version", "FunctionArn")} == {
        "Timeout": 3,
        "MemorySize": 128,
        "PackageType": "Zip",
        "Version": "$LATEST",
        "FunctionArn": arn(name),
    }
    assert fetched(found["Code"]["Location"]) == code


def test_code_from_s3_and_what_is_wrong_with_it(deployed: Deployments) -> None:
    s3 = deployed.client("s3")
    bucket = deployed.name("code")
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="f.zip", Body=version_source("one"))
    s3.put_object(Bucket=bucket, Key="text", Body=b"no zip")
    name = deployed.function("f", "", Code={"S3Bucket": bucket, "S3Key": "f.zip"})
    assert deployed.invoke(name) == "one"
    with pytest.raises(ClientError, match=r"S3 Error Code: NoSuchKey\. S3 Error Message: .*, key absent"):
        deployed.functions.update_function_code(FunctionName=name, S3Bucket=bucket, S3Key="absent")
    with pytest.raises(ClientError, match="Could not unzip uploaded file"):
        deployed.functions.update_function_code(FunctionName=name, S3Bucket=bucket, S3Key="text")
    assert deployed.invoke(name) == "one"


def test_code_is_read_with_the_rights_of_the_caller(deployed: Deployments) -> None:
    bucket = deployed.name("code")
    deployed.client("s3").create_bucket(Bucket=bucket)
    deployed.client("s3").put_object(Bucket=bucket, Key="f.zip", Body=version_source("one"))
    role = deployed.role(deployed.name("function"))
    create = {"Effect": "Allow", "Action": ["lambda:*", "iam:PassRole"], "Resource": "*"}
    read = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    platform = deployed.aws.platform
    arguments: dict[str, Any] = {
        "FunctionName": deployed.name("f"),
        "Runtime": "python3.11",
        "Role": role,
        "Handler": "index.handler",
        "Code": {"S3Bucket": bucket, "S3Key": "f.zip"},
    }
    service = "cloudformation.amazonaws.com"
    blind = deployed.role(deployed.name("blind"), create, service=service)
    caller = platform.assume(blind, session="test", service_principal=service)
    with pytest.raises(ClientError, match=f"Your access has been denied by S3.*GetObject for {bucket}/f.zip"):
        platform.client("lambda", region=REGION, credentials=caller).create_function(**arguments)
    seeing = deployed.role(deployed.name("seeing"), create, read, service=service)
    caller = platform.assume(seeing, session="test", service_principal=service)
    platform.client("lambda", region=REGION, credentials=caller).create_function(**arguments)
    deployed.made.append(deployed.name("f"))
    assert deployed.invoke(deployed.name("f")) == "one"


def test_a_zip_that_leaves_its_folder_is_refused(deployed: Deployments) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("../escaped.py", "x = 1")
    with pytest.raises(ClientError, match="Could not unzip uploaded file"):
        deployed.function("f", "", Code={"ZipFile": buffer.getvalue()})


def test_updates_take_effect_and_answer_in_progress(deployed: Deployments) -> None:
    name = deployed.function("f", "", Code={"ZipFile": version_source("one")}, Description="d")
    answer = deployed.functions.update_function_code(FunctionName=name, ZipFile=version_source("two"))
    assert answer["LastUpdateStatus"] == "InProgress"
    assert deployed.invoke(name) == "two"
    answer = deployed.functions.update_function_configuration(FunctionName=name, Timeout=9, MemorySize=512)
    assert (answer["Timeout"], answer["MemorySize"], answer["Description"]) == (9, 512, "d")
    with pytest.raises(ClientError, match="PreconditionFailedException"):
        deployed.functions.update_function_configuration(FunctionName=name, RevisionId="old")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"Timeout": 901}, "Value '901' at 'timeout' failed to satisfy constraint: Member must have value less than"),
        ({"Timeout": 0}, "Invalid value for parameter Timeout, value: 0, valid min value: 1"),
        ({"MemorySize": 64}, "Invalid value for parameter MemorySize, value: 64, valid min value: 128"),
        ({"MemorySize": 20480}, "Value '20480' at 'memorySize'"),
        ({"Timeout": 901, "MemorySize": 20480}, "2 validation errors detected"),
        ({"handler": "a b"}, "Value 'a b' at 'handler'"),
        ({"Role": "nobody"}, "Value 'nobody' at 'role'"),
        ({"runtime": "python2.7"}, "The runtime parameter of python2.7 is no longer supported"),
        ({"runtime": "cobol"}, "Value cobol at 'runtime' failed to satisfy constraint"),
        ({"runtime": "java21"}, "the local AWS does not offer Lambda functions with runtime java21"),
        ({"Environment": {"Variables": {"AWS_REGION": "x"}}}, "Reserved keys used in this request: AWS_REGION"),
        ({"Environment": {"Variables": {"1X": "x"}}}, "environment variable name '1X'"),
        ({"Environment": {"Variables": {"X": "y" * 4096}}}, "exceeded the 4KB limit"),
        (
            {"Layers": ["arn:aws:lambda:us-east-1:123456789012:layer:none:1"]},
            "Layer version .*:layer:none:1 does not exist",
        ),
        ({"EphemeralStorage": {"Size": 100}}, "EphemeralStorage.Size"),
        ({"PackageType": "Image"}, "does not offer Lambda functions from container images"),
        ({"DeadLetterConfig": {"TargetArn": "arn:aws:s3:::b"}}, "neither an SQS queue nor an SNS topic"),
        ({"LoggingConfig": {"LogFormat": "Text", "SystemLogLevel": "INFO"}}, "can only be set when LogFormat is JSON"),
        ({"SnapStart": {"ApplyOn": "PublishedVersions"}}, "does not offer SnapStart"),
    ],
)
def test_what_is_not_accepted(deployed: Deployments, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError, match=message):
        deployed.function("f", SOURCE, **settings)
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        deployed.functions.get_function(FunctionName=deployed.name("f"))


def test_names_of_all_forms(deployed: Deployments) -> None:
    name = deployed.function("f", SOURCE)
    for form in (name, arn(name), f"{ACCOUNT}:function:{name}", f"{name}:$LATEST", f"{arn(name)}:$LATEST"):
        assert deployed.functions.get_function_configuration(FunctionName=form)["FunctionName"] == name
        assert deployed.invoke(form) == "$LATEST"
    with pytest.raises(ClientError, match="Functions from 'eu-west-1' are not reachable in this region"):
        deployed.invoke(arn(name).replace(REGION, "eu-west-1"))
    with pytest.raises(ClientError, match=f"Function not found: {arn(name)}-other"):
        deployed.invoke(f"{name}-other")
    with pytest.raises(ClientError, match="The derived qualifier from the function name does not match"):
        deployed.functions.invoke(FunctionName=f"{name}:1", Qualifier="2")
    with pytest.raises(ClientError, match="Function already exist"):
        deployed.function("f", SOURCE, Role=deployed.role(deployed.name("again")))


def test_published_versions_stay_as_they_were(deployed: Deployments) -> None:
    name = deployed.function("f", "", Code={"ZipFile": version_source("one")}, Publish=True)
    functions = deployed.functions
    functions.update_function_code(FunctionName=name, ZipFile=version_source("two"))
    with pytest.raises(ClientError, match="is different from current CodeSHA256"):
        functions.publish_version(FunctionName=name, CodeSha256="other")
    second = functions.publish_version(FunctionName=name, Description="the second")
    assert (second["Version"], second["FunctionArn"], second["Description"]) == ("2", f"{arn(name)}:2", "the second")
    assert functions.publish_version(FunctionName=name)["Version"] == "2"
    assert [deployed.invoke(name, Qualifier=q) for q in ("1", "2", "$LATEST")] == ["one", "two", "two"]
    listed = functions.list_versions_by_function(FunctionName=name)["Versions"]
    assert [version["Version"] for version in listed] == ["$LATEST", "1", "2"]
    functions.delete_function(FunctionName=name, Qualifier="1")
    with pytest.raises(ClientError, match=f"Function not found: {arn(name)}:1"):
        deployed.invoke(name, Qualifier="1")
    with pytest.raises(ClientError, match="cannot be deleted without deleting the function"):
        functions.delete_function(FunctionName=name, Qualifier="$LATEST")


def test_aliases_point_and_share(deployed: Deployments) -> None:
    name = deployed.function("f", "", Code={"ZipFile": version_source("one")}, Publish=True)
    functions = deployed.functions
    functions.update_function_code(FunctionName=name, ZipFile=version_source("two"), Publish=True)
    made = functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    assert made["AliasArn"] == f"{arn(name)}:live"
    answer = functions.invoke(FunctionName=name, Qualifier="live")
    assert answer["ExecutedVersion"] == "1"
    weights = {"AdditionalVersionWeights": {"2": 0.5}}
    functions.update_alias(FunctionName=name, Name="live", RoutingConfig=weights)
    assert functions.get_alias(FunctionName=name, Name="live")["RoutingConfig"] == weights
    seen = {deployed.invoke(name, Qualifier="live") for _ in range(60)}
    assert seen == {"one", "two"}
    weights = {"AdditionalVersionWeights": {"2": 1.0}}
    functions.update_alias(FunctionName=name, Name="live", RoutingConfig=weights)
    assert {deployed.invoke(name, Qualifier="live") for _ in range(5)} == {"two"}
    with pytest.raises(ClientError, match="An alias exists that depends on this version: live"):
        functions.delete_function(FunctionName=name, Qualifier="2")
    with pytest.raises(ClientError, match="Alias already exists"):
        functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    with pytest.raises(ClientError, match="must lie between 0 and 1: got 2"):
        functions.update_alias(FunctionName=name, Name="live", RoutingConfig={"AdditionalVersionWeights": {"2": 2.0}})
    with pytest.raises(ClientError, match="is not supported for an alias pointing to more than 1 version"):
        functions.update_alias(FunctionName=name, Name="live", FunctionVersion="$LATEST")
    with pytest.raises(ClientError, match=f"Function not found: {arn(name)}:7"):
        functions.create_alias(FunctionName=name, Name="other", FunctionVersion="7")
    with pytest.raises(ClientError, match="failed to satisfy constraint"):
        functions.create_alias(FunctionName=name, Name="12", FunctionVersion="1")
    functions.delete_alias(FunctionName=name, Name="live")
    assert functions.list_aliases(FunctionName=name)["Aliases"] == []


def test_layers_are_seen_under_opt(deployed: Deployments) -> None:
    functions = deployed.functions
    first = functions.publish_layer_version(
        LayerName=deployed.name("layer"),
        Content={"ZipFile": zipped(python___shared__py="value = 'first'", data__txt="one")},
        CompatibleRuntimes=["python3.11"],
    )
    second = functions.publish_layer_version(
        LayerName=deployed.name("other"), Content={"ZipFile": zipped(data__txt="two", bin___tool="#!/bin/sh\necho ran")}
    )
    assert (first["Version"], first["LayerVersionArn"]) == (1, f"{first['LayerArn']}:1")
    source = """
import os, shared, subprocess
from pathlib import Path
def handler(event, context):
    tool = next(Path(folder) / "tool" for folder in os.environ["PATH"].split(":") if (Path(folder) / "tool").exists())
    data = (tool.parent.parent / "data.txt").read_text()
    return [shared.value, data, subprocess.check_output(["sh", tool], text=True)]
"""
    name = deployed.function("f", source, Layers=[first["LayerVersionArn"], second["LayerVersionArn"]])
    assert deployed.invoke(name) == ["first", "two", "ran\n"]
    configuration = functions.get_function_configuration(FunctionName=name)
    assert [layer["Arn"] for layer in configuration["Layers"]] == [first["LayerVersionArn"], second["LayerVersionArn"]]
    functions.delete_layer_version(LayerName=deployed.name("layer"), VersionNumber=1)
    assert deployed.invoke(name)[0] == "first"
    with pytest.raises(ClientError, match="The resource you requested does not exist"):
        functions.get_layer_version(LayerName=deployed.name("layer"), VersionNumber=1)
    again = functions.publish_layer_version(LayerName=deployed.name("layer"), Content={"ZipFile": zipped(a="b")})
    assert again["Version"] == 2
    versions = functions.list_layer_versions(LayerName=deployed.name("layer"))["LayerVersions"]
    assert [version["Version"] for version in versions] == [2]
    assert fetched(again["Content"]["Location"]) == zipped(a="b")


def test_opt_is_private_where_this_machine_can_mount(deployed: Deployments) -> None:
    pool = deployed.aws.gateway._operations["lambda"]["Invoke"].__self__.runner.pool  # type: ignore[attr-defined]
    layer = deployed.functions.publish_layer_version(
        LayerName=deployed.name("layer"), Content={"ZipFile": zipped(only__txt="here")}
    )["LayerVersionArn"]
    source = "import os\ndef handler(event, context):\n    return os.path.exists('/opt/only.txt')"
    name = deployed.function("f", source, Layers=[layer])
    assert deployed.invoke(name) is (pool.interpreters.private_opt is not None)


def test_policies_of_functions(deployed: Deployments) -> None:
    name = deployed.function("f", SOURCE)
    functions = deployed.functions
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        functions.get_policy(FunctionName=name)
    functions.add_permission(
        FunctionName=name,
        StatementId="rule",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn="arn:aws:events:us-east-1:123456789012:rule/r",
        SourceAccount=ACCOUNT,
    )
    functions.add_permission(
        FunctionName=name, StatementId="account", Action="lambda:InvokeFunction", Principal="111111111111"
    )
    policy = json.loads(functions.get_policy(FunctionName=name)["Policy"])
    assert policy["Statement"][0] == {
        "Sid": "rule",
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": arn(name),
        "Condition": {
            "StringEquals": {"AWS:SourceAccount": ACCOUNT},
            "ArnLike": {"AWS:SourceArn": "arn:aws:events:us-east-1:123456789012:rule/r"},
        },
    }
    assert policy["Statement"][1]["Principal"] == {"AWS": "arn:aws:iam::111111111111:root"}
    with pytest.raises(ClientError, match=r"The statement id \(rule\) provided already exists"):
        functions.add_permission(FunctionName=name, StatementId="rule", Action="lambda:InvokeFunction", Principal="*")
    with pytest.raises(ClientError, match="The provided principal was invalid"):
        functions.add_permission(FunctionName=name, StatementId="x", Action="lambda:InvokeFunction", Principal="me")
    with pytest.raises(ClientError, match="at 'action' must match"):
        functions.add_permission(FunctionName=name, StatementId="x", Action="s3:GetObject", Principal="*")
    functions.remove_permission(FunctionName=name, StatementId="rule")
    with pytest.raises(ClientError, match="Statement rule is not found in resource policy"):
        functions.remove_permission(FunctionName=name, StatementId="rule")


def test_a_caller_without_rights_may_not_invoke(deployed: Deployments) -> None:
    name = deployed.function("f", SOURCE)
    role = deployed.role(deployed.name("caller"), service="states.amazonaws.com")
    platform = deployed.aws.platform
    caller = platform.assume(role, session="test", service_principal="states.amazonaws.com")
    with pytest.raises(ClientError, match="not authorized to perform: lambda:InvokeFunction"):
        platform.client("lambda", region=REGION, credentials=caller).invoke(FunctionName=name)


def test_tags_and_lists(deployed: Deployments) -> None:
    name = deployed.function("f", SOURCE, Tags={"a": "1"})
    functions = deployed.functions
    functions.tag_resource(Resource=arn(name), Tags={"b": "2"})
    functions.untag_resource(Resource=arn(name), TagKeys=["a"])
    assert functions.list_tags(Resource=arn(name))["Tags"] == {"b": "2"}
    assert functions.get_function(FunctionName=name)["Tags"] == {"b": "2"}
    pages = functions.get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 1})
    listed = [function["FunctionName"] for page in pages for function in page["Functions"]]
    assert name in listed
    assert len(listed) == len(set(listed))
    settings = functions.get_account_settings()
    assert settings["AccountUsage"]["FunctionCount"] == len(listed)
    assert settings["AccountLimit"]["ConcurrentExecutions"] == 1000
    with pytest.raises(ClientError, match="the pagination token 'x' was not given by an earlier answer"):
        functions.list_functions(Marker="x")


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("create_function_url_config", {"AuthType": "NONE"}),
        ("put_provisioned_concurrency_config", {"Qualifier": "1", "ProvisionedConcurrentExecutions": 1}),
        ("invoke_async", {"InvokeArgs": b"{}"}),
    ],
)
def test_what_is_not_offered_says_so(deployed: Deployments, operation: str, arguments: dict[str, Any]) -> None:
    name = deployed.function("f", SOURCE)
    with pytest.raises(ClientError, match=r"NotAvailableLocally.*the local AWS does not offer"):
        getattr(deployed.functions, operation)(FunctionName=name, **arguments)


def test_dry_run_and_bad_payloads(deployed: Deployments) -> None:
    name = deployed.function("f", SOURCE)
    functions = deployed.functions
    assert functions.invoke(FunctionName=name, InvocationType="DryRun")["StatusCode"] == 204
    with pytest.raises(ClientError, match="Could not parse request body into json"):
        functions.invoke(FunctionName=name, Payload=b"{no json")
    with pytest.raises(ClientError, match="Invalid InvocationType 'Later'"):
        functions.invoke(FunctionName=name, InvocationType="Later")
    with pytest.raises(ClientError, match="byte payload is too large for the Event invocation type"):
        functions.invoke(FunctionName=name, InvocationType="Event", Payload=b'"' + b"x" * 1_048_576 + b'"')
    with pytest.raises(ClientError, match="byte payload is too large for the RequestResponse invocation type"):
        functions.invoke(FunctionName=name, Payload=b'"' + b"x" * 6_291_456 + b'"')
    with pytest.raises(ClientError, match="Client context must be valid Base64-encoded JSON"):
        functions.invoke(FunctionName=name, ClientContext="%%")


def test_concurrency_that_is_reserved(deployed: Deployments) -> None:
    name = deployed.function("f", SOURCE)
    functions = deployed.functions
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    with pytest.raises(ClientError, match="TooManyRequestsException") as caught:
        functions.invoke(FunctionName=name)
    assert caught.value.response["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert functions.get_function_concurrency(FunctionName=name)["ReservedConcurrentExecutions"] == 0
    with pytest.raises(ClientError, match=r"below its minimum value of \[100\]"):
        functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=950)
    functions.delete_function_concurrency(FunctionName=name)
    assert "ReservedConcurrentExecutions" not in functions.get_function_concurrency(FunctionName=name)
    assert deployed.invoke(name) == "$LATEST"
