"""What lets training be interrupted: spare instances at a lower price, and checkpoints to go on from."""

from typing import Any

from attrs import frozen

from constructs_lib.definitions.needs import Need, ReadObjects, WriteObjects
from constructs_lib.definitions.values import Text, Whole


@frozen(kw_only=True)
class SpotTraining:
    """Spare instances, for a part of the price: a training job waits for them, and AWS may take them back.

    An interrupted job begins anew when there are instances again; with `Checkpoints` it goes on from the last one.

    Args:
        max_wait_seconds: how long the job may take with the time that it waits for instances; at least the step's
            `max_runtime_seconds`.
    """

    max_wait_seconds: Whole


@frozen(kw_only=True)
class Checkpoints:
    """Where a training job keeps what it can go on from.

    What lies there is copied into the container before the program starts, and what the program writes is copied back
    while it runs. A job that goes on from another one's checkpoints has the same `uri`; each training job of a tuning
    job has a folder of its own below it.

    Args:
        uri: prefix in S3.
        path: folder in the container. Default: ``/opt/ml/checkpoints``.
        kms_key: ARN of the key that encrypts the bucket, which the job's role then may use. Default: none.
    """

    uri: Text
    path: Text | None = None
    kms_key: Text | None = None

    @property
    def needs(self) -> tuple[Need, ...]:
        """What the job's role must be allowed to do."""
        return (ReadObjects(uri=self.uri, kms_key=self.kms_key), WriteObjects(uri=self.uri, kms_key=self.kms_key))


def interruptible(
    max_runtime_seconds: Whole, spot: SpotTraining | None, checkpoints: Checkpoints | None
) -> dict[str, Any]:
    """The members of a training job's request that say when it ends, and what becomes of it if it ends early."""
    waiting = {} if spot is None else {"MaxWaitTimeInSeconds": spot.max_wait_seconds}
    kept = None
    if checkpoints is not None:
        kept = {"S3Uri": checkpoints.uri} | ({} if checkpoints.path is None else {"LocalPath": checkpoints.path})
    return {
        "StoppingCondition": {"MaxRuntimeInSeconds": max_runtime_seconds, **waiting},
        "EnableManagedSpotTraining": None if spot is None else True,
        "CheckpointConfig": kept,
    }


def retry_strategy(max_retry_attempts: Whole | None) -> dict[str, Any] | None:
    """The member of a training job's request that says how often it is started again."""
    return None if max_retry_attempts is None else {"MaximumRetryAttempts": max_retry_attempts}
