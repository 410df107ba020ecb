"""A pipeline's document: where it is kept (decision 0017), and what of it only the service can tell."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from constructs_lib.definitions.imported_pipeline import placed_steps
from constructs_lib.definitions.tokens import TEXT_TOKEN
from constructs_lib.environments.storage import IStorage
from constructs_lib.pipelines.late_document import LateDocument

LARGEST_INLINE = 512 * 1024
"""Characters of a document in a template: it may have a megabyte in all, and counts a document's quotes twice."""

LARGEST = 1024 * 1024
"""Characters of a document that SageMaker Pipelines takes."""


def document_property(
    scope: Construct, construct_id: str, text: str, *, storage: IStorage | None = None
) -> dict[str, object]:
    """A document as the property ``PipelineDefinition`` of a pipeline.

    Args:
        scope: where an asset is defined, if one is needed.
        construct_id: its name there.
        text: JSON, in which tokens may stand.
        storage: keeps a document that is too large for a template and has tokens. Default: such a one is refused.

    Raises:
        ValueError: the document is larger than SageMaker takes, or needs a storage.
    """
    where = f"{scope.node.path}: definition"
    if len(text) > LARGEST:
        raise ValueError(f"{where}: got {len(text)} characters, expected at most {LARGEST}")
    if len(text) <= LARGEST_INLINE:
        return {"PipelineDefinitionBody": text}
    if tokens := set(TEXT_TOKEN.findall(text)):
        if storage is None:
            raise ValueError(
                f"{where}: got {len(text)} characters with {len(tokens)} values that are known only when it is "
                f"deployed, expected at most {LARGEST_INLINE}, or a document_storage that keeps what it becomes"
            )
        return {"PipelineDefinitionS3Location": LateDocument(scope, construct_id, text=text, storage=storage).location}
    with TemporaryDirectory() as folder:
        path = Path(folder) / "pipeline.json"
        path.write_text(text)
        asset = assets.Asset(scope, construct_id, path=str(path))
    return {"PipelineDefinitionS3Location": {"Bucket": asset.s3_bucket_name, "Key": asset.s3_object_key}}


def nested_conditions(document: Mapping[str, Any]) -> Iterator[str]:
    """What to say of Conditions inside of others, which the SageMaker SDK writes and AWS's guide does not have."""
    for step, ways in placed_steps(document["Steps"]):
        if step.get("Type") == "Condition" and ways:
            outer, _ = ways[-1]
            yield (
                f"{step['Name']}: a Condition inside of {outer!r}: SageMaker's developer guide says that Pipelines "
                "does not support it, while the SageMaker SDK writes it; the deployment tells"
            )
