"""The composition of SageMaker: its operations, its runtime, and what must end with the server."""

from collections.abc import Callable
from functools import partial

from local_aws.containers.engine import ContainerEngine, choose_engine
from local_aws.gateway.app import Gateway
from local_aws.iam.authority import IamAuthority
from local_aws.platform import Platform
from local_aws.sagemaker.endpoints.configs import EndpointConfigOperations
from local_aws.sagemaker.endpoints.deployment import Deployments
from local_aws.sagemaker.endpoints.model_fleet import Ground
from local_aws.sagemaker.endpoints.models import ModelOperations
from local_aws.sagemaker.endpoints.operations import EndpointOperations
from local_aws.sagemaker.endpoints.settings import EndpointSettings
from local_aws.sagemaker.experiments.metrics import MetricOperations
from local_aws.sagemaker.experiments.operations import ExperimentOperations
from local_aws.sagemaker.feature_store.offline import OfflineSettings
from local_aws.sagemaker.feature_store.service import register_feature_store
from local_aws.sagemaker.inference_components.operations import InferenceComponentOperations
from local_aws.sagemaker.inference_components.placement import Placements
from local_aws.sagemaker.jobs.work import JobGround, JobSettings
from local_aws.sagemaker.lineage.associations import AssociationOperations
from local_aws.sagemaker.lineage.entities import EntityOperations
from local_aws.sagemaker.lineage.recorder import Recorder
from local_aws.sagemaker.lineage.records import LineageRecords
from local_aws.sagemaker.pipelines.service import register_pipelines
from local_aws.sagemaker.pipelines.settings import PipelineSettings
from local_aws.sagemaker.processing.operations import ProcessingOperations
from local_aws.sagemaker.registry.deployable import PackageContainers
from local_aws.sagemaker.registry.groups import ModelPackageGroupOperations
from local_aws.sagemaker.registry.packages import ModelPackageOperations
from local_aws.sagemaker.registry.policies import GroupPolicies
from local_aws.sagemaker.registry.records import RegistryRecords
from local_aws.sagemaker.runtime.invocations import Invocations
from local_aws.sagemaker.runtime.metrics import InvocationMetrics
from local_aws.sagemaker.runtime.operations import RuntimeOperations
from local_aws.sagemaker.runtime.protocol import invocation_protocol
from local_aws.sagemaker.runtime.route import INVOCATIONS, InvocationRoute
from local_aws.sagemaker.runtime.routing import RouteTable
from local_aws.sagemaker.runtime.streaming import STREAMS, StreamRoute
from local_aws.sagemaker.search.operations import SearchOperations
from local_aws.sagemaker.tags import TagOperations, TagStore
from local_aws.sagemaker.training.operations import TrainingOperations
from local_aws.sagemaker.transform.operations import TransformOperations
from local_aws.sagemaker.tuning.operations import TuningOperations


def register_sagemaker(
    gateway: Gateway,
    platform: Platform,
    *,
    engine: Callable[[], ContainerEngine] | None = None,
    jobs: JobSettings | None = None,
    endpoints: EndpointSettings | None = None,
    offline_stores: OfflineSettings | None = None,
    pipelines: PipelineSettings | None = None,
) -> None:
    """Makes the service and registers it.

    Args:
        gateway: the door.
        platform: the local AWS.
        engine: gives the container engine. Default: this machine's, chosen when the first job or endpoint needs it.
        jobs: how jobs run. Default: as on AWS.
        endpoints: how endpoints run. Default: as on AWS.
        offline_stores: how records reach the offline stores of feature groups. Default: within a second.
        pipelines: how pipelines run. Default: as on AWS, with the stand-ins that the environment names.
    """
    tags = TagStore()
    engine = engine or partial(choose_engine, platform)
    ground = JobGround(platform, engine, jobs or JobSettings())
    settings = endpoints or EndpointSettings()
    routes = RouteTable()
    metrics = InvocationMetrics(platform)
    invocations = Invocations(gateway.authority, routes, metrics, settings.invocation_seconds)
    serving = Ground(platform=platform, engine=engine, settings=settings, retire=invocations.retire)
    deployments, placements = Deployments(serving), Placements(serving)
    registry = RegistryRecords()
    lineage = LineageRecords()
    models = ModelOperations(platform, PackageContainers(registry), tags)
    configs = EndpointConfigOperations(platform, models, tags)
    endpoint_operations = EndpointOperations(platform, deployments, configs, routes, tags)
    trainings = TrainingOperations(ground, tags)
    gateway.register(
        TagOperations(tags),
        trainings,
        ProcessingOperations(ground, tags),
        TuningOperations(ground, trainings, tags),
        TransformOperations(ground, settings, models, tags),
        models,
        configs,
        endpoint_operations,
        InferenceComponentOperations(placements, endpoint_operations, models, settings, tags),
        ModelPackageGroupOperations(registry, tags),
        ModelPackageOperations(platform, registry, tags),
        EntityOperations(lineage, tags),
        AssociationOperations(lineage),
        ExperimentOperations(lineage, tags),
        MetricOperations(lineage),
        SearchOperations(platform, tags),
        RuntimeOperations(),
    )
    Recorder(platform, lineage, tags).start()
    if isinstance(gateway.authority, IamAuthority):
        gateway.authority.keep_policies("sagemaker", GroupPolicies(registry))
    register_feature_store(gateway, platform, tags, offline_stores)
    register_pipelines(gateway, platform, tags, pipelines)
    gateway.protocol = invocation_protocol(invocations)
    gateway.route("POST", INVOCATIONS, InvocationRoute(invocations))
    gateway.route("POST", STREAMS, StreamRoute(invocations))
    platform.on_stop(metrics.publish)
    platform.on_stop(ground.stop)
    platform.on_stop(deployments.stop)
    platform.on_stop(placements.stop)
    platform.on_stop(invocations.close)
