"""The repository of container images."""

from collections.abc import Sequence
from typing import Protocol

from attrs import frozen
from aws_cdk import Duration, RemovalPolicy, Token
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from constructs_lib.environments.storage import EncryptionKey
from constructs_lib.permissions import PULL_ACTIONS

PUSH_ACTIONS = (
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:CompleteLayerUpload",
    "ecr:InitiateLayerUpload",
    "ecr:PutImage",
    "ecr:UploadLayerPart",
)
"""What writing an image takes, besides the account's token: layers and manifests that are there are not sent again."""


class ImageRepositoryGrants:
    """Permissions on a repository's images."""

    def __init__(self, repository: ecr.IRepository) -> None:
        self._repository = repository

    def pull(self, grantee: iam.IGrantable) -> iam.Grant:
        """Lets `grantee` pull images."""
        return self._grant(grantee, PULL_ACTIONS)

    def push(self, grantee: iam.IGrantable) -> iam.Grant:
        """Lets `grantee` push images."""
        return self._grant(grantee, PUSH_ACTIONS)

    def _grant(self, grantee: iam.IGrantable, actions: Sequence[str]) -> iam.Grant:
        return iam.Grant.add_to_principal(
            grantee=grantee, actions=[*actions], resource_arns=[self._repository.repository_arn]
        ).combine(
            # a token is of the account, not of a repository
            iam.Grant.add_to_principal(grantee=grantee, actions=["ecr:GetAuthorizationToken"], resource_arns=["*"])
        )


class IImageRepository(Protocol):
    """A repository: made by `ImageRepository`, or brought along by one of its ``from_`` functions."""

    @property
    def repository(self) -> ecr.IRepository:
        """The repository itself."""

    @property
    def grants(self) -> ImageRepositoryGrants:
        """Permissions on its images."""


@frozen
class _ImportedRepository:
    repository: ecr.IRepository

    @property
    def grants(self) -> ImageRepositoryGrants:
        return ImageRepositoryGrants(self.repository)


class ImageRepository(Construct):
    """A private repository: a tag, once pushed, never moves; images are scanned as they are pushed.

    Created are the repository and, unless one is given, a customer-managed key. Images older than the newest
    `image_count` expire; so do untagged ones after a day.

    Examples:
        >>> from aws_cdk import App, Stack
        >>> repository = ImageRepository(Stack(App(), "Containers"), "Images", image_count=5)
        >>> repository.repository.repository_uri.startswith("${Token")
        True
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        encryption_key: kms.IKey | None = None,
        image_count: int = 30,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        """Defines the repository.

        Args:
            scope: where it is defined.
            construct_id: its name there.
            encryption_key: a key of your own. Default: a new `EncryptionKey`.
            image_count: images kept, newest first; 1 to 1000. Default: 30.
            removal_policy: what happens to the repository when it leaves the stack. Default: it stays. With
                ``DESTROY`` it is deleted with its images.

        Raises:
            ValueError: `image_count` is out of range.
        """
        super().__init__(scope, construct_id)
        if not 1 <= image_count <= 1000:
            # ECR's lifecycle policy is a text that the CDK writes without looking for tokens
            got = "a token" if Token.is_unresolved(image_count) else image_count
            raise ValueError(f"{self.node.path}: image_count: got {got}, expected 1 to 1000")
        key = (
            EncryptionKey(self, "Key", removal_policy=removal_policy).key if encryption_key is None else encryption_key
        )
        self._repository = ecr.Repository(
            self,
            "Resource",
            image_tag_mutability=ecr.TagMutability.IMMUTABLE,
            image_scan_on_push=True,
            encryption=ecr.RepositoryEncryption.KMS,
            encryption_key=key,
            empty_on_delete=removal_policy == RemovalPolicy.DESTROY,
            removal_policy=removal_policy,
            lifecycle_rules=[
                ecr.LifecycleRule(
                    rule_priority=1,
                    description="untagged images expire after a day",
                    tag_status=ecr.TagStatus.UNTAGGED,
                    max_image_age=Duration.days(1),
                ),
                ecr.LifecycleRule(
                    rule_priority=2, description="only the newest images are kept", max_image_count=image_count
                ),
            ],
        )
        self._grants = ImageRepositoryGrants(self._repository)

    @staticmethod
    def from_repository(repository: ecr.IRepository) -> IImageRepository:
        """Takes a repository that is defined elsewhere."""
        return _ImportedRepository(repository)

    @staticmethod
    def from_repository_name(scope: Construct, construct_id: str, repository_name: str) -> IImageRepository:
        """Takes a repository of this account and region by its name."""
        return _ImportedRepository(ecr.Repository.from_repository_name(scope, construct_id, repository_name))

    @property
    def repository(self) -> ecr.IRepository:
        """The repository itself."""
        return self._repository

    @property
    def grants(self) -> ImageRepositoryGrants:
        """Permissions on its images."""
        return self._grants
