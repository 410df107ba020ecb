"""A processing job's record."""

from typing import Any

from attrs import define

from local_aws.sagemaker.jobs.record import JobRecord

_MESSAGE_CHARACTERS = 1024


@define(eq=False, kw_only=True)
class ProcessingJob(JobRecord):
    """One processing job.

    Attributes:
        exit_message: what its containers left in /opt/ml/output/message.
    """

    exit_message: str = ""

    def leave_message(self, text: str) -> None:
        """The containers left a message, of which AWS keeps the first 1,024 characters."""
        with self._lock:
            self.exit_message = text[:_MESSAGE_CHARACTERS]

    def describe(self) -> dict[str, Any]:
        """What DescribeProcessingJob answers."""
        with self._lock:
            answer = self.request | {
                "ProcessingJobArn": self.arn,
                "ProcessingJobStatus": self.status,
                "CreationTime": self.created,
                "LastModifiedTime": self.modified,
            }
            answer |= self._outcome("ProcessingStartTime", "ProcessingEndTime")
            if self.exit_message:
                answer["ExitMessage"] = self.exit_message
            return answer
