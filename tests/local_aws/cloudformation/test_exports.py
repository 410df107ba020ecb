"""Exports and imports between stacks."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.cloudformation.conftest import Deployer, parameter


def exporting(export: str, value: str = "1") -> dict[str, Any]:
    return {"outputs": {"Out": {"Value": value, "Export": {"Name": export}}}}


def test_an_import_reads_the_export(stacks: Deployer) -> None:
    producer = stacks.create({"One": parameter("1")}, **exporting("first-export", "shared"))
    consumer = stacks.create(
        {"One": parameter({"Fn::ImportValue": "first-export"})},
        outputs={"Read": {"Value": {"Fn::GetAtt": ["One", "Value"]}}},
    )
    assert stacks.outputs(consumer) == {"Read": "shared"}
    exports = {item["Name"]: item for item in stacks.cloudformation.list_exports()["Exports"]}
    assert exports["first-export"]["ExportingStackId"] == producer["StackId"]
    assert stacks.cloudformation.list_imports(ExportName="first-export")["Imports"] == [consumer["StackName"]]


def test_an_export_in_use_can_neither_go_nor_change(stacks: Deployer) -> None:
    producer = stacks.create({"One": parameter("1")}, **exporting("used-export"))["StackName"]
    consumer = stacks.create({"One": parameter({"Fn::ImportValue": "used-export"})})["StackName"]
    failed = stacks.delete(producer)
    assert failed["StackStatus"] == "DELETE_FAILED"
    assert failed["StackStatusReason"] == (
        f"Delete canceled. Cannot delete export used-export as it is in use by {consumer}."
    )


def test_an_export_in_use_stays_through_an_update(stacks: Deployer) -> None:
    producer = stacks.create({"One": parameter("1")}, **exporting("fixed-export"))["StackName"]
    consumer = stacks.create({"One": parameter({"Fn::ImportValue": "fixed-export"})})["StackName"]
    gone = stacks.update(producer, {"One": parameter("2")})
    assert gone["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert f"Export fixed-export cannot be deleted as it is in use by {consumer}" in stacks.reasons(producer)
    changed = stacks.update(producer, {"One": parameter("1")}, **exporting("fixed-export", "2"))
    assert changed["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert f"Export fixed-export cannot be updated as it is in use by {consumer}" in stacks.reasons(producer)
    assert stacks.outputs(changed) == {"Out": "1"}


def test_a_missing_export_is_said_before_anything_is_made(stacks: Deployer) -> None:
    name = stacks.new_name()
    with pytest.raises(ClientError, match="No export named no-such-export found"):
        stacks.create({"One": parameter({"Fn::ImportValue": "no-such-export"})}, name=name)
    with pytest.raises(ClientError, match="does not exist"):
        stacks.describe(name)


def test_an_export_name_is_unique(stacks: Deployer) -> None:
    producer = stacks.create({"One": parameter("1")}, **exporting("unique-export"))["StackName"]
    with pytest.raises(ClientError, match=f"unique-export is already exported by stack {producer}"):
        stacks.create({"One": parameter("1")}, **exporting("unique-export"))


def test_an_export_that_nobody_reads(stacks: Deployer) -> None:
    stacks.create({"One": parameter("1")}, **exporting("lonely-export"))
    with pytest.raises(ClientError, match="'lonely-export' is not imported by any stack"):
        stacks.cloudformation.list_imports(ExportName="lonely-export")
