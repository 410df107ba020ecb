"""What a stack was before an update, to go back to."""

from collections.abc import Mapping
from typing import Any

from attrs import evolve, frozen

from local_aws.cloudformation.stacks import Stack, StackResource


@frozen(kw_only=True, eq=False)
class Rollback:
    """A stack's last good state.

    Attributes:
        resources: copies of the records.
        settings: template, parameters, tags and whatever else an update changes.
    """

    resources: Mapping[str, StackResource]
    settings: Mapping[str, Any]

    @classmethod
    def of(cls, stack: Stack) -> "Rollback":
        """The state of a stack as it is now."""
        return cls(
            resources={name: evolve(item, kept=dict(item.kept)) for name, item in stack.resources.items()},
            settings={name: getattr(stack, name) for name in _SETTINGS},
        )

    def restore_settings(self, stack: Stack) -> None:
        """Gives the stack its template, parameters and tags back."""
        for name, value in self.settings.items():
            setattr(stack, name, value)


_SETTINGS = (
    "template", "description", "parameters", "tags", "capabilities", "notification_arns", "imports", "change_set_id",
)  # fmt: skip
