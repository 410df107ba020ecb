"""Definitions that are refused, each for its reason, before anything runs."""

import json
from typing import Any

import pytest

from local_aws.gateway.errors import AwsError
from local_aws.sagemaker.pipelines.definition_rules import checked
from tests.local_aws.sagemaker.pipelines.documents import (
    compare,
    condition,
    definition,
    fail,
    get,
    join,
    json_get,
    processing,
    training,
)


def refusal(text: str) -> str:
    with pytest.raises(AwsError, match=r"ValidationException: Unable to parse pipeline definition\.") as error:
        checked(text)
    return error.value.message.removeprefix("Unable to parse pipeline definition. ")


def process(name: str = "P", **members: Any) -> dict[str, Any]:
    return processing(name, "image", "role", **members)


def reading(reference: Any, name: str = "Q") -> dict[str, Any]:
    return process(name, Arguments={"Environment": {"VALUE": reference}})


def record(**arguments: Any) -> dict[str, Any]:
    return {"Name": "R", "Type": "Lineage", "Arguments": arguments}


ACTION = {"ActionName": "a", "ActionType": "t", "Source": {"SourceUri": "s3://b"}}
HERE = {"Name": "a", "Type": "Action"}


CASES = {
    "not JSON": ("{", "it is not JSON"),
    "not an object": ("[]", "it is not a JSON object"),
    "version": ('{"Version": "1", "Steps": []}', "Version is '1', expected '2020-12-01'"),
    "no steps": (definition(), "Steps must be a list of at least one step"),
    "name": (definition(fail("a b", "m")), r"step name 'a b' does not match [A-Za-z0-9\-_]{1,64}"),
    "twice": (definition(process(), process()), "Duplicate step name 'P'"),
    "twice in branches": (
        definition(condition("C", compare("Equals", 1, 1), then=[fail("F", "m")], otherwise=[fail("F", "m")])),
        "Duplicate step name 'F'",
    ),
    "type": (definition({"Name": "X", "Type": "Sleep"}), "step 'X' has the unknown type 'Sleep'"),
    "absent type": (
        definition({"Name": "X", "Type": "ForEach"}),
        "step 'X': the local AWS does not offer steps of type ForEach",
    ),
    "no arguments": (definition({"Name": "X", "Type": "Training"}), "step 'X' of type Training needs Arguments"),
    "unknown member": (
        definition(process(Retries=3)),
        "step 'P' of type Processing: unknown property 'Retries'",
    ),
    "cache where there is none": (
        definition(fail("F", "m", CacheConfig={"Enabled": True})),
        "step 'F' of type Fail: unknown property 'CacheConfig'",
    ),
    "retry where there is none": (
        definition(fail("F", "m", RetryPolicies=[])),
        "step 'F' of type Fail: unknown property 'RetryPolicies'",
    ),
    "expiry": (
        definition(process(CacheConfig={"Enabled": True, "ExpireAfter": "soon"})),
        "step 'P': CacheConfig.ExpireAfter: got 'soon', expected a duration such as 'P30D' or 'PT1H'",
    ),
    "cache": (definition(process(CacheConfig={})), "step 'P': CacheConfig needs Enabled, true or false"),
    "exception type": (
        definition(process(RetryPolicies=[{"ExceptionType": ["Oops"]}])),
        "step 'P': RetryPolicies: unknown ExceptionType 'Oops'",
    ),
    "exclusive": (
        definition(
            process(RetryPolicies=[{"ExceptionType": ["Step.THROTTLING"], "MaxAttempts": 1, "ExpireAfterMin": 1}])
        ),
        "step 'P': RetryPolicies: MaxAttempts and ExpireAfterMin exclude each other",
    ),
    "attempts": (
        definition(process(RetryPolicies=[{"ExceptionType": ["Step.THROTTLING"], "MaxAttempts": 21}])),
        "step 'P': RetryPolicies: MaxAttempts is 21, expected a number from 0 to 20",
    ),
    "cycle": (
        definition(process("A", DependsOn=["B"]), process("B", DependsOn=["A"])),
        "Cyclic dependency between steps: ",
    ),
    "cycle of references": (
        definition(reading(get("Steps.Q.ProcessingJobArn"))),
        "Cyclic dependency between steps: Q -> Q",
    ),
    "depends on nothing": (
        definition(process(DependsOn=["Nobody"])),
        "step 'P' depends on the unknown step 'Nobody'",
    ),
    "unknown step": (definition(reading(get("Steps.Nobody.Arn"))), "step 'Q': unknown step 'Nobody'"),
    "property": (
        definition(process(), reading(get("Steps.P.ModelArtifacts.S3ModelArtifacts"))),
        "step 'Q': Steps.P.ModelArtifacts.S3ModelArtifacts: a step of type Processing has no such property",
    ),
    "property of a Condition": (
        definition(condition("C", compare("Equals", 1, 1)), reading(get("Steps.C.Result"))),
        "step 'Q': Steps.C.Result: a step of type Condition has Outcome alone",
    ),
    "deep property": (
        definition(training("T", "i", "r"), reading(get("Steps.T.ModelArtifacts.Wrong"))),
        "step 'Q': Steps.T.ModelArtifacts.Wrong: a step of type Training has no such property",
    ),
    "step alone": (
        definition(process(), reading(get("Steps.P"))),
        "step 'Q': invalid reference 'Steps.P': expected a property of the step",
    ),
    "unknown parameter": (definition(reading(get("Parameters.X"))), "step 'Q': unknown parameter 'X'"),
    "unknown variable": (definition(reading(get("Execution.X"))), "step 'Q': unknown execution variable 'X'"),
    "unknown root": (definition(reading(get("Loop.X"))), "step 'Q': invalid reference 'Loop.X'"),
    "unknown function": (definition(reading({"Std:Add": []})), "step 'Q': unknown function 'Std:Add'"),
    "join": (
        definition(reading({"Std:Join": {"On": "-"}})),
        "step 'Q': Std:Join needs On, a text, and Values, a list",
    ),
    "inside of a join": (
        definition(reading(join("-", "a", get("Parameters.X")))),
        "step 'Q': unknown parameter 'X'",
    ),
    "property file": (
        definition(process(), reading(json_get("P", "Report", "a"))),
        "step 'Q': step 'P' has no property file 'Report'",
    ),
    "property file of another step": (
        definition(
            process(
                "A", outputs={"o": "k"}, PropertyFiles=[{"PropertyFileName": "R", "OutputName": "o", "FilePath": "f"}]
            ),
            process("B", outputs={"o": "k"}),
            reading(json_get("B", "R", "a")),
        ),
        "step 'Q': step 'B' has no property file 'R'",
    ),
    "property file without output": (
        definition(
            process("A", PropertyFiles=[{"PropertyFileName": "R", "OutputName": "o", "FilePath": "f"}]),
            reading(json_get("A", "R", "a")),
        ),
        "step 'Q': property file 'R': step 'A' has no output 'o'",
    ),
    "output parameter": (
        definition(
            {"Name": "L", "Type": "Lambda", "FunctionArn": "f", "Arguments": {}},
            reading(get("Steps.L.OutputParameters['count']")),
        ),
        "step 'Q': Steps.L.OutputParameters['count']: step 'L' has no output parameter 'count'",
    ),
    "condition type": (
        definition(condition("C", {"Type": "Like"})),
        "step 'C': unknown condition type 'Like', expected one of Equals,",
    ),
    "condition members": (
        definition(condition("C", {"Type": "Not", "Expression": compare("Equals", 1, 1)})),
        "step 'C': condition Not has the members Expression, expected Condition",
    ),
    "no condition": (definition(condition("C")), "step 'C': Conditions must be a list of at least one condition"),
    "lineage of nothing": (
        definition(record(Actions=[])),
        "step 'R': a step of type Lineage needs one of Actions, Artifacts, Contexts, Associations",
    ),
    "lineage argument": (
        definition(record(Entities=[])),
        "step 'R': a step of type Lineage has no argument 'Entities'",
    ),
    "lineage list": (definition(record(Actions=ACTION)), "step 'R': Actions must be a list of objects"),
    "lineage name": (definition(record(Actions=[{}])), "step 'R': each of Actions needs its ActionName"),
    "lineage name twice": (
        definition(record(Actions=[ACTION, ACTION])),
        "step 'R': Actions: ActionName 'a' is there 2 times",
    ),
    "lineage limit": (
        definition(record(Actions=[ACTION | {"ActionName": str(number)} for number in range(6)])),
        "step 'R': got 6 Actions, expected at most 5",
    ),
    "lineage associations": (
        definition(record(Associations=[{"Source": {"Arn": "a"}, "Destination": {"Arn": "b"}}] * 11)),
        "step 'R': got 11 Associations, expected at most 10",
    ),
    "lineage end": (
        definition(record(Actions=[ACTION], Associations=[{"Source": HERE}])),
        "step 'R': the Destination of an association needs Name and Type of an entity of the step, or an Arn",
    ),
    "lineage end's type": (
        definition(record(Actions=[ACTION], Associations=[{"Source": HERE | {"Type": "Job"}, "Destination": HERE}])),
        "step 'R': the Source of an association has the Type 'Job', expected one of Action, Artifact, Context",
    ),
    "lineage end of another step": (
        definition(
            record(Actions=[ACTION], Associations=[{"Source": HERE, "Destination": HERE | {"Type": "Artifact"}}])
        ),
        "step 'R': the Destination of an association is the Artifact 'a', which the step does not make",
    ),
    "lineage property": (
        definition(record(Actions=[ACTION]), reading(get("Steps.R.Arns['a']"))),
        "step 'Q': Steps.R.Arns['a']: a step of type Lineage has ActionArns, ArtifactArns, ContextArns with ['NAME'],",
    ),
    "lineage property of nothing": (
        definition(record(Actions=[ACTION]), reading(get("Steps.R.ArtifactArns['a']"))),
        "step 'Q': Steps.R.ArtifactArns['a']: the step makes no Artifact 'a'",
    ),
    "parameter type": (
        definition(process(), parameters=[{"Name": "X", "Type": "Text"}]),
        "parameter 'X' has type 'Text', expected one of String, Integer, Float, Boolean",
    ),
    "parameter default": (
        definition(process(), parameters=[{"Name": "X", "Type": "Integer", "DefaultValue": "1"}]),
        "parameter 'X' is of type Integer and has the value '1'",
    ),
    "truth is no number": (
        definition(process(), parameters=[{"Name": "X", "Type": "Integer", "DefaultValue": True}]),
        "parameter 'X' is of type Integer and has the value True",
    ),
    "default outside": (
        definition(
            process(), parameters=[{"Name": "X", "Type": "String", "DefaultValue": "c", "EnumValues": ["a", "b"]}]
        ),
        "parameter 'X' has the default 'c', which is not among its EnumValues",
    ),
    "parameter twice": (
        definition(process(), parameters=[{"Name": "X", "Type": "String"}] * 2),
        "Duplicate parameter name 'X'",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_refused(case: str) -> None:
    text, reason = CASES[case]
    assert reason in refusal(text)


def test_all_faults_are_told_together() -> None:
    told = refusal(definition(process(DependsOn=["X"]), reading(get("Parameters.Y"))))
    assert told == "step 'P' depends on the unknown step 'X'; step 'Q': unknown parameter 'Y'"


def test_a_definition_that_is_right() -> None:
    text = definition(process(), reading(join("-", get("Steps.P.ProcessingJobName"))), PipelineExperimentConfig=None)
    found = checked(text)
    assert found.text == text
    assert found.order() == {"P": frozenset(), "Q": frozenset({"P"})}
    assert json.loads(text)["PipelineExperimentConfig"] is None


def test_lineage_by_names_that_are_known_later() -> None:
    named = ACTION | {"ActionName": get("Parameters.X")}
    step = record(Actions=[named], Associations=[{"Source": HERE, "Destination": {"Arn": "arn"}}])
    parameters = [{"Name": "X", "Type": "String"}]
    checked(definition(step, reading(get("Steps.R.ActionArns['whatever']")), parameters=parameters))
    checked(definition(record(Actions=[ACTION]), reading(get("Steps.R.Associations[0].SourceArn"))))
