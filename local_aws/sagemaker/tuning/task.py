"""A tuning job: training jobs side by side, each with what the search suggests, until enough is known."""

import itertools
import queue
from collections.abc import Iterator
from threading import Timer
from typing import Any

from attrs import define, field, frozen

from local_aws.gateway.context import RequestContext
from local_aws.gateway.errors import AwsError
from local_aws.sagemaker.jobs.work import Ending, JobFailedError, JobGround
from local_aws.sagemaker.training.job import Follower, TrainingJob
from local_aws.sagemaker.training.operations import TrainingOperations
from local_aws.sagemaker.tuning.definitions import Definition
from local_aws.sagemaker.tuning.job import Tried, TuningJob, best_of
from local_aws.sagemaker.tuning.search import Attempt, Search

_FUTILE = 5
"""After so many training jobs of which none was of use, AWS gives up."""

_NO_LIMIT_SECONDS = 30 * 86_400
"""The longest that a tuning job takes on AWS."""


@frozen
class _Running:
    tried: Tried
    attempt: Attempt


@define(eq=False, kw_only=True)
class TuningTask:
    """The work of one tuning job.

    Args:
        ground: what jobs run on.
        trainings: starts training jobs.
        context: of the request, with whose rights training jobs are started.
        job: whose work it is.
        tags: of the tuning job; its training jobs get them too.
    """

    ground: JobGround
    trainings: TrainingOperations
    context: RequestContext
    job: TuningJob
    tags: list[dict[str, str]]
    _searches: Iterator[tuple[Definition, Search]] = field(init=False)
    _left: int = field(init=False)
    _number: int = 0
    _running: dict[str, _Running] = field(factory=dict)
    _news: "queue.SimpleQueue[TrainingJob | None]" = field(factory=queue.SimpleQueue)
    _done: bool = False
    _refusal: str | None = None

    def carry_out(self) -> Ending:
        """Starts training jobs until the search is over, and waits for them.

        Raises:
            JobFailedError: no training job was of use.
        """
        self._begin()
        timer = Timer(self._config["ResourceLimits"].get("MaxRuntimeInSeconds", _NO_LIMIT_SECONDS), self._finish)
        timer.daemon = True
        timer.start()
        try:
            with self.ground.ending_with(self._wake):
                self.job.while_running(self._wake)
                while (self._left or self._running) and not self.ground.closing:
                    self._stop_where_enough()
                    self._launch()
                    self._await()
        finally:
            timer.cancel()
            self.job.while_running(None)
        if self._refusal is not None:
            raise JobFailedError(self._refusal)
        if self.job.stop_requested.is_set() or self.ground.closing:
            return Ending("Stopped")
        if best_of(self.job.tried) is None:
            raise JobFailedError(self._futile_reason())
        return Ending("Completed")

    def close(self) -> None:
        """Nothing is left: the training jobs have logs of their own."""

    @property
    def _config(self) -> dict[str, Any]:
        found: dict[str, Any] = self.job.request["HyperParameterTuningJobConfig"]
        return found

    def _begin(self) -> None:
        self.job.began()
        searches = [(definition, Search(definition.plan())) for definition in Definition.all_of(self.job.request)]
        for parent in self.job.parents:
            for tried in parent.everything_tried:
                if tried.value is not None:
                    searches[0][1].learn(tried.values, tried.value)
        self._searches = itertools.cycle(searches)
        combinations = sum(search.plan.combinations() for _, search in searches)
        self._left = self._config["ResourceLimits"].get("MaxNumberOfTrainingJobs", combinations)

    def _wake(self) -> None:
        self._news.put(None)

    def _finish(self) -> None:
        self._done = True
        self._wake()

    def _launch(self) -> None:
        """Starts training jobs, as many as may run side by side."""
        while self._left and len(self._running) < self._config["ResourceLimits"]["MaxParallelTrainingJobs"]:
            definition, search = next(self._searches)
            attempt = search.next()
            self._left -= 1
            self._number += 1
            request = definition.training_request(self._number, attempt.values)
            name = request["TrainingJobName"]
            try:
                training = self.trainings.launch(
                    self.context, request | {"Tags": self.tags}, follower=self._follower(definition, attempt)
                )
            except AwsError as error:
                self._refusal = f"ClientError: training job {name} cannot be created: {error.message}"
                self._finish()
                return
            tried = Tried(
                job=training,
                tuning_job_name=self.job.name,
                values=attempt.values,
                objective=definition.objective,
                definition_name=definition.name,
            )
            self._running[name] = _Running(tried, attempt)
            self.job.add(tried)

    def _follower(self, definition: Definition, attempt: Attempt) -> Follower:
        def measured(training: TrainingJob, metric: str, value: float) -> None:
            if metric == definition.objective.metric and attempt.measured(value):
                training.request_stop()

        return Follower(tuning_job_arn=self.job.arn, measured=measured, ended=self._news.put)

    def _await(self) -> None:
        """Waits for the end of a training job, a stop, or the end of the time."""
        if not self._left and not self._running:
            return
        training = self._news.get()
        if training is not None:
            ended = self._running.pop(training.name)
            ended.attempt.ended(ended.tried.value)

    def _stop_where_enough(self) -> None:
        """Starts no more and stops what runs, where the job is to stop or a criterion is met."""
        over = self.job.stop_requested.is_set() or self._done or self._is_enough()
        if over and (self._left or self._running):
            self._left = 0
            for running in self._running.values():
                running.tried.job.request_stop()

    def _is_enough(self) -> bool:
        tried = self.job.tried
        best = best_of(tried)
        ended = [one for one in tried if one.objective_status != "Pending"]
        if best is None or best.value is None:
            return len(ended) >= _FUTILE
        criteria = self._config.get("TuningJobCompletionCriteria", {})
        target = criteria.get("TargetObjectiveMetricValue")
        if target is not None and not best.objective.better(target, best.value):
            return True
        patience = criteria.get("BestObjectiveNotImproving", {}).get("MaxNumberOfTrainingJobsNotImproving")
        return patience is not None and len(ended) - 1 - ended.index(best) >= patience

    def _futile_reason(self) -> str:
        tried = self.job.tried
        if any(one.job.status == "Completed" for one in tried):
            return (
                f"No objective metrics found after running {len(tried)} training jobs. Please ensure that the custom "
                "algorithm is emitting the objective metric as defined by the regular expression provided."
            )
        return (
            f"No training job succeeded after {len(tried)} attempts. Please take a look at the training job failures "
            "to get more details."
        )
