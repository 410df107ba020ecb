"""What every step is: a record that tells its service action, its request, its outputs and its needs."""

import re
from abc import ABC, ABCMeta, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import Any, ClassVar, Self

from attrs import evolve, frozen

from constructs_lib.definitions.failures import Catch, Retry, can_occur
from constructs_lib.definitions.freezing import NO_MEMBERS, freeze_fields
from constructs_lib.definitions.members import joined, present
from constructs_lib.definitions.needs import ApiAccess, ManagedRule, Need, PassRole
from constructs_lib.definitions.outputs import MergedOutput, OperationOutput, Output
from constructs_lib.definitions.pipeline_options import CacheConfig, PipelineRetry
from constructs_lib.definitions.steps.integrations import Integration, WaitLoop
from constructs_lib.definitions.values import Join, Reference, ShortUniqueName, StepOutput, Text, UniqueName, references

_WORDS = re.compile("[A-Za-z0-9]+")


@frozen(kw_only=True)
class Block:
    """Steps inside of a step.

    Attributes:
        path: of the property that holds them, such as ``rules[0].steps``.
        steps: as they are listed.
        own_scope: whether they are a branch or an iteration, with variables and an end of its own, rather than a way
            that the workflow itself takes.
    """

    path: str
    steps: Sequence["Step"]
    own_scope: bool


class _StepType(ABCMeta):
    """Steps can be abstract; a class is a step by inheritance alone, so `isinstance` need not look for more."""

    __instancecheck__ = type.__instancecheck__


# no slots in steps: attrs fills a record of many fields faster, and finds a cached property without `__getattr__`
@frozen(kw_only=True, eq=False, slots=False, field_transformer=freeze_fields)
class Step(metaclass=_StepType):
    """A state of the workflow.

    Args:
        name: unique in the workflow; 1 to 80 characters; ``": "`` is kept for helper states.
        depends_on: steps, or names of steps, that come before this one. Default: the order in which the steps are
            listed, if no step of the workflow names any.
        comment: for the reader of the state machine, or of the pipeline, where it is the step's description.
            Default: none.
        display_name: what SageMaker Studio calls the step; Step Functions has nothing like it. Default: its name.
    """

    kind: ClassVar[str] = "step"

    pipeline_type: ClassVar[str | None] = None
    """What SageMaker Pipelines calls the step; None where it has nothing like it."""

    only_in_pipelines: ClassVar[bool] = False
    """Whether Step Functions has nothing like it."""

    name_member: ClassVar[str | None] = None
    """The member of the request that names what it makes; each needs a name of its own."""

    name: str
    depends_on: Sequence["Step | str"] = ()
    comment: str | None = None
    display_name: str | None = None

    @property
    def blocks(self) -> tuple["Block", ...]:
        """Lists of steps inside of this one; none in most."""
        return ()

    def with_blocks(self, blocks: Sequence[Sequence["Step"]]) -> "Step":
        """The same step with other steps inside, in the order of `blocks`."""
        if blocks:
            raise TypeError(f"{type(self).__name__} has no steps inside")
        return self

    @property
    def dependencies(self) -> tuple[str, ...]:
        """Names of the steps that it depends on by `depends_on`."""
        return tuple(step.name if isinstance(step, Step) else step for step in self.depends_on)

    @property
    def values(self) -> Any:
        """Everything in the step that may hold references."""
        return ()

    @cached_property
    def references(self) -> tuple[Reference, ...]:
        """All references in the step."""
        return tuple(references(self.values))

    @property
    def response(self) -> Output | None:
        """What the step gives back; None where that is nothing."""
        return None

    @property
    def pipeline_response(self) -> Output | None:
        """What the step gives back in SageMaker Pipelines, which describes what was made."""
        return self.response

    def pipeline_path(self, path: str) -> str:
        """A path into the output, as it leads into `pipeline_response`."""
        return path

    def pipeline_property(self, path: str) -> str:
        """A path into the output, as SageMaker Pipelines writes it."""
        return self.pipeline_path(path)

    def pipeline_arguments(self, *, custom_prefix: bool) -> Mapping[str, Any]:  # noqa: ARG002 - some steps need it
        """The step's Arguments in a pipeline's document.

        Args:
            custom_prefix: whether names of jobs are given, as prefixes of those that the service makes.
        """
        return {}

    def pipeline_cache(self, default: CacheConfig | None) -> CacheConfig | None:  # noqa: ARG002 - some steps need it
        """When SageMaker Pipelines uses an earlier run of the step again.

        Args:
            default: the pipeline's, for steps that say nothing of it.
        """
        return None

    def pipeline_retry(self, default: Sequence[PipelineRetry]) -> Sequence[PipelineRetry]:  # noqa: ARG002 - as above
        """When SageMaker Pipelines runs the step again.

        Args:
            default: the pipeline's, for steps that say nothing of it.
        """
        return ()

    @property
    def pipeline_members(self) -> Mapping[str, Any]:
        """What stands beside the Arguments in a pipeline's document; members that are None are left out."""
        return {}

    def output(self, path: str) -> StepOutput:
        """A member of what the step gives back, for use in later steps.

        Args:
            path: such as ``ModelArtifacts.S3ModelArtifacts``; checked when the workflow is defined.
        """
        return StepOutput(self.name, path)


@frozen(kw_only=True, eq=False, slots=False, field_transformer=freeze_fields)
class FallibleStep(Step, ABC):
    """A step that can fail, and what happens then.

    Args:
        retry: what to do again, and when; the first that fits is used: a `Retry` in Step Functions, a `PipelineRetry`
            in SageMaker Pipelines. Default: the workflow's `default_retry`.
        catch: where to go on when the step has failed for good; SageMaker Pipelines has nothing like it.
            Default: the workflow's `default_catch`.
    """

    retry: Sequence[Retry | PipelineRetry] = ()
    catch: Sequence[Catch] = ()

    def can_raise(self, error: str) -> bool:
        """Whether the step can fail with an error of this name; what is inside of a step may fail with any."""
        return bool(error)


@frozen(kw_only=True, eq=False, slots=False, field_transformer=freeze_fields)
class TaskStep(FallibleStep, ABC):
    """A step that calls a service.

    Args:
        timeout_seconds: the step fails with ``States.Timeout`` after that time; 1 to 99999999. Default: no limit.
        additional_request: members of the API's request that the step has no property for, also inside of objects
            that it makes, such as ``{"ResourceConfig": {"KeepAlivePeriodInSeconds": 600}}``; checked like the others.
            Default: none.
        cache: when SageMaker Pipelines uses an earlier run of the step again; Step Functions has nothing like it.
            Default: the pipeline's `default_cache`.
    """

    named_by_pipelines: ClassVar[bool] = False
    """Whether SageMaker Pipelines itself names what the step makes."""

    cached_by_pipelines: ClassVar[bool] = False
    """Whether SageMaker Pipelines can use an earlier run of the step again."""

    retried_by_pipelines: ClassVar[bool] = False
    """Whether SageMaker Pipelines takes retry policies for the step."""

    timeout_seconds: int | None = None
    additional_request: Mapping[str, Any] = NO_MEMBERS
    cache: CacheConfig | None = None

    @property
    @abstractmethod
    def integration(self) -> Integration:
        """The call that the step makes."""

    @property
    @abstractmethod
    def response(self) -> Output:
        """What the step gives back."""

    def can_raise(self, error: str) -> bool:
        """Whether the step can fail with an error of this name."""
        call, loop = self.integration, self.wait_loop
        return can_occur(
            error,
            service=call.service,
            own=() if loop is None else (loop.error,),
            any_name=call.pattern == "callback" or (call.service, call.action) == ("lambda", "invoke"),
        )

    @abstractmethod
    def own_request(self) -> dict[str, Any]:
        """The request that the step's properties make; those of its members that are None are left out."""

    @property
    @abstractmethod
    def engine_needs(self) -> tuple[Need, ...]:
        """What the engine that runs the workflow must be allowed to do."""

    @property
    def model_needs(self) -> tuple[tuple[Text, Need], ...]:
        """What the roles of models must be allowed to do because of this step: names of models, with each need."""
        return ()

    @property
    def documents(self) -> frozenset[str]:
        """Members of the request that are JSON of any form."""
        return frozenset()

    @property
    def selector(self) -> Mapping[str, str] | None:
        """The ResultSelector that makes the step's output of the response; None where it is the response."""
        return None

    @property
    def wait_loop(self) -> WaitLoop | None:
        """How the step waits where the integration cannot; None where it need not."""
        return None

    @cached_property
    def request(self) -> MappingProxyType[str, Any]:
        """The whole request, with references in it."""
        document = present(self.own_request())
        if self.additional_request:
            document = joined(document, self.additional_request)
        document |= self.role_request()
        return MappingProxyType(document)

    def role_request(self) -> dict[str, Any]:
        """The member of the request that takes the role of the step's work; none without such a role."""
        return {}

    def pipeline_needs(self, *, custom_prefix: bool) -> tuple[Need, ...]:
        """What the role of a pipeline must be allowed to do for the step.

        Args:
            custom_prefix: whether the names that the service makes begin with those of the definition.
        """
        needs = [need for need in self.engine_needs if not isinstance(need, ManagedRule)]
        return tuple(self._in_pipeline(need, custom_prefix=custom_prefix) for need in needs)

    @property
    def named_by_service(self) -> str:
        """What SageMaker Pipelines calls what the step makes where no prefix is given, with ``*`` for what it adds."""
        return "pipelines-*"

    def name_in_pipeline(self, name: Text, *, custom_prefix: bool) -> Text:
        """What SageMaker Pipelines calls what the step makes, with ``*`` for what is not known yet.

        Args:
            name: of it in the request.
            custom_prefix: whether the names that the service makes begin with those of the definition.
        """
        if not self.named_by_pipelines:
            return name
        prefix = name.prefix if isinstance(name, UniqueName | ShortUniqueName) else name
        return Join("", [prefix, "*"]) if custom_prefix else self.named_by_service

    def _in_pipeline(self, need: Need, *, custom_prefix: bool) -> Need:
        """The access to what the step makes, as a pipeline needs it: it tags, and looks at, all that it makes."""
        name = None if self.name_member is None else self.request.get(self.name_member)
        if not isinstance(need, ApiAccess) or name is None or repr(need.name) != repr(name):
            return need
        actions = {*need.actions, "sagemaker:AddTags", *described_by(self.pipeline_response)}
        return evolve(need, name=self.name_in_pipeline(name, custom_prefix=custom_prefix), actions=sorted(actions))

    def pipeline_arguments(self, *, custom_prefix: bool) -> Mapping[str, Any]:
        """The request; without a name that the service gives."""
        member = self.name_member
        if not self.named_by_pipelines or member is None or member not in self.request:
            return self.request
        document = self.request.copy()
        name = document.pop(member)
        if custom_prefix:
            document[member] = name.prefix if isinstance(name, UniqueName | ShortUniqueName) else name
        return document

    def pipeline_cache(self, default: CacheConfig | None) -> CacheConfig | None:
        """When SageMaker Pipelines uses an earlier run of the step again."""
        if not self.cached_by_pipelines:
            return None
        return default if self.cache is None else self.cache

    def pipeline_retry(self, default: Sequence[PipelineRetry]) -> Sequence[PipelineRetry]:
        """When SageMaker Pipelines runs the step again."""
        if not self.retried_by_pipelines:
            return ()
        own = tuple(found for found in self.retry if isinstance(found, PipelineRetry)) if self.retry else ()
        return own or default

    @property
    def pipeline_call(self) -> Integration | None:
        """The call whose request the Arguments are; None where they are something else."""
        return self.integration

    @property
    def made_name(self) -> Reference | None:
        """The name of what the step makes, as the other steps of a pipeline know it, which wait for the step then.

        None for one that no step of the pipeline makes known.
        """
        if not self.named_by_pipelines or self.name_member is None:
            return None
        name = self.request.get(self.name_member)
        return name if isinstance(name, UniqueName | ShortUniqueName) else None

    @property
    def values(self) -> Any:
        """Everything in the step that may hold references."""
        loop = self.wait_loop
        return (self.request, () if loop is None else (loop.request, loop.expected, loop.otherwise_request))


@frozen(kw_only=True, eq=False, slots=False)
class JobStep(TaskStep, ABC):
    """A task whose work runs under a role of its own.

    Args:
        role: ARN of the role. Default: none; one has to be given by `WorkflowDefinition.with_roles` before the
            workflow can be rendered, as the construct does with a role of least privilege.
    """

    role_member: ClassVar[str] = "RoleArn"
    """The member of the request that takes the role."""

    service_principal: ClassVar[str] = "sagemaker.amazonaws.com"
    """Who takes on the role."""

    role: Text | None = None

    @property
    @abstractmethod
    def job_needs(self) -> tuple[Need, ...]:
        """What the role must be allowed to do."""

    def role_request(self) -> dict[str, Any]:
        """The member of the request that takes the role of the step's work."""
        return {} if self.role is None else {self.role_member: self.role}

    @property
    def role_needs(self) -> tuple[Need, ...]:
        """What the engine must be allowed to do with the role."""
        return () if self.role is None else (PassRole(role=self.role, service=self.service_principal),)

    def with_role(self, role: Text) -> Self:
        """The same step with a role."""
        return evolve(self, role=role)

    @property
    def artifacts(self) -> Mapping[str, tuple[Text, Text | None]]:
        """Outputs that are addresses in S3: path of the output to the prefix that it lies under, and its key."""
        return {}


def described_by(response: Output | None) -> tuple[str, ...]:
    """The IAM actions by which SageMaker Pipelines finds out what a step gives back."""
    parts = response.parts if isinstance(response, MergedOutput) else (response,)
    return tuple(f"{part.service}:{part.operation}" for part in parts if isinstance(part, OperationOutput))


def inner_steps(step: Step) -> Iterator[Step]:
    """The steps inside of a step, and those inside of them; handlers of Catches are not inside."""
    waiting = [found for block in reversed(step.blocks) for found in reversed(block.steps)]
    while waiting:
        inner = waiting.pop()
        yield inner
        waiting += [found for block in reversed(inner.blocks) for found in reversed(block.steps)]


def sagemaker_tags(tags: Mapping[str, Text]) -> list[dict[str, Text]] | None:
    """Tags in the form of SageMaker's requests; None where there are none."""
    return [{"Key": key, "Value": value} for key, value in tags.items()] if tags else None


def name_from(step_name: str) -> str:
    """A part of a resource's name, made from a step's name: lower-case words with hyphens, at most 27 characters."""
    return "-".join(_WORDS.findall(str(step_name))).lower()[:27].strip("-") or "step"
