"""`train`: fits the trees on all hosts of the job together, prints the metrics, leaves the model.

Every host has all the data and trains on its share of the rows; XGBoost joins what they find, so that all have the same
trees. The host that leads keeps them.
"""

import os
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from prices import contract
from prices.cluster import processors, run_on_cluster
from prices.columns import COLUMNS, FEATURES, TARGET
from prices.hyperparameters import Hyperparameters

_REPORT_EVERY = 10
_CHECKPOINT = "booster.ubj"
_HISTORY = "history"
_TOGETHER = "collective"
"""The part of XGBoost that joins workers; it names itself where a connection breaks."""
_SETS = ("train", "validation")


class WorkerLostError(Exception):
    """A worker ended before its training did."""


def train(settings: Hyperparameters) -> None:
    """Trains on the cluster, and leaves the model.

    Raises:
        InputError: bad data.
        WorkerLostError: a worker ended, and with it the training of all.
    """
    # Ray reads its settings when it is imported
    import xgboost
    from ray.train import FailureConfig, RunConfig, ScalingConfig, WorkerGroupError
    from ray.train.xgboost import XGBoostTrainer

    from prices.model import Model
    from prices.scaling import Scaler

    scaler = Scaler.load(contract.channel("scaler"))
    hosts = len(contract.hosts().names)
    # a worker takes all of a host, so that each host has one
    share = {"CPU": processors()}
    # a job that lost a worker, at whatever moment, is SageMaker's to repeat
    at_once = FailureConfig(max_failures=0, controller_failure_limit=0)
    with tempfile.TemporaryDirectory(prefix="training-") as storage:
        trainer = XGBoostTrainer(
            fit_share,
            train_loop_config={"settings": settings, "leader": _node()},
            scaling_config=ScalingConfig(
                num_workers=hosts, resources_per_worker=share, placement_strategy="STRICT_SPREAD"
            ),
            run_config=RunConfig(storage_path=storage, name="housing", failure_config=at_once),
        )
        try:
            result = trainer.fit()
        except WorkerGroupError as error:
            raise _reason(error.worker_failures, hosts) from error
        booster = xgboost.Booster(model_file=str(Path(result.checkpoint.path) / _CHECKPOINT))
    history = result.metrics[_HISTORY]
    for number in range(settings.num_round):
        if (number + 1) % _REPORT_EVERY == 0 or number + 1 == settings.num_round:
            print(f"[{number + 1}/{settings.num_round}] {_line(history, number)}", flush=True)
    Model(booster, scaler).save(contract.model_dir(), metrics=_values(history, -1))


def _reason(failures: dict[int, Exception], workers: int) -> Exception:
    """The failure to be told: bad data or a worker that is gone, before what followed from it on other hosts.

    Args:
        failures: of workers, by their ranks.
        workers: how many there were.
    """
    from ray.exceptions import RayActorError
    from xgboost.core import XGBoostError

    for rank, failure in sorted(failures.items()):
        if isinstance(failure, contract.InputError):
            return failure
        # Ray Train wraps what its look after a worker came upon
        if isinstance(getattr(failure, "health_check_failure", failure), RayActorError):
            return WorkerLostError(
                f"worker {rank} of {workers}, counted from 0, ended in mid-training: it was killed or ran out of memory"
            )
    rank, failure = min(failures.items())
    if isinstance(failure, XGBoostError) and _TOGETHER in str(failure):
        return WorkerLostError(f"worker {rank} of {workers}, counted from 0, lost another one in mid-training")
    return failure


def _values(history: dict[str, dict[str, list[float]]], number: int) -> dict[str, float]:
    return {f"{name}:{metric}": values[number] for name, log in history.items() for metric, values in log.items()}


def _line(history: dict[str, dict[str, list[float]]], number: int) -> str:
    return " ".join(f"{name}={value:.3f}" for name, value in _values(history, number).items())


def _node() -> str:
    import ray

    return str(ray.get_runtime_context().get_node_id())


def fit_share(config: dict[str, Any]) -> None:
    """Trains on this worker's share of the rows; runs on every host at the same time.

    Raises:
        InputError: a channel has no rows for every host, or bad ones.
    """
    import ray.train
    import xgboost

    from prices import tables

    context = ray.train.get_context()
    rank, workers = context.get_world_rank(), context.get_world_size()
    settings: Hyperparameters = config["settings"]
    threads = int(os.environ.get("OMP_NUM_THREADS", processors()))
    matrices = {}
    for name in _SETS:
        table = tables.read(contract.channel(name), COLUMNS)
        if len(table) < workers:
            raise contract.InputError(
                f"channel {name}: got {len(table)} rows, expected one for each of {workers} hosts"
            )
        own = table.iloc[rank::workers]
        matrices[name] = xgboost.DMatrix(own[list(FEATURES)], own[TARGET], nthread=threads)
    history: dict[str, dict[str, list[float]]] = {}
    booster = xgboost.train(
        {**settings.booster(), "nthread": threads},
        matrices["train"],
        settings.num_round,
        evals=[(matrices[name], name) for name in _SETS],
        evals_result=history,
        verbose_eval=False,
    )
    # one report at the end: each costs as much as many rounds. Its checkpoint is kept on the host that leads
    with tempfile.TemporaryDirectory(prefix="checkpoint-") as folder:
        checkpoint = None
        if _node() == config["leader"]:
            booster.save_model(Path(folder) / _CHECKPOINT)
            checkpoint = ray.train.Checkpoint.from_directory(folder)
        plain = {
            name: {metric: list(map(float, log)) for metric, log in logs.items()} for name, logs in history.items()
        }
        ray.train.report({_HISTORY: plain}, checkpoint=checkpoint)


def main() -> int:
    """The program: 0, or 1 with the reason in the failure file and on standard error."""
    return contract.run(_main)


def _main() -> None:
    settings = Hyperparameters.parse(contract.hyperparameters())
    print(f"training on {len(contract.hosts().names)} hosts: {settings}", flush=True)
    run_on_cluster(partial(train, settings))


if __name__ == "__main__":
    sys.exit(main())
