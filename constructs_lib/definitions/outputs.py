"""What a step gives back, so that a reference to a member of it can be checked."""

from collections.abc import Mapping, Sequence

from attrs import frozen

from constructs_lib.definitions.freezing import freeze_fields
from constructs_lib.definitions.values import ValueType


@frozen(kw_only=True)
class OperationOutput:
    """The response of an API operation, as botocore's service model describes it.

    Attributes:
        service: botocore's name of the service.
        operation: such as ``DescribeTrainingJob``.
    """

    service: str
    operation: str


@frozen(kw_only=True, field_transformer=freeze_fields)
class DeclaredOutput:
    """Members that a step itself declares.

    Attributes:
        members: type by name; what lies in a ``document`` is not known.
    """

    members: Mapping[str, ValueType]


@frozen(kw_only=True, field_transformer=freeze_fields)
class MergedOutput:
    """The members of several outputs.

    Attributes:
        parts: the first that has a member is meant.
    """

    parts: Sequence[OperationOutput | DeclaredOutput]


Output = OperationOutput | DeclaredOutput | MergedOutput
