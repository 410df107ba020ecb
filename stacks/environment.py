"""One environment: a copy of every stack, which shares nothing with another environment's."""

from aws_cdk import Environment as Target
from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_logs as logs
from constructs import Construct

from constructs_lib.environments.settings import EnvironmentSettings

_PLAIN_NAMES = "dev"
_RETENTION = {
    1: logs.RetentionDays.ONE_DAY,
    3: logs.RetentionDays.THREE_DAYS,
    5: logs.RetentionDays.FIVE_DAYS,
    7: logs.RetentionDays.ONE_WEEK,
    14: logs.RetentionDays.TWO_WEEKS,
    30: logs.RetentionDays.ONE_MONTH,
    60: logs.RetentionDays.TWO_MONTHS,
    90: logs.RetentionDays.THREE_MONTHS,
    120: logs.RetentionDays.FOUR_MONTHS,
    150: logs.RetentionDays.FIVE_MONTHS,
    180: logs.RetentionDays.SIX_MONTHS,
    365: logs.RetentionDays.ONE_YEAR,
    400: logs.RetentionDays.THIRTEEN_MONTHS,
    545: logs.RetentionDays.EIGHTEEN_MONTHS,
    731: logs.RetentionDays.TWO_YEARS,
    1096: logs.RetentionDays.THREE_YEARS,
    1827: logs.RetentionDays.FIVE_YEARS,
    2192: logs.RetentionDays.SIX_YEARS,
    2557: logs.RetentionDays.SEVEN_YEARS,
    2922: logs.RetentionDays.EIGHT_YEARS,
    3288: logs.RetentionDays.NINE_YEARS,
    3653: logs.RetentionDays.TEN_YEARS,
}


class EnvironmentStack(Stack):
    """A stack of an environment: its name, target, protection and what is kept follow the settings."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: EnvironmentSettings, description: str) -> None:
        """Defines the empty stack.

        Args:
            scope: the environment.
            construct_id: what the stack is called in it, such as ``training``.
            settings: of the environment.
            description: what it holds, as CloudFormation's pages show it.
        """
        super().__init__(
            scope,
            construct_id,
            stack_name=settings.stack_name(construct_id),
            env=Target(account=settings.account, region=settings.region),
            description=description,
            termination_protection=settings.termination_protection,
        )
        self.removal_policy = RemovalPolicy.DESTROY if settings.removal_policy == "destroy" else RemovalPolicy.RETAIN
        """What happens to data, images, keys and logs when they leave the stack."""
        self.log_retention = _RETENTION[settings.retention.log_days]
        """How long logs are kept."""
        self._environment = settings.name

    def own_name(self, name: str) -> str:
        """The name of something that CloudFormation cannot name, so that environments can share an account.

        It is the plain one in `dev`, and has the environment's name at its end elsewhere.
        """
        return name if self._environment == _PLAIN_NAMES else f"{name}-{self._environment}"
