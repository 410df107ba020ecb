"""What the tests of the command line share."""

from tests.local_aws.sagemaker.conftest import account, role
from tests.local_aws.stepfunctions.conftest import bench, shared_bench

__all__ = ["account", "bench", "role", "shared_bench"]
