"""States in a few words."""

import re
from collections.abc import Mapping
from typing import Any

_KINDS = {
    "codebuild:startBuild": "CodeBuild build",
    "events:putEvents": "EventBridge event",
    "lambda:invoke": "Lambda function",
    "sagemaker:createEndpoint": "SageMaker endpoint",
    "sagemaker:createEndpointConfig": "SageMaker endpoint configuration",
    "sagemaker:createHyperParameterTuningJob": "SageMaker tuning job",
    "sagemaker:createLabelingJob": "SageMaker labeling job",
    "sagemaker:createModel": "SageMaker model",
    "sagemaker:createProcessingJob": "SageMaker processing job",
    "sagemaker:createTrainingJob": "SageMaker training job",
    "sagemaker:createTransformJob": "SageMaker transform job",
    "sagemaker:startPipelineExecution": "SageMaker pipeline",
    "sagemaker:updateEndpoint": "SageMaker endpoint update",
    "sns:publish": "SNS message",
    "sqs:sendMessage": "SQS message",
    "states:startExecution": "Nested workflow",
}
_SERVICES = {"sagemaker": "SageMaker", "s3": "S3", "dynamodb": "DynamoDB", "ecs": "ECS", "ecr": "ECR", "sfn": "States"}
_OPERATORS = {
    "Equals": "=",
    "EqualsPath": "=",
    "LessThan": "<",
    "LessThanPath": "<",
    "LessThanEquals": "≤",
    "LessThanEqualsPath": "≤",
    "GreaterThan": ">",
    "GreaterThanPath": ">",
    "GreaterThanEquals": "≥",
    "GreaterThanEqualsPath": "≥",
    "Matches": "like",
}
_LONGEST = 60
_ITEMS = {
    "CSV": "rows in S3",
    "JSON": "a list in S3",
    "JSONL": "lines in S3",
    "MANIFEST": "an S3 inventory",
    "PARQUET": "rows in S3",
}


def kind_of(state: Mapping[str, Any]) -> str:
    """What a state does."""
    if state.get("Type") != "Task":
        return str(state.get("Type", "State"))
    resource = str(state.get("Resource", ""))
    if re.fullmatch(r"arn:[^:]+:lambda:.*", resource):
        return _KINDS["lambda:invoke"]
    call = resource.rpartition(":::")[2].removeprefix("aws-sdk:").removesuffix(".sync:2")
    call = call.removesuffix(".sync").removesuffix(".waitForTaskToken")
    if call in _KINDS:
        return _KINDS[call]
    service, _, action = call.partition(":")
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", action).lower()
    return f"{_SERVICES.get(service, service.title())}: {words}" if words and ":" not in action else "Task"


def notes_of(state: Mapping[str, Any], helpers: Mapping[str, Any]) -> tuple[str, ...]:
    """What else is to be known of a state: waiting, retries."""
    notes = []
    if str(state.get("Resource", "")).endswith(".waitForTaskToken"):
        notes.append("waits for a callback")
    if state.get("ItemProcessor", {}).get("ProcessorConfig", {}).get("Mode") == "DISTRIBUTED":
        config = state.get("ItemReader", {}).get("ReaderConfig", {})
        listed = "S3 objects" if "ItemReader" in state else "items"
        notes.append(f"distributed over {_ITEMS.get(config.get('InputType'), listed)}")
        notes += ["in batches"] if "ItemBatcher" in state else []
    if state.get("Type") == "Wait" and "Seconds" in state:
        notes.append(f"for {state['Seconds']} s")
    if any(helper.get("Type") == "Wait" for helper in helpers.values()):
        goals = [name.partition(": ")[2].removesuffix("?") for name in helpers if name.endswith("?")]
        notes.append(f"waits until {goals[0]}" if goals else "waits for the result")
    notes += [_retry_note(retry) for retry in state.get("Retry", ())]
    return tuple(notes)


def _retry_note(retry: Mapping[str, Any]) -> str:
    attempts = retry.get("MaxAttempts", 3)
    if attempts == 0:
        return f"no retry of {errors_label(retry)}"
    rate = retry.get("BackoffRate", 2.0)
    growth = f", then {rate:g} times as long" if attempts > 1 and rate != 1 else ""
    times = "once" if attempts == 1 else f"{attempts} times"
    return f"retried {times}, after {retry.get('IntervalSeconds', 1)} s{growth}"


def errors_label(reaction: Mapping[str, Any]) -> str:
    """The errors of a Retry or Catch; by name only where they are not made up to leave a branch."""
    errors = [str(name) for name in reaction.get("ErrorEquals", ())]
    return "caught inside" if errors and errors == [reaction.get("Next")] else shortened(", ".join(errors))


def choice_label(rule: Mapping[str, Any]) -> str:
    """When a Choice takes a way."""
    return shortened(_condition(rule))


def _condition(rule: Mapping[str, Any]) -> str:
    if "Condition" in rule:
        return str(rule["Condition"]).removeprefix("{%").removesuffix("%}").strip()
    for name, word in (("And", " and "), ("Or", " or ")):
        if name in rule:
            return word.join(_condition(part) for part in rule[name])
    if "Not" in rule:
        return f"not ({_condition(rule['Not'])})"
    subject = re.sub(r"^\$\.?", "", str(rule.get("Variable", ""))) or "input"
    for name, value in rule.items():
        if name.startswith("Is"):
            words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()
            return f"{subject} {words if value is True else words.replace('is', 'is not', 1)}"
        kind = re.sub(r"^(String|Numeric|Boolean|Timestamp)", "", name)
        if kind in _OPERATORS:
            return f"{subject} {_OPERATORS[kind]} {value if isinstance(value, str) else str(value).lower()}"
    return subject


def shortened(text: str) -> str:
    """A label that does not run across the picture."""
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
