"""A pipeline's document that is too large for a template, and of which some values are known only at deployment."""

import re
from pathlib import Path
from tempfile import TemporaryDirectory

from aws_cdk import CustomResource, Duration, IgnoreMode, RemovalPolicy
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from constructs_lib.definitions.tokens import TEXT_TOKEN
from constructs_lib.environments.roles import service_role
from constructs_lib.environments.storage import IStorage
from constructs_lib.images.source import lambda_source_options
from constructs_lib.permissions import Statement

PREFIX = "pipelines/documents/"
"""Of the keys of documents."""

_QUOTE = re.compile(r'(?<!\\)(?:\\\\)*"')
_BY_CONTENT = "each content of the document has a key of its own"


class LateDocument(Construct):
    """A document in S3 that is filled in at deployment, under a key that is the hash of what it has become.

    Created are an asset with the text, a function that fills it in, its role and its log group, and the custom resource
    that calls it. They cost next to nothing. Documents stay in the storage: running executions and rollbacks need those
    of before.
    """

    def __init__(self, scope: Construct, construct_id: str, *, text: str, storage: IStorage) -> None:
        """Defines it.

        Args:
            scope: where it is defined.
            construct_id: its name there.
            text: JSON with tokens: in its texts, or where a value stands.
            storage: keeps the documents. Whoever deploys must be able to read of it, as SageMaker reads a document
                with the rights of its caller.
        """
        super().__init__(scope, construct_id)
        marked, values = _marked(text)
        with TemporaryDirectory() as folder:
            path = Path(folder) / "pipeline.txt"
            path.write_text(marked)
            source = assets.Asset(self, "Source", path=str(path))
        function = self._define_function(source, storage)
        made = CustomResource(
            self,
            "Resource",
            service_token=function.function_arn,
            resource_type="Custom::PipelineDocument",
            service_timeout=Duration.minutes(2),
            properties={
                "SourceBucket": source.s3_bucket_name,
                "SourceKey": source.s3_object_key,
                "Bucket": storage.bucket.bucket_name,
                "Prefix": PREFIX,
                "Values": values,
            },
        )
        self.location = {"Bucket": made.get_att_string("Bucket"), "Key": made.get_att_string("Key")}
        """Where it is, as ``PipelineDefinitionS3Location``."""

    def _define_function(self, source: assets.Asset, storage: IStorage) -> lambda_.Function:
        path, exclude = lambda_source_options("pipeline_document")
        key = storage.encryption_key
        log_group = logs.LogGroup(
            self,
            "Logs",
            encryption_key=key,
            retention=logs.RetentionDays.ONE_MONTH,
            removal_policy=RemovalPolicy.DESTROY,
        )
        written = storage.bucket.arn_for_objects(f"{PREFIX}*")
        description = "fills in the document of a pipeline at deployment"
        role = service_role(
            self,
            "Role",
            service="lambda.amazonaws.com",
            description=description,
            statements=[
                Statement(actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[log_group.log_group_arn]),
                Statement(actions=["s3:GetObject"], resources=[source.bucket.arn_for_objects(source.s3_object_key)]),
                Statement(actions=["s3:PutObject"], resources=[written], reason=_BY_CONTENT),
                *([] if key is None else [Statement(actions=["kms:GenerateDataKey"], resources=[key.key_arn])]),
            ],
        )
        return lambda_.Function(
            self,
            "Function",
            description=description,
            runtime=lambda_.Runtime.PYTHON_3_14,
            handler="pipeline_document.handler.on_event",
            code=lambda_.Code.from_asset(path, exclude=exclude, ignore_mode=IgnoreMode.GIT),
            role=role,
            log_group=log_group,
            memory_size=256,
            timeout=Duration.minutes(1),
        )


def _marked(text: str) -> tuple[str, list[str]]:
    """A text with a mark where each token was, and the tokens, each once.

    The marks say whether a value stands inside of a JSON text; numbers in the order of the document keep the asset's
    hash the same from one synthesis to the next.
    """
    values: dict[str, int] = {}
    parts: list[str] = []
    end, inside = 0, False
    for token in TEXT_TOKEN.finditer(text):
        before = text[end : token.start()]
        inside ^= len(_QUOTE.findall(before)) % 2 == 1
        number = values.setdefault(token[0], len(values))
        parts += [before, f"\x01{'t' if inside else 'j'}{number}\x01"]
        end = token.end()
    return "".join([*parts, text[end:]]), list(values)
