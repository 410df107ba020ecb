"""A definition as the document of a SageMaker pipeline."""

from constructs_lib.rendering.pipelines.document import pipeline_document, render_pipeline, render_pipeline_text

__all__ = ["pipeline_document", "render_pipeline", "render_pipeline_text"]
