"""Registers Step Functions."""

from local_aws.gateway.app import Gateway
from local_aws.gateway.context import RegionalState
from local_aws.platform import Platform
from local_aws.stepfunctions.api.execution_operations import ExecutionOperations
from local_aws.stepfunctions.api.machine_checks import MachineChecks
from local_aws.stepfunctions.api.machine_operations import MachineOperations
from local_aws.stepfunctions.api.map_run_operations import MapRunOperations
from local_aws.stepfunctions.api.records import RegionRecords
from local_aws.stepfunctions.api.task_operations import TaskOperations
from local_aws.stepfunctions.api.version_operations import VersionOperations
from local_aws.stepfunctions.running.clock import Clock, SystemClock
from local_aws.stepfunctions.running.engine import Engine
from local_aws.stepfunctions.running.executions import Execution
from local_aws.stepfunctions.running.map_runs import MapRun


def register_stepfunctions(gateway: Gateway, platform: Platform, clock: Clock | None = None) -> Engine:
    """Makes the service and registers its operations.

    Args:
        gateway: the one door.
        platform: the local AWS.
        clock: time, as executions see it. Default: the machine's.
    """
    records = RegionalState(RegionRecords)

    def stop_workers() -> None:
        for _, region in records:
            region.activities.stop()

    engine = Engine(platform, lambda account, region: records.of(account, region).activities, clock or SystemClock())
    platform.on_stop(stop_workers)
    checks = MachineChecks(platform, gateway.authority, engine.roles)

    def keep(found: Execution | MapRun) -> None:
        records.of(found.revision.account, found.revision.region).keep(found)

    engine.map_runs.authorize = checks.require_start
    engine.map_runs.keep = keep
    gateway.register(
        MachineOperations(records, engine, checks),
        MapRunOperations(records, engine),
        ExecutionOperations(records, engine),
        TaskOperations(records, engine),
        VersionOperations(records, engine),
    )
    return engine
