"""The types of steps: which members they have, and where their properties are described."""

from collections.abc import Mapping

from attrs import field, frozen


@frozen(kw_only=True)
class StepType:
    """What a definition may say of a step of one type.

    Attributes:
        required: members beside Name and Type.
        optional: further members.
        properties: SageMaker operations whose answers are the step's properties.
        outputs: whether it has declared OutputParameters.
        cached: whether CacheConfig is for it.
        retried: whether RetryPolicies are for it.
        stand_in: whether only a command of the user's can carry it out here.
    """

    required: frozenset[str] = frozenset({"Arguments"})
    optional: frozenset[str] = frozenset()
    properties: tuple[str, ...] = ()
    outputs: bool = False
    cached: bool = False
    retried: bool = False
    stand_in: bool = False


_EVERY = frozenset({"Name", "Type", "DisplayName", "Description", "DependsOn"})


def _stand_in(*, cached: bool = False, retried: bool = False) -> StepType:
    return StepType(required=frozenset(), cached=cached, retried=retried, stand_in=True)


# the SageMaker SDK writes caches for endpoints, callbacks and functions, and retries for endpoints; the developer guide
# lists neither
STEP_TYPES: Mapping[str, StepType] = {
    "Processing": StepType(
        optional=frozenset({"PropertyFiles"}), properties=("DescribeProcessingJob",), cached=True, retried=True
    ),
    "Training": StepType(
        optional=frozenset({"PropertyFiles"}), properties=("DescribeTrainingJob",), cached=True, retried=True
    ),
    "Tuning": StepType(
        optional=frozenset({"PropertyFiles"}),
        properties=("DescribeHyperParameterTuningJob", "ListTrainingJobsForHyperParameterTuningJob"),
        cached=True,
        retried=True,
    ),
    "Transform": StepType(
        optional=frozenset({"PropertyFiles"}), properties=("DescribeTransformJob",), cached=True, retried=True
    ),
    "Model": StepType(properties=("DescribeModel",), retried=True),
    "RegisterModel": StepType(properties=("DescribeModelPackage",), retried=True),
    "EndpointConfig": StepType(properties=("DescribeEndpointConfig",), cached=True, retried=True),
    "Endpoint": StepType(properties=("DescribeEndpoint",), cached=True, retried=True),
    "InferenceComponent": StepType(properties=("DescribeInferenceComponent",)),
    "Condition": StepType(),
    "Fail": StepType(),
    "Callback": StepType(
        required=frozenset({"SqsQueueUrl", "Arguments"}),
        optional=frozenset({"OutputParameters"}),
        outputs=True,
        cached=True,
    ),
    "Lambda": StepType(
        required=frozenset({"FunctionArn", "Arguments"}),
        optional=frozenset({"OutputParameters"}),
        outputs=True,
        cached=True,
    ),
    "Lineage": StepType(),
    "QualityCheck": _stand_in(cached=True),
    "ClarifyCheck": _stand_in(cached=True),
    "EMR": _stand_in(cached=True),
    "EMRServerless": _stand_in(cached=True),
    "AutoML": _stand_in(cached=True, retried=True),
    "BedrockCustomModel": _stand_in(),
    "BedrockCustomModelDeployment": _stand_in(),
    "BedrockModelImport": _stand_in(),
    "BedrockProvisionedModelThroughput": _stand_in(),
}


@frozen
class Members:
    """The members of a step of one type.

    Attributes:
        required: that it must have.
        known: that it may have; None for types whose members are not checked here.
    """

    required: frozenset[str]
    known: frozenset[str] | None = field(default=None)

    @classmethod
    def of(cls, kind: StepType) -> "Members":
        """Those of a type."""
        if kind.stand_in:
            return cls(kind.required)
        known = _EVERY | kind.required | kind.optional
        known |= {"CacheConfig"} if kind.cached else frozenset()
        known |= {"RetryPolicies"} if kind.retried else frozenset()
        return cls(kind.required, known)
