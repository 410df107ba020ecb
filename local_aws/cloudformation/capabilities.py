"""Capabilities: what whoever deploys must acknowledge."""

from local_aws.cloudformation.evaluation import Evaluation
from local_aws.cloudformation.resources.registry import find_provider
from local_aws.gateway.errors import AwsError


def check_capabilities(evaluation: Evaluation, given: list[str]) -> None:
    """Refuses a template that makes IAM resources or uses macros without acknowledgement.

    Raises:
        AwsError: ``InsufficientCapabilitiesException`` naming what is needed.
    """
    needed = set()
    for definition in evaluation.resources.values():
        provider = find_provider(definition.type)
        if provider is None or provider.capability is None:
            continue
        named = provider.schema.name is not None and provider.schema.name in definition.properties
        needed.add("CAPABILITY_NAMED_IAM" if named else provider.capability)
    missing = []
    if "CAPABILITY_NAMED_IAM" in needed and "CAPABILITY_NAMED_IAM" not in given:
        missing.append("CAPABILITY_NAMED_IAM")
    elif needed and not {"CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"} & set(given):
        missing.append("CAPABILITY_IAM")
    if evaluation.template.transforms and "CAPABILITY_AUTO_EXPAND" not in given:
        missing.append("CAPABILITY_AUTO_EXPAND")
    if missing:
        raise AwsError("InsufficientCapabilitiesException", f"Requires capabilities : [{', '.join(missing)}]")
