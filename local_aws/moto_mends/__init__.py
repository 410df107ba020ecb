"""The private parts of moto that the local AWS touches: one concern a module, each with the fault that it mends.

Mends are applied when the first request for their service comes, so that a server that is not asked for a service
does not load it.
"""

from contextvars import ContextVar
from importlib import import_module

from local_aws.platform import Platform

_MENDS = {
    "cloudwatch": ("alarm_states", "dashboard_tags"),
    "dynamodb": ("table_changes",),
    "ecr": ("ecr_images",),
    "iam": ("current_user", "managed_policies"),
    "kms": ("kms_keys",),
    "logs": ("log_events", "log_groups"),
    "s3": ("bucket_events", "bucket_logging", "bucket_policies", "joined_parts", "replaced_objects"),
    "sns": ("topic_queues", "sns_delivery", "topic_pages"),
    "sqs": ("queue_attributes", "queue_waits"),
    "ssm": ("parameter_store",),
}


def apply(service: str) -> None:
    """Mends what moto's service does wrong; nothing for a service that needs no mending.

    Args:
        service: moto's name of the service, such as ``s3``.
    """
    for module in _MENDS.get(service, ()):
        import_module(f"local_aws.moto_mends.{module}").apply()


_platforms: list[Platform] = []
_serving: ContextVar[Platform | None] = ContextVar("serving", default=None)


def use(platform: Platform) -> None:
    """Mends that call services do so through this local AWS, unless their thread serves another."""
    _platforms.append(platform)


def serve(platform: Platform) -> None:
    """The calling thread carries out the requests of this local AWS: moto's state is shared by all of a process."""
    _serving.set(platform)


def leave(platform: Platform) -> None:
    """Mends call this local AWS no more: it stops."""
    _platforms.remove(platform)


def platform_in_use() -> Platform | None:
    """The local AWS that this thread serves, else the newest that runs; None where none does."""
    return _serving.get() or (_platforms[-1] if _platforms else None)
