"""Programs that use the SageMaker SDK 2.257.7, in an environment of its own, on the local AWS."""

from collections.abc import Iterator

import pytest
from attrs import frozen

from tests.oracles.remake import EnvironmentNotMadeError, environment
from tests.strangers.account import APPS, ROOT, Account
from tests.strangers.images import built, service_role

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

POLICIES = (
    "AmazonSageMakerFullAccess",
    "AmazonSageMakerPipelinesIntegrations",
    "AmazonS3FullAccess",
    "AmazonEC2ContainerRegistryFullAccess",
    "CloudWatchLogsFullAccess",
)


@frozen
class Sdk:
    """What a user of the SDK has.

    Attributes:
        account: the local AWS.
        python: that has the SDK.
        role: for everything.
        image: trains and serves.
    """

    account: Account
    python: str
    role: str
    image: str

    def run(self, program: str) -> str:
        """Runs a program of the folder `sdk`, which fails where it finds anything amiss."""
        return self.account.run(
            self.python, "-W", "ignore", "-m", f"tests.strangers.sdk.{program}", self.role, self.image,
            folder=ROOT, seconds=400,
        )  # fmt: skip


@pytest.fixture(scope="module")
def python() -> Iterator[str]:
    """A Python that has the SDK."""
    try:
        with environment("sagemaker_sdk") as made:
            yield made
    except EnvironmentNotMadeError as error:
        pytest.skip(f"the SageMaker SDK cannot be had here: {error}")


@pytest.fixture(scope="module")
def sdk(python: str, account: Account) -> Sdk:
    role = service_role(account, "sdk", *POLICIES)
    return Sdk(account, python, role, built(account, "sdk", APPS / "training" / "container", role))


@pytest.mark.parametrize("program", ["pipelines", "features", "models", "serving", "tracking"])
def test_a_program_of_the_sdk(sdk: Sdk, program: str) -> None:
    sdk.run(program)
