"""AWS's managed policies, such as AdministratorAccess.

Fault mended: moto knows them but leaves them out unless an environment variable asks for them, so that attaching one
fails; the CDK's bootstrap attaches AdministratorAccess.
"""

from moto.iam import models


def apply() -> None:
    """Loads them with the first account (60 ms)."""
    models.load_iam_aws_managed_policies = _load


def _load() -> bool:
    return True
