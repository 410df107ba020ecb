"""Which stages of a Dockerfile a build needs, and which images they start from."""

from collections.abc import Mapping
from functools import cached_property

from attrs import define, field

from local_aws.containers.engine import EngineError
from local_aws.containers.process import words
from local_aws.containers.process.dockerfile import Dockerfile, DockerfileError, Stage
from local_aws.containers.process.images import architecture


@define(kw_only=True, slots=False)
class Stages:
    """The stages of a build.

    Attributes:
        file: the Dockerfile.
        arguments: values of ARG that the build was given.
        target: name or number of the stage to build. Default: the last.
    """

    file: Dockerfile
    arguments: Mapping[str, str] = field(factory=dict)
    target: str | None = None

    @cached_property
    def variables(self) -> dict[str, str]:
        """What FROM may name: the builder's own variables, and ARG before the first FROM.

        Raises:
            DockerfileError: an ARG is malformed.
        """
        own = f"linux/{architecture()}"
        known = {
            f"{prefix}{name}": value
            for prefix in ("BUILD", "TARGET")
            for name, value in (("PLATFORM", own), ("OS", "linux"), ("ARCH", architecture()))
        }
        for instruction in self.file.arguments:
            try:
                declared = words.split(instruction.text, known, self.file.escape)
            except ValueError as error:
                raise DockerfileError(instruction.line, f"ARG: {error}") from None
            for word in declared:
                name, separator, value = word.partition("=")
                if name in self.arguments:
                    known[name] = self.arguments[name]
                elif separator:
                    known[name] = value
        return known

    @property
    def last(self) -> int:
        """The number of the stage to build.

        Raises:
            EngineError: there is no such stage.
        """
        if self.target is None:
            return len(self.file.stages) - 1
        index = self.index(self.target, before=len(self.file.stages))
        if index is None:
            raise EngineError(f"target stage {self.target!r} could not be found")
        return index

    def base(self, stage: Stage) -> str:
        """The image or stage that a stage starts from.

        Raises:
            DockerfileError: it cannot be told.
        """
        try:
            name = words.expand(stage.base, self.variables, self.file.escape)
        except ValueError as error:
            raise DockerfileError(stage.start.line, f"FROM {stage.base}: {error}") from None
        if not name:
            raise DockerfileError(stage.start.line, f"FROM {stage.base}: base name should not be blank")
        return name

    def index(self, name: str, *, before: int) -> int | None:
        """The number of the stage of that name or number, among the first `before`; None where it is no stage."""
        names = [stage.name for stage in self.file.stages[:before]]
        if name.lower() in names:
            return len(names) - 1 - names[::-1].index(name.lower())
        return int(name) if name.isdigit() and int(name) < len(names) else None

    def needed(self) -> list[int]:
        """The numbers of the stages that the one to build stands on, and its own, in order."""
        needed, waiting = set(), [self.last]
        while waiting:
            index = waiting.pop()
            if index in needed:
                continue
            needed.add(index)
            stage = self.file.stages[index]
            sources = [self.base(stage), *_copied(stage)]
            waiting += [found for source in sources if (found := self.index(source, before=index)) is not None]
        return sorted(needed)

    def base_images(self) -> tuple[str, ...]:
        """The images that the needed stages start from, in order; ``scratch`` is none."""
        names = [
            self.base(self.file.stages[index])
            for index in self.needed()
            if self.index(self.base(self.file.stages[index]), before=index) is None
        ]
        return tuple(dict.fromkeys(name for name in names if name != "scratch"))

    def copied_images(self) -> tuple[str, ...]:
        """The images that the needed stages copy files from (``COPY --from``), in order."""
        names = [
            name
            for index in self.needed()
            for name in _copied(self.file.stages[index])
            if self.index(name, before=len(self.file.stages)) is None
        ]
        return tuple(dict.fromkeys(names))


def _copied(stage: Stage) -> list[str]:
    return [each.flags["from"] for each in stage.instructions if "from" in each.flags]
