"""Types that moto's own models make: nothing is passed over in silence."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws.moto_mends import turns
from tests.local_aws.cloudformation.conftest import DEADLINE_SECONDS, Deployer


def stream(**properties: Any) -> dict[str, Any]:
    return {"Stream": {"Type": "AWS::Kinesis::Stream", "Properties": {"ShardCount": 1, **properties}}}


def test_life(stacks: Deployer) -> None:
    tags = [{"Key": "a", "Value": "b"}]
    stack = stacks.create(stream(Tags=tags), outputs={"Arn": {"Value": {"Fn::GetAtt": ["Stream", "Arn"]}}})
    name, kinesis = stack["StackName"], stacks.client("kinesis")
    assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.reasons(name)
    physical_id = stacks.resources(name)["Stream"]["PhysicalResourceId"]
    assert stacks.outputs(stack) == {"Arn": f"arn:aws:kinesis:us-east-1:123456789012:stream/{physical_id}"}
    assert kinesis.list_tags_for_stream(StreamName=physical_id)["Tags"] == tags
    stack = stacks.update(name, stream(RetentionPeriodHours=48))
    assert stack["StackStatus"] == "UPDATE_COMPLETE", stacks.reasons(name)
    assert stacks.resources(name)["Stream"]["PhysicalResourceId"] != physical_id
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        kinesis.describe_stream(StreamName=physical_id)
    assert stacks.delete(name)["StackStatus"] == "DELETE_COMPLETE"


def test_a_property_that_moto_passes_over_fails_the_stack(stacks: Deployer) -> None:
    stack = stacks.create(stream(StreamEncryption={"EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"}))
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "does not offer the properties StreamEncryption of AWS::Kinesis::Stream" in stacks.reasons(
        stack["StackName"]
    )


def test_an_attribute_that_the_model_lacks(stacks: Deployer) -> None:
    with pytest.raises(ClientError, match="resource Stream does not support attribute type Nope in Fn::GetAtt"):
        stacks.create(stream(), outputs={"Nope": {"Value": {"Fn::GetAtt": ["Stream", "Nope"]}}})


def test_making_and_removing_take_the_turn_of_the_service(stacks: Deployer) -> None:
    with ThreadPoolExecutor(1) as threads:
        with turns.taken("kinesis"):
            made = threads.submit(stacks.create, stream())
            # the stack cannot be made before this ends, and it could be made in a fraction of this
            with pytest.raises(TimeoutError):
                made.result(0.5)
        stack = made.result(DEADLINE_SECONDS)
        assert stack["StackStatus"] == "CREATE_COMPLETE"
        with turns.taken("kinesis"):
            removed = threads.submit(stacks.delete, stack["StackName"])
            with pytest.raises(TimeoutError):
                removed.result(0.5)
        assert removed.result(DEADLINE_SECONDS)["StackStatus"] == "DELETE_COMPLETE"
