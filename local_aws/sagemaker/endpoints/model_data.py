"""Model data from S3 into the folder that a container sees as /opt/ml/model."""

import os
import shutil
from pathlib import Path

from local_aws.platform import Credentials, Platform
from local_aws.sagemaker.archives import unpack
from local_aws.sagemaker.container_definitions import ServingContainer, data_address
from local_aws.sagemaker.downloads import DownloadError, Downloads
from local_aws.sagemaker.s3_locations import S3Location


class ModelDataError(Exception):
    """Model data cannot be had or unpacked; the message is for the endpoint's FailureReason."""


def fetch_model_data(
    platform: Platform, region: str, container: ServingContainer, credentials: Credentials, folder: Path
) -> None:
    """Fills a folder with a container's model data; leaves it empty for one without any.

    Args:
        platform: the local AWS.
        region: of the endpoint.
        container: whose data.
        credentials: of the model's role.
        folder: is made; the archive lies beside it while it is unpacked.

    Raises:
        ModelDataError: the data is not there, the role may not read it, or the archive is broken.
    """
    folder.mkdir(parents=True)
    address = data_address(container.definition)
    if address is None:
        return
    location = S3Location.parse(address)
    downloads = Downloads(platform.client("s3", region=region, credentials=credentials))
    name = f"container_{container.position}"
    source = container.definition.get("ModelDataSource", {}).get("S3DataSource")
    try:
        if source is not None and source["S3DataType"] == "S3Prefix":
            downloads.prefix(location, folder)
            return
        if source is not None and source["CompressionType"] == "None":
            downloads.file(location, folder / location.key.rpartition("/")[2])
            return
        archive = folder.with_name(f"{folder.name}.tar.gz")
        downloads.file(location, archive)
    except DownloadError as error:
        raise ModelDataError(
            f'Failed to download model data for container "{name}" from URL: "{address}". Please ensure that '
            "there is an object located at the URL and that the role passed to CreateModel has permissions to "
            f"download the object. ({error})"
        ) from error
    try:
        unpack(archive, folder)
    except ValueError as error:
        raise ModelDataError(
            f'Failed to extract model data archive for container "{name}" from URL "{address}". Please ensure '
            f"that the object located at the URL is a valid tar.gz archive. ({error})"
        ) from error
    archive.unlink()


def place_model(folder: Path, volume: Path) -> None:
    """Makes a container's /opt/ml with its model in it; the files are shared, as a container only reads them.

    Args:
        folder: of the model's data.
        volume: of the container; is made.
    """
    volume.mkdir(parents=True)
    shutil.copytree(folder, volume / "model", copy_function=os.link)
