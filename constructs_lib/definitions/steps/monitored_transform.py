"""A transform job whose data are checked: two steps that belong together."""

from collections.abc import Sequence

from attrs import evolve, frozen

from constructs_lib.definitions.steps.base import Step
from constructs_lib.definitions.steps.quality import ClarifyCheckStep, QualityCheckStep
from constructs_lib.definitions.steps.transform import TransformStep


@frozen(kw_only=True, eq=False, slots=False)
class MonitoredTransform:
    """A transform job, and a check of what goes into it or comes out of it; SageMaker's MonitorBatchTransform.

    The steps are put into a pipeline one by one: ``steps=[prepare, *monitored.steps]``.

    Args:
        transform: the job.
        check: of its data or of the model.
        before: the check comes first, so that a violation keeps the job from running. Default: it comes afterwards.
    """

    transform: TransformStep
    check: QualityCheckStep | ClarifyCheckStep
    before: bool = False

    @property
    def steps(self) -> Sequence[Step]:
        """Both steps, in their order."""
        first, second = (self.check, self.transform) if self.before else (self.transform, self.check)
        return (first, evolve(second, depends_on=[*second.depends_on, first.name]))
