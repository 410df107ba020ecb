"""The steps that run work on Amazon EMR."""

from abc import ABC
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from attrs import frozen

from constructs_lib.definitions.freezing import NO_MEMBERS, freeze_fields
from constructs_lib.definitions.members import present
from constructs_lib.definitions.needs import Calls, Need, PassRole
from constructs_lib.definitions.outputs import DeclaredOutput, OperationOutput, Output
from constructs_lib.definitions.steps.base import TaskStep
from constructs_lib.definitions.steps.integrations import Integration
from constructs_lib.definitions.values import Text, Whole

_MEMBERS = ("Id", "Name", "Config", "ActionOnFailure", "Status", "ExecutionRoleArn", "ClusterId", "ClusterConfig")
_NAMED_LATER = "clusters, applications and job runs get their ids from EMR"


@frozen(kw_only=True, eq=False, slots=False)
class _EmrWork(TaskStep, ABC):
    """Work on EMR, which SageMaker Pipelines starts and waits for."""

    only_in_pipelines: ClassVar[bool] = True
    cached_by_pipelines: ClassVar[bool] = True
    retried_by_pipelines: ClassVar[bool] = True

    @property
    def pipeline_call(self) -> Integration | None:
        """The Arguments are a recipe of the service's own, of which the requests are made."""
        return None


@frozen(kw_only=True, eq=False, slots=False, field_transformer=freeze_fields)
class EMRStep(_EmrWork):
    """Runs a program on an EMR cluster that is there, or on one that is made for it and ends with it.

    Its output is the step of EMR's DescribeStep: ``step.output("Status.State")``. Only SageMaker Pipelines has it.

    Args:
        jar: what is run, such as ``command-runner.jar``.
        arguments: of the program. Default: none.
        main_class: of the jar. Default: that of its manifest.
        properties: of the program. Default: none.
        cluster_id: of the cluster. Default: one is made of `cluster`.
        cluster: recipe of a cluster: members of EMR's RunJobFlow, without Name, Steps and AutoTerminationPolicy.
            Default: none; then `cluster_id` is given.
        execution_role: ARN of the role that the program runs under on the cluster that is there. Default: that of
            the cluster's instances.
        passed_roles: ARNs of the roles that `cluster` names, which EMR is given. Default: none.
    """

    kind: ClassVar[str] = "EMR step"
    pipeline_type: ClassVar[str | None] = "EMR"

    jar: Text
    arguments: Sequence[Text] = ()
    main_class: Text | None = None
    properties: Mapping[str, Text] = NO_MEMBERS
    cluster_id: Text | None = None
    cluster: Mapping[str, Any] | None = None
    execution_role: Text | None = None
    passed_roles: Sequence[Text] = ()

    @property
    def integration(self) -> Integration:
        """The call that the step makes."""
        return Integration(service="elasticmapreduce", action="addStep", pattern="sync")

    @property
    def response(self) -> Output:
        """What the step gives back."""
        return DeclaredOutput(members=dict.fromkeys(_MEMBERS, "document"))

    def own_request(self) -> dict[str, Any]:
        """The Arguments that the step's properties make."""
        program = {
            "Jar": self.jar,
            "Args": list(self.arguments) or None,
            "MainClass": self.main_class,
            "Properties": [{"Key": key, "Value": value} for key, value in self.properties.items()] or None,
        }
        return {
            "StepConfig": {"HadoopJarStep": present(program)},
            "ClusterId": self.cluster_id,
            "ExecutionRoleArn": self.execution_role,
            "ClusterConfig": self.cluster,
        }

    @property
    def engine_needs(self) -> tuple[Need, ...]:
        """What the engine that runs the workflow must be allowed to do."""
        actions = ["AddJobFlowSteps", "CancelSteps", "DescribeCluster", "DescribeStep"]
        if self.cluster is not None:
            actions += ["AddTags", "RunJobFlow", "TerminateJobFlows"]
        calls = Calls(actions=[f"elasticmapreduce:{name}" for name in actions], resources=["*"], reason=_NAMED_LATER)
        passing = [PassRole(role=role, service="elasticmapreduce.amazonaws.com") for role in self.passed_roles]
        return (calls, *passing)


@frozen(kw_only=True, eq=False, slots=False, field_transformer=freeze_fields)
class EMRServerlessStep(_EmrWork):
    """Runs a job on EMR Serverless, in an application that is there or in one that is made for it.

    Its output is the job run of GetJobRun: ``step.output("jobRun.state")``. Only SageMaker Pipelines has it.

    Args:
        execution_role: ARN of the role that the job runs under.
        driver: what is run: the jobDriver of StartJobRun, such as ``{"sparkSubmit": {"entryPoint": ...}}``.
        application_id: of the application. Default: one is made of `application`.
        application: recipe of an application: members of CreateApplication. Default: none; then `application_id` is
            given.
        overrides: the configurationOverrides of StartJobRun. Default: none.
        timeout_minutes: the job is stopped after that time. Default: the service's.
        tags: of the job run. Default: none.
    """

    kind: ClassVar[str] = "EMR Serverless job"
    pipeline_type: ClassVar[str | None] = "EMRServerless"

    execution_role: Text
    driver: Mapping[str, Any]
    application_id: Text | None = None
    application: Mapping[str, Any] | None = None
    overrides: Mapping[str, Any] | None = None
    timeout_minutes: Whole | None = None
    tags: Mapping[str, Text] = NO_MEMBERS

    @property
    def integration(self) -> Integration:
        """The call that the step makes."""
        return Integration(service="emr-serverless", action="startJobRun", pattern="sync")

    @property
    def response(self) -> Output:
        """What the step gives back."""
        return OperationOutput(service="emr-serverless", operation="GetJobRun")

    def own_request(self) -> dict[str, Any]:
        """The Arguments that the step's properties make."""
        job = {
            "applicationId": self.application_id,
            "executionRoleArn": self.execution_role,
            "jobDriver": self.driver,
            "configurationOverrides": self.overrides,
            "executionTimeoutMinutes": self.timeout_minutes,
            "tags": self.tags or None,
        }
        return {
            "ExecutionRoleArn": self.execution_role,
            "ApplicationId": self.application_id,
            "ApplicationConfig": self.application,
            "JobConfig": present(job),
        }

    @property
    def engine_needs(self) -> tuple[Need, ...]:
        """What the engine that runs the workflow must be allowed to do."""
        actions = ["CancelJobRun", "GetApplication", "GetJobRun", "StartJobRun"]
        if self.application is not None:
            actions += ["CreateApplication", "DeleteApplication", "StartApplication", "StopApplication"]
        calls = Calls(actions=[f"emr-serverless:{name}" for name in actions], resources=["*"], reason=_NAMED_LATER)
        return (calls, PassRole(role=self.execution_role, service="emr-serverless.amazonaws.com"))
