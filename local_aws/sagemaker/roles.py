"""Execution roles: credentials of a job or a model, as SageMaker itself gets them."""

from botocore.exceptions import ClientError

from local_aws.platform import Credentials, Platform
from local_aws.sagemaker.resource_names import SERVICE_PRINCIPAL, validation_error


def assume_execution_role(platform: Platform, role_arn: str) -> Credentials:
    """Credentials of an execution role.

    Raises:
        AwsError: ``ValidationException`` where the role does not exist or does not trust SageMaker.
    """
    try:
        return platform.assume(role_arn, session="SageMaker", service_principal=SERVICE_PRINCIPAL)
    except ClientError as error:
        raise validation_error(
            f"Could not assume role {role_arn}. Please ensure that the role exists and allows principal "
            f"'{SERVICE_PRINCIPAL}' to assume the role."
        ) from error
