"""What SageMaker Pipelines takes of the caches and retries of steps, typed or written by somebody else.

Limits: `JSON schema for the retry policy
<https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-retry-policy.html>`_ of the developer guide.
"""

from typing import Final

MOST_ATTEMPTS: Final = 20
"""Of a retry policy."""

MOST_MINUTES: Final = 14400
"""After which a retry policy ends."""

LONGEST_INTERVAL: Final = 43200
"""Seconds before a first retry."""

INTERNAL_ERROR: Final = "SageMaker.JOB_INTERNAL_ERROR"
"""What some jobs retry themselves."""

SELF_RETRYING: Final = ("Tuning", "AutoML")
"""Types of steps whose jobs retry internal errors themselves."""

REFUSED: Final = {
    "Endpoint": ("DeploymentConfig", "deployment guardrails"),
    "EndpointConfig": ("DataCaptureConfig", "data capture"),
}
"""Members of requests that the service does not take in a step, by its type, and what they ask for."""
