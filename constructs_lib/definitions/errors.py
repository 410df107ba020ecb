"""What is wrong with a definition: every problem at once."""

from attrs import frozen


@frozen(kw_only=True)
class Problem:
    """One thing that is wrong.

    Attributes:
        step: name of the step; None where the workflow as a whole is meant.
        path: where in the step, as a property (``channels[0].uri``) or a member of its request
            (``ResourceConfig.InstanceCount``); empty where the step as a whole is meant.
        message: what was got and what was expected, in lower case.
    """

    step: str | None = None
    path: str = ""
    message: str

    def __str__(self) -> str:
        named = self.step is None or (self.step != "" and self.step.isprintable() and self.step == self.step.strip())
        where = [self.step if named else repr(self.step), self.path]
        return ": ".join(part for part in (*where, self.message) if part)


class DefinitionError(ValueError):
    """A definition that cannot be deployed, with all of its problems.

    Args:
        name: of the workflow.
        problems: in the order of the steps.
        of: what the definition is of.

    Attributes:
        problems: in the order of the steps.
    """

    def __init__(self, name: str, problems: tuple[Problem, ...], *, of: str = "workflow") -> None:
        self.problems = problems
        count = f"{len(problems)} problem" + ("s" if len(problems) != 1 else "")
        lines = "".join(f"\n  {problem}" for problem in problems)
        super().__init__(f"{of} {name!r} is not valid, {count}:{lines}")
