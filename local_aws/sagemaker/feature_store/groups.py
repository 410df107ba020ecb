"""The feature groups that there are, by account, region and name or ARN."""

import re
from collections.abc import Iterator

from attrs import define, field

from local_aws.gateway.context import RegionalState
from local_aws.gateway.errors import AwsError
from local_aws.sagemaker.feature_store.group import FeatureGroup

_REFERENCE = re.compile(
    r"(?:arn:aws[a-z-]*:sagemaker:([a-z0-9-]*):([0-9]{12}):feature-group/)?([a-zA-Z0-9](?:[-_]*[a-zA-Z0-9]){0,63})"
)


@define(eq=False)
class GroupBook:
    """All feature groups."""

    _groups: RegionalState[dict[str, FeatureGroup]] = field(factory=lambda: RegionalState(dict))

    def add(self, group: FeatureGroup) -> None:
        """Records a group.

        Raises:
            AwsError: ``ResourceInUse``: the name is taken.
        """
        taken = self._groups.of(group.account, group.region).setdefault(group.name, group)
        if taken is not group:
            raise AwsError("ResourceInUse", f"Resource Already Exists: FeatureGroup with name {group.name} exists.")

    def remove(self, group: FeatureGroup) -> None:
        """Forgets a group."""
        self._groups.of(group.account, group.region).pop(group.name, None)

    def find(self, account: str, region: str, reference: str) -> FeatureGroup:
        """A group by its name, in an account and region, or by its ARN.

        Raises:
            AwsError: ``ResourceNotFound``; ``ValidationError`` for what is neither name nor ARN.
        """
        arn = group_arn(account, region, reference)
        _, _, _, region, account, resource = arn.split(":", 5)
        group = self._groups.of(account, region).get(resource.rpartition("/")[2])
        if group is None:
            raise AwsError(
                "ResourceNotFound",
                f"Resource Not Found: SageMaker can't find a FeatureGroup of {reference}.",
                status=404,
            )
        return group

    def of(self, account: str, region: str) -> list[FeatureGroup]:
        """The groups of a region."""
        return list(self._groups.of(account, region).values())

    def __iter__(self) -> Iterator[FeatureGroup]:
        for _, groups in self._groups:
            yield from list(groups.values())


def group_arn(account: str, region: str, reference: str) -> str:
    """The ARN of a group that is given by name or ARN.

    Raises:
        AwsError: ``ValidationException``: it is neither.
    """
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        message = f"Validation Error: got {reference!r}, expected the name or the ARN of a feature group"
        raise AwsError("ValidationError", message, status=400)
    return f"arn:aws:sagemaker:{match[1] or region}:{match[2] or account}:feature-group/{match[3]}"
