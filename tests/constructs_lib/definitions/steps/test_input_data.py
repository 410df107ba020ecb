"""Data of training and processing jobs, as requests name them."""

from constructs_lib.definitions import Channel, ProcessingInput
from tests.constructs_lib.samples import problems, processing, training


def test_a_channel_of_an_augmented_manifest_that_is_streamed() -> None:
    channel = Channel(
        name="train",
        uri="s3://data/train.manifest",
        data_type="AugmentedManifestFile",
        attribute_names=["source-ref", "label"],
        input_mode="Pipe",
        compression="Gzip",
        record_wrapper="RecordIO",
        shuffle_seed=7,
    )
    step = training(channels=[channel])
    assert problems(step) == []
    assert step.request["InputDataConfig"] == [
        {
            "ChannelName": "train",
            "DataSource": {
                "S3DataSource": {
                    "S3DataType": "AugmentedManifestFile",
                    "S3Uri": "s3://data/train.manifest",
                    "S3DataDistributionType": "FullyReplicated",
                    "AttributeNames": ["source-ref", "label"],
                }
            },
            "CompressionType": "Gzip",
            "RecordWrapperType": "RecordIO",
            "InputMode": "Pipe",
            "ShuffleConfig": {"Seed": 7},
        }
    ]


def test_the_input_of_a_processing_job_is_a_list_of_objects() -> None:
    given = ProcessingInput(name="raw", uri="s3://data/m", path="/opt/ml/processing/raw", data_type="ManifestFile")
    (found,) = processing(inputs=[given]).request["ProcessingInputs"]
    assert found["S3Input"]["S3DataType"] == "ManifestFile"
