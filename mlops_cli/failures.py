"""Why an execution failed, for a person."""

import json
import re
from collections.abc import Iterator
from typing import Any

from attrs import frozen

from mlops_cli.history import Progress, Step

ENDPOINT_FAILED = "EndpointFailed"
"""The error of an endpoint step whose endpoint did not come into service."""
_JOBS = {
    "TrainingJob": "training job",
    "ProcessingJob": "processing job",
    "TransformJob": "transform job",
    "HyperParameterTuningJob": "tuning job",
}


@frozen(kw_only=True)
class Failure:
    """Why an execution failed.

    Attributes:
        step: the state that failed, or None when no state did.
        error: the error's name.
        cause: for a person: the job's FailureReason where the cause is a job's description.
        job: the training, processing, transform or tuning job that failed, or None.
        build: the id of the build that failed, or None.
        endpoint: the endpoint that did not come into service, or None.
    """

    step: str | None
    error: str
    cause: str
    job: str | None = None
    build: str | None = None
    endpoint: str | None = None

    @property
    def log(self) -> str | None:
        """What ``mlops logs`` takes to show the log of what failed; None where there is none."""
        return self.job or self.build or self.endpoint


def failure(progress: Progress) -> Failure:
    """Finds the step that failed, and what it said; a caught task says more than the Fail state that follows."""
    step = _failed_step(progress)
    visit = step.telling if step else None
    error = (visit.error if visit else progress.error) or progress.status
    cause = (visit.cause if visit else progress.cause) or ""
    name = step.name if step else None
    reason, job = told_by(cause)
    if job is not None:
        return Failure(step=name, error=error, cause=reason, job=job)
    build = re.search(r"[A-Za-z0-9][\w-]+:[0-9a-f]{8}-[0-9a-f-]{27}", cause)
    if build is not None:
        return Failure(step=name, error=error, cause=reason, build=build[0])
    # a request that was refused made no endpoint, so nothing of that name has a log of this failure
    endpoint = visit.endpoint if visit is not None and error == ENDPOINT_FAILED else None
    return Failure(step=name, error=error, cause=reason, endpoint=endpoint)


def told_by(cause: str) -> tuple[str, str | None]:
    """What a person reads first of a cause, and the name of the job that it describes, if it describes one."""
    try:
        document = json.loads(cause)
    except ValueError:
        return cause, None
    if not isinstance(document, dict):
        return cause, None
    for kind, words in _JOBS.items():
        if f"{kind}Name" in document:
            return _reason(document, kind, words), document[f"{kind}Name"]
    if "errorMessage" in document:
        return f"{document.get('errorType', 'error')}: {document['errorMessage']}", None
    return cause, None


def _failed_step(progress: Progress) -> Step | None:
    """The step at the root of it: the last task that failed, or the caught one that led to the Fail state."""
    failed = [step for step in progress.steps.values() if step.telling.error is not None and step.status != "CAUGHT"]
    tasks = [step for step in failed if step.attempts]
    outermost = next((step for step in reversed(failed) if not step.scope), None)
    if outermost is None or outermost in tasks:
        return outermost
    # a group failed with what is inside of it; a state without a task may follow on what was caught
    caught = next(_caught_before(progress, outermost), outermost)
    inside = [step for step in tasks if any(around == caught.name for around, _ in step.scope)]
    return inside[-1] if inside else caught


def _caught_before(progress: Progress, step: Step) -> Iterator[Step]:
    """The steps with a caught failure on the way to a step, the nearest first."""
    names, seen = [step.name], {step.name}
    for name in names:
        for source, target in progress.taken:
            if target == name and source not in seen:
                seen.add(source)
                names.append(source)
        if progress.steps[name].status == "CAUGHT":
            yield progress.steps[name]


def _reason(job: dict[str, Any], kind: str, words: str) -> str:
    """What a job's description says of its failure."""
    told = [str(job[member]) for member in ("FailureReason", "ExitMessage") if job.get(member)]
    if told:
        return ": ".join(dict.fromkeys(told))
    status, secondary = job.get(f"{kind}Status", ""), job.get("SecondaryStatus", "")
    limit = job.get("StoppingCondition", {}).get("MaxRuntimeInSeconds")
    if secondary == "MaxRuntimeExceeded":
        return f"the {words} was stopped: {secondary}, its limit is {limit} s"
    return f"the {words} is {status}" + (f" ({secondary})" if secondary not in ("", status) else "")
