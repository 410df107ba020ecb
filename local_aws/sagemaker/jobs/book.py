"""The jobs of one kind: their names, where they are found, how their changes are told."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from attrs import define, field, frozen

from local_aws.gateway.context import RegionalState, RequestContext
from local_aws.gateway.errors import AwsError
from local_aws.platform import Platform
from local_aws.sagemaker.jobs.record import JobRecord
from local_aws.sagemaker.listing import Listed, page_of, with_token
from local_aws.sagemaker.resource_names import arn_of, event_detail, validation_error
from local_aws.sagemaker.tags import TagStore

J = TypeVar("J", bound=JobRecord)


@frozen(kw_only=True)
class JobKind:
    """Names of one kind of job.

    Attributes:
        name: as in the API, such as ``TrainingJob``.
        arn: as in ARNs, such as ``training-job``.
        detail_type: of its events.
        absence: code and message of AWS for a name that no job has.
    """

    name: str
    arn: str
    detail_type: str
    absence: tuple[str, str]

    @property
    def words(self) -> str:
        """As in messages: ``training job``."""
        return self.arn.replace("-", " ")

    def not_found(self, name: str) -> AwsError:
        """The answer to a name that no job has."""
        code, message = self.absence
        return AwsError(code, message.format(name=name))


@define(eq=False, kw_only=True)
class JobBook(Generic[J]):
    """Keeps the jobs of one kind.

    Args:
        kind: of the jobs.
        platform: the local AWS, which is told of every change.
        tags: where the jobs' tags are kept.
    """

    kind: JobKind
    platform: Platform
    tags: TagStore
    _jobs: RegionalState[dict[str, J]] = field(factory=lambda: RegionalState(dict))

    def refuse_taken(self, context: RequestContext, name: str) -> None:
        """Checks that a name is free.

        Raises:
            AwsError: ``ResourceInUse``: a job has it, or had it.
        """
        if name in self._jobs[context]:
            raise AwsError(
                "ResourceInUse",
                "Job name must be unique within an AWS account and region, and a job with this name already exists "
                f"({arn_of(context, self.kind.arn, name)})",
            )

    def add(self, context: RequestContext, request: dict[str, Any], make: Callable[..., J], **members: Any) -> J:
        """Makes the record of a job, and announces it.

        Args:
            context: in whose account and region.
            request: that asks for it; its tags are put aside.
            make: the record's class.
            members: further attributes of the record.

        Raises:
            AwsError: ``ResourceInUse``: the name is taken.
        """
        name = request[f"{self.kind.name}Name"]
        job = make(
            name=name,
            arn=arn_of(context, self.kind.arn, name),
            account=context.account,
            region=context.region,
            request={key: value for key, value in request.items() if key != "Tags"},
            on_change=self._announce,
            **members,
        )
        if self._jobs[context].setdefault(name, job) is not job:
            self.refuse_taken(context, name)
        self.tags.create(job.arn, request.get("Tags"))
        return job

    def find(self, context: RequestContext, request: dict[str, Any]) -> J:
        """The job that a request names.

        Raises:
            AwsError: there is none.
        """
        name = request[f"{self.kind.name}Name"]
        job = self._jobs[context].get(name)
        if job is None:
            raise self.kind.not_found(name)
        return job

    def all(self, context: RequestContext) -> list[J]:
        """Every job of an account and region."""
        return list(self._jobs[context].values())

    def summaries(
        self, context: RequestContext, request: dict[str, Any], members: tuple[str, ...], *, descending: bool = True
    ) -> dict[str, Any]:
        """The answer of the kind's List operation.

        Args:
            context: in whose account and region.
            request: filters, order and page.
            members: of the description that a summary has.
            descending: the operation's default order.
        """
        page, token = page_of(self.all(context), request, _look, descending=descending)
        return with_token({f"{self.kind.name}Summaries": [job.summary(members) for job in page]}, token)

    def stop(self, context: RequestContext, request: dict[str, Any]) -> None:
        """Asks the job that a request names to stop.

        Raises:
            AwsError: there is none, or it has ended.
        """
        job = self.find(context, request)
        if not job.request_stop():
            raise validation_error(f"The request was rejected because the {self.kind.words} is in status {job.status}.")

    def _announce(self, job: JobRecord) -> None:
        self.platform.emit(
            account=job.account,
            region=job.region,
            source="aws.sagemaker",
            detail_type=self.kind.detail_type,
            detail=event_detail(job.describe(), self.tags.of(job.arn)),
            resources=[job.arn],
        )


def _look(job: JobRecord) -> Listed:
    return Listed(name=job.name, created=job.created, modified=job.modified, status=job.status)
