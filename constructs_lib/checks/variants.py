"""What the variants of an endpoint run on."""

from collections.abc import Iterator

from constructs_lib.checks.rules import Steps, rule_of_steps
from constructs_lib.definitions.errors import Problem
from constructs_lib.definitions.steps.endpoint import EndpointConfigStep
from constructs_lib.definitions.tokens import is_number_token

_MEMORY_STEP = 1024


@rule_of_steps
def variants_run_on_instances_or_without(subject: Steps) -> Iterator[Problem]:
    """A variant has instances of a type, or none at all; what is of instances alone is then not said."""
    for step in subject.all_steps:
        for number, variant in enumerate(step.variants if isinstance(step, EndpointConfigStep) else ()):
            path = f"variants[{number}]"
            if (variant.instance_type is None) == (variant.serverless is None):
                given = "neither" if variant.serverless is None else "both"
                message = f"got {given} of instance_type and serverless, expected one"
                yield Problem(step=step.name, path=path, message=message)
            elif variant.serverless is not None:
                if variant.volume_size_gib is not None:
                    message = "got a disk, which only instances have"
                    yield Problem(step=step.name, path=f"{path}.volume_size_gib", message=message)
                if variant.instance_count != 1:
                    message = f"got {variant.instance_count}, expected none: max_concurrency says how much is served"
                    yield Problem(step=step.name, path=f"{path}.instance_count", message=message)


@rule_of_steps
def endpoints_of_inference_components_have_a_role(subject: Steps) -> Iterator[Problem]:
    """Either all variants have models, which have roles, or inference components run with the configuration's."""
    for step in subject.all_steps:
        if not isinstance(step, EndpointConfigStep):
            continue
        shared = [number for number, variant in enumerate(step.variants) if variant.model_name is None]
        if 0 < len(shared) < len(step.variants):
            for number in shared:
                message = "missing, expected one as other variants have"
                yield Problem(step=step.name, path=f"variants[{number}].model_name", message=message)
        elif shared and step.execution_role is None:
            message = "missing, expected the role of inference components where variants have no models"
            yield Problem(step=step.name, path="execution_role", message=message)
        for number in shared:
            if step.variants[number].serverless is not None:
                message = "missing, expected one: nothing is shared without instances"
                yield Problem(step=step.name, path=f"variants[{number}].model_name", message=message)


@rule_of_steps
def serverless_memory_is_in_whole_gibibytes(subject: Steps) -> Iterator[Problem]:
    """The service model allows any size within the limits; the service does not."""
    for step in subject.all_steps:
        for number, variant in enumerate(step.variants if isinstance(step, EndpointConfigStep) else ()):
            memory = None if variant.serverless is None else variant.serverless.memory_mb
            if isinstance(memory, int) and not is_number_token(memory) and memory % _MEMORY_STEP:
                path = f"variants[{number}].serverless.memory_mb"
                message = f"got {memory}, expected a multiple of {_MEMORY_STEP}"
                yield Problem(step=step.name, path=path, message=message)
