"""What a platform may set of pipelines otherwise than AWS does."""

from collections.abc import Mapping

from attrs import field, frozen

_DAY_SECONDS = 24 * 3600


@frozen(kw_only=True)
class PipelineSettings:
    """Limits and stand-ins.

    Attributes:
        callback_seconds: how long a Callback step waits for its token. Default: seven days.
        function_seconds: how long a Lambda step waits for its function. Default: AWS's ten minutes.
        stand_ins: commands for types of steps that are not carried out here. Default: none.
        stand_in_seconds: how long such a command may take. Default: a day.
        parallel_steps: steps of an execution that run at the same time, where nobody says it. Default: AWS's 50.
    """

    callback_seconds: float = 7 * _DAY_SECONDS
    function_seconds: float = 600
    stand_ins: Mapping[str, str] = field(factory=dict)
    stand_in_seconds: float = _DAY_SECONDS
    parallel_steps: int = 50
