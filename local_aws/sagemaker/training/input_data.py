"""A job's input channels: checked when the job is created, downloaded when it runs."""

from pathlib import Path
from typing import Any

from attrs import frozen
from botocore.exceptions import ClientError

from local_aws.sagemaker.downloads import Downloads
from local_aws.sagemaker.jobs.role_keys import RoleKeys
from local_aws.sagemaker.jobs.s3_inputs import S3Input, Share
from local_aws.sagemaker.resource_names import validation_error
from local_aws.sagemaker.s3_locations import S3Location


@frozen(kw_only=True)
class InputChannels:
    """The channels of one job.

    Args:
        s3: a client with the execution role's credentials.
        region: of the job.
        role_arn: the execution role, for messages.
        channels: InputDataConfig of the request.
        input_mode: the job's TrainingInputMode.
    """

    s3: Any
    region: str
    role_arn: str
    channels: tuple[dict[str, Any], ...]
    input_mode: str

    def require_objects(self) -> None:
        """Checks that each channel's address leads to an object, as AWS does before it accepts a job.

        Raises:
            AwsError: ``ValidationException`` naming the address that does not.
        """
        for channel in self.channels:
            uri = channel["DataSource"]["S3DataSource"]["S3Uri"]
            location = S3Location.parse(uri)
            reason = ""
            try:
                found = self.s3.list_objects_v2(Bucket=location.bucket, Prefix=location.key, MaxKeys=1)
                if found.get("KeyCount", 0) > 0:
                    continue
            except ClientError as error:
                reason = f" Error message from S3: {error.response['Error'].get('Message', error)}"
            raise validation_error(
                f'No S3 objects found under S3 URL "{uri}" given in input data source. Please ensure that the bucket '
                f"exists in the selected region ({self.region}), that objects exist under that S3 prefix, and that "
                f'the role "{self.role_arn}" has "s3:ListBucket" permissions on bucket "{location.bucket}".{reason}'
            )

    def describe(self) -> dict[str, dict[str, str]]:
        """The contents of inputdataconfig.json."""
        described = {}
        for channel in self.channels:
            source = channel["DataSource"]["S3DataSource"]
            entry = {
                "TrainingInputMode": channel.get("InputMode", self.input_mode),
                "S3DistributionType": source.get("S3DataDistributionType", "FullyReplicated"),
                "RecordWrapperType": channel.get("RecordWrapperType", "None"),
            }
            if "ContentType" in channel:
                entry["ContentType"] = channel["ContentType"]
            described[channel["ChannelName"]] = entry
        return described

    def download(self, folder: Path, share: Share) -> None:
        """Puts each channel's objects, or one host's share of them, below ``folder/<channel>``.

        Raises:
            DownloadError: an object cannot be read, or its key cannot be a file's name.
        """
        downloads = Downloads(self.s3)
        wanted = []
        for channel in self.channels:
            target = folder / channel["ChannelName"]
            target.mkdir(parents=True)
            wanted += S3Input.of(channel["DataSource"]["S3DataSource"]).wanted(downloads, share, target)
        downloads.files(wanted)


def input_channels(request: dict[str, Any], keys: RoleKeys) -> InputChannels:
    """The input channels of a CreateTrainingJob request, read with its role's credentials."""
    return InputChannels(
        s3=keys.client("s3"),
        region=keys.region,
        role_arn=keys.role_arn,
        channels=tuple(request.get("InputDataConfig", ())),
        input_mode=request["AlgorithmSpecification"]["TrainingInputMode"],
    )
