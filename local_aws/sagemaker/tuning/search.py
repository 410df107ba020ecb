"""The search for the best hyperparameters of one training job definition, by optuna."""

import itertools
import math
import threading
from typing import TYPE_CHECKING, Any

from attrs import define, field, frozen

from local_aws.sagemaker.tuning.ranges import Range

if TYPE_CHECKING:
    import optuna

_EARLY_STOP_JOBS = 3
"""Jobs that must have ended before another is stopped for being worse than their median."""


@frozen(kw_only=True)
class Plan:
    """What a search is asked to do.

    Attributes:
        strategy: ``Bayesian``, ``Random``, ``Hyperband`` or ``Grid``.
        maximize: whether more is better.
        ranges: of the hyperparameters.
        seed: for the same values again. Default: others each time.
        early_stopping: whether jobs that are worse than the median of the others are stopped.
        resources: the least and the most that Hyperband gives a job.
    """

    strategy: str
    maximize: bool
    ranges: tuple[Range, ...]
    seed: int | None = None
    early_stopping: bool = False
    resources: tuple[int, int] = (1, 1)

    def combinations(self) -> int:
        """How many jobs a grid has."""
        return math.prod(len(getattr(found, "values", ())) for found in self.ranges)


@define(eq=False)
class Attempt:
    """One set of hyperparameters.

    Attributes:
        values: as hyperparameters have them.
    """

    values: dict[str, str]
    _plan: Plan
    _study: "optuna.Study"
    _trial: "optuna.Trial"
    _steps: int = 0
    _stopped: bool = False
    _pruned: bool = False
    _told: bool = False
    _lock: threading.Lock = field(factory=threading.Lock)

    def measured(self, value: float) -> bool:
        """Takes a value of the objective; True where the job is to be stopped, once."""
        with self._lock:
            if self._told or self._stopped:
                return False
            self._steps += 1
            self._trial.report(value, self._steps)
            self._pruned = self._trial.should_prune()
            spent = self._plan.strategy == "Hyperband" and self._steps >= self._plan.resources[1]
            self._stopped = self._pruned or spent
            return self._stopped

    def ended(self, value: float | None) -> None:
        """Tells the search what came of it; None where there is no value."""
        import optuna  # loads numpy

        with self._lock:
            self._told = True
            if value is None:
                self._study.tell(self._trial, state=optuna.trial.TrialState.FAIL)
            elif self._pruned:
                self._study.tell(self._trial, state=optuna.trial.TrialState.PRUNED)
            else:
                self._study.tell(self._trial, value)


@define(eq=False)
class Search:
    """Gives sets of hyperparameters, better ones as it learns.

    Args:
        plan: what it is asked to do.
    """

    plan: Plan
    _study: Any = field(init=False)
    _distributions: dict[str, Any] = field(init=False)

    def __attrs_post_init__(self) -> None:
        import optuna  # loads numpy

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        plan = self.plan
        self._distributions = {found.name: found.distribution() for found in plan.ranges}
        self._study = optuna.create_study(
            direction="maximize" if plan.maximize else "minimize", sampler=_sampler(plan), pruner=_pruner(plan)
        )
        if plan.strategy == "Grid":
            names = [found.name for found in plan.ranges]
            for values in itertools.product(*(getattr(found, "values", ()) for found in plan.ranges)):
                self._study.enqueue_trial(dict(zip(names, values, strict=True)))

    def learn(self, values: dict[str, str], objective: float) -> bool:
        """Takes what another job found; False where its hyperparameters lie outside of the ranges."""
        import optuna  # loads numpy

        drawn = {found.name: found.drawn(values[found.name]) for found in self.plan.ranges if found.name in values}
        if len(drawn) != len(self.plan.ranges) or None in drawn.values():
            return False
        trial = optuna.trial.create_trial(params=drawn, distributions=self._distributions, value=objective)
        self._study.add_trial(trial)
        return True

    def next(self) -> Attempt:
        """The next set to try."""
        trial = self._study.ask(self._distributions)
        values = {found.name: found.text(trial.params[found.name]) for found in self.plan.ranges}
        return Attempt(values, self.plan, self._study, trial)


def _sampler(plan: Plan) -> "optuna.samplers.BaseSampler":
    import optuna  # loads numpy

    if plan.strategy in ("Bayesian", "Hyperband"):
        # jobs that run side by side are to try different things
        return optuna.samplers.TPESampler(seed=plan.seed, constant_liar=True)
    return optuna.samplers.RandomSampler(seed=plan.seed)


def _pruner(plan: Plan) -> "optuna.pruners.BasePruner":
    import optuna  # loads numpy

    if plan.strategy == "Hyperband":
        least, most = plan.resources
        return optuna.pruners.HyperbandPruner(min_resource=least, max_resource=most)
    if plan.early_stopping:
        return optuna.pruners.MedianPruner(n_startup_trials=_EARLY_STOP_JOBS)
    return optuna.pruners.NopPruner()
