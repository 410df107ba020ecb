"""What a transform job reads and writes."""

from typing import Literal

from attrs import frozen

from constructs_lib.definitions.values import Text


@frozen(kw_only=True)
class TransformInput:
    """What is predicted.

    Args:
        uri: prefix in S3: all objects whose address begins with it.
        content_type: what the objects are, such as ``text/csv``. Default: not said.
        split: how an object is cut into records. Default: an object is one record.
        compression: of the objects. Default: none.
        kms_key: ARN of the key that encrypts them, which the model's role then may use. Default: none.
    """

    uri: Text
    content_type: Text | None = None
    split: Literal["None", "Line", "RecordIO", "TFRecord"] = "None"
    compression: Literal["None", "Gzip"] = "None"
    kms_key: Text | None = None


@frozen(kw_only=True)
class TransformOutput:
    """Where predictions are written: an object ``<input's name>.out`` for each input object.

    Args:
        uri: prefix in S3.
        accept: type that is asked of the model. Default: not said.
        assemble: how predictions of one object are put together: one after the other, or each in a line of its own.
            Default: one after the other.
        kms_key: ARN of the key that encrypts them. Default: S3's own key for the account.
    """

    uri: Text
    accept: Text | None = None
    assemble: Literal["None", "Line"] = "None"
    kms_key: Text | None = None


@frozen(kw_only=True)
class DataProcessing:
    """What of a record goes to the model, and what of it and the prediction to the result.

    Args:
        input_filter: JSONPath of what the model gets. Default: all of the record.
        output_filter: JSONPath of what is written. Default: all there is.
        join_input: puts the record beside its prediction. Default: the prediction alone.
    """

    input_filter: Text | None = None
    output_filter: Text | None = None
    join_input: bool = False
