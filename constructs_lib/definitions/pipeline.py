"""A SageMaker pipeline as plain data."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from attrs import evolve, field, frozen

from constructs_lib.definitions.errors import DefinitionError, Problem
from constructs_lib.definitions.freezing import freeze_fields
from constructs_lib.definitions.pipeline_options import CacheConfig, ExperimentConfig, MlflowConfig, PipelineRetry
from constructs_lib.definitions.steps.base import JobStep, Step, inner_steps
from constructs_lib.definitions.values import ExecutionInput, Text, references


@frozen(kw_only=True, eq=False, slots=False, field_transformer=freeze_fields)
class PipelineDefinition:
    """A SageMaker pipeline: a graph of typed steps that cannot be changed, checked as a whole when it is made.

    It is plain data, as a `WorkflowDefinition` is, and made of the same steps. What a step reads of others, and its
    `depends_on`, decide when it runs; all other steps run side by side, however they are listed.

    Args:
        name: of the pipeline: 1 to 256 letters, digits and inner hyphens.
        steps: at least one.
        description: for the people who run it; at most 3072 characters. Default: none.
        parameters: of an execution, beside those that the steps read; listed ones come first. Default: those that
            the steps read.
        default_cache: when an earlier run is used again of steps that say nothing of it, where the service can do so.
            Default: every step runs each time.
        default_retry: when steps are run again that say nothing of it, where the service takes such a policy.
            Default: the service retries its own calls only.
        experiment: where SageMaker Experiments keeps what was done; None keeps nothing. Default: an experiment of
            the pipeline's name, a trial for each execution.
        mlflow: where MLflow keeps what was done. Default: nothing is said of it.
        max_steps: the account's quota of steps in a pipeline. Default: 50, the quota that every account begins with.
        use_custom_job_prefix: names of jobs begin with the step's `job_name`. Default: the service names jobs.

    Raises:
        DefinitionError: all problems together, each with its step and where in it.

    Examples:
        >>> from constructs_lib.definitions import FailStep
        >>> PipelineDefinition(name="nightly", steps=[FailStep(name="Stop", cause="nothing to do")]).name
        'nightly'
    """

    name: str
    steps: Sequence[Step]
    description: str | None = None
    parameters: Sequence[ExecutionInput] = ()
    default_cache: CacheConfig | None = None
    default_retry: Sequence[PipelineRetry] = ()
    experiment: ExperimentConfig | None = field(factory=ExperimentConfig)
    mlflow: MlflowConfig | None = None
    use_custom_job_prefix: bool = False
    max_steps: int = 50

    def __attrs_post_init__(self) -> None:
        # the checks stand above the definitions; a definition asks them once, when it is made
        from constructs_lib.checks.pipelines import check_pipeline

        problems = check_pipeline(self)
        if problems:
            raise DefinitionError(self.name, problems, of="pipeline")

    @cached_property
    def all_steps(self) -> tuple[Step, ...]:
        """Every step as it is listed, those inside of Choices behind them."""
        return tuple(with_inner(self.steps))

    def step(self, name: str) -> Step:
        """A step by its name.

        Raises:
            KeyError: there is none of that name.
        """
        return {step.name: step for step in self.all_steps}[name]

    @cached_property
    def execution_inputs(self) -> tuple[ExecutionInput, ...]:
        """The parameters: those that are listed, then those that the steps read, in the order of their first use."""
        found = {value.name: value for value in self.parameters}
        of_steps = (value for step in self.all_steps for value in step.references)
        for value in (*of_steps, *references(self._values_of_no_step)):
            if isinstance(value, ExecutionInput):
                found.setdefault(value.name, value)
        return tuple(found.values())

    @property
    def _values_of_no_step(self) -> Any:
        experiment, mlflow = self.experiment, self.mlflow
        return (
            () if experiment is None else (experiment.experiment_name, experiment.trial_name),
            () if mlflow is None else (mlflow.resource_arn, mlflow.experiment_name),
        )

    @property
    def steps_without_role(self) -> tuple[JobStep, ...]:
        """The steps that still need a role before the pipeline can be rendered."""
        return tuple(step for step in self.all_steps if isinstance(step, JobStep) and step.role is None)

    def with_roles(self, roles: Mapping[str, Text]) -> "PipelineDefinition":
        """The same pipeline with roles for steps that have none.

        Args:
            roles: ARNs of roles by name of the step.

        Raises:
            DefinitionError: a name is none of a step that still needs a role.
        """
        wanted = {step.name for step in self.steps_without_role}
        expected = ", ".join(sorted(wanted)) or "none: every step has its role"
        problems = tuple(
            Problem(step=name, path="role", message=f"got a role for {name!r}, expected one for: {expected}")
            for name in roles
            if name not in wanted
        )
        if problems:
            raise DefinitionError(self.name, problems, of="pipeline")
        return evolve(self, steps=[_with_role(step, roles) for step in self.steps])


def with_inner(steps: Sequence[Step]) -> Iterator[Step]:
    """Steps, each followed by those inside of it."""
    for step in steps:
        yield step
        if step.blocks:
            yield from inner_steps(step)


def _with_role(step: Step, roles: Mapping[str, Text]) -> Step:
    new = step.with_role(roles[step.name]) if isinstance(step, JobStep) and step.name in roles else step
    if not new.blocks:
        return new
    return new.with_blocks([[_with_role(inner, roles) for inner in block.steps] for block in new.blocks])
