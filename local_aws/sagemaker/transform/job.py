"""A transform job's record."""

from typing import Any

from attrs import define

from local_aws.sagemaker.jobs.record import JobRecord


@define(eq=False, kw_only=True)
class TransformJob(JobRecord):
    """One transform job."""

    def describe(self) -> dict[str, Any]:
        """What DescribeTransformJob answers."""
        with self._lock:
            return {
                **self.request,
                "TransformJobArn": self.arn,
                "TransformJobStatus": self.status,
                "CreationTime": self.created,
                "LastModifiedTime": self.modified,
                **self._outcome("TransformStartTime", "TransformEndTime"),
            }
