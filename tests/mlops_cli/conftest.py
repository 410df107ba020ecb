"""What the tests of the command line share."""

from tests.local_aws.stepfunctions.conftest import bench, shared_bench

__all__ = ["bench", "shared_bench"]
