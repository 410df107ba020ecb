"""What a platform may set otherwise than AWS does for endpoints, as tests do."""

from attrs import frozen


@frozen(kw_only=True)
class EndpointSettings:
    """Times and counts of an endpoint's life.

    Attributes:
        startup_seconds: a container's time to its first healthy /ping, where the variant sets none
            (ContainerStartupHealthCheckTimeoutInSeconds). Default: 240.
        startup_attempts: how often a container may end before its first healthy /ping. Default: 3.
        ping_seconds: between two checks of a container in service. Default: 5.
        ping_timeout_seconds: a container's time to answer /ping. Default: AWS's 2.
        ping_failures: checks in a row that may fail before the container is replaced. Default: 3.
        invocation_seconds: a container's time to answer an invocation. Default: AWS's 60.
        capture_seconds: the longest that captured data waits before it is written. Default: 1.
        stop_grace_seconds: between SIGTERM and SIGKILL. Default: 5.
    """

    startup_seconds: float = 240.0
    startup_attempts: int = 3
    ping_seconds: float = 5.0
    ping_timeout_seconds: float = 2.0
    ping_failures: int = 3
    invocation_seconds: float = 60.0
    capture_seconds: float = 1.0
    stop_grace_seconds: float = 5.0
