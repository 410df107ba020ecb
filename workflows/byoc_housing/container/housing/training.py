"""`train`: reads the channels, fits the trees, prints the metrics, leaves the model."""

import signal
import sys
import traceback
from types import FrameType

import numpy as np
import xgboost

from housing import contract
from housing.dataset import Houses, read_channel
from housing.hyperparameters import Hyperparameters
from housing.model import Model

_REPORT_EVERY = 10
_HELD_OUT = 0.2


class _Progress(xgboost.callback.TrainingCallback):
    """Prints the metrics as the job's metric definitions expect them, and ends early when SageMaker stops the job."""

    def __init__(self, rounds: int) -> None:
        self._rounds = rounds
        self.stopping = False

    def stop(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - a signal handler's signature
        """SageMaker gives a stopped job 120 seconds to save what it has."""
        self.stopping = True

    def after_iteration(self, model: xgboost.Booster, epoch: int, evals_log: dict) -> bool:  # noqa: ARG002 - XGBoost's
        """Called by XGBoost after each round; True ends training."""
        last = epoch + 1 == self._rounds or self.stopping
        if last or (epoch + 1) % _REPORT_EVERY == 0:
            values = " ".join(
                f"{data}-{metric}={history[-1]:.3f}"
                for data, log in evals_log.items()
                for metric, history in log.items()
            )
            print(f"[{epoch + 1}/{self._rounds}] {values}", flush=True)
        return self.stopping


def train() -> None:
    """Runs the job.

    Raises:
        InputError: bad hyperparameters or data.
    """
    settings = Hyperparameters.parse(contract.hyperparameters())
    training = read_channel(contract.channel_dir("training"))
    if contract.channel_dir("validation").exists():
        validation = read_channel(contract.channel_dir("validation"))
    else:
        training, validation = training.split(_HELD_OUT, settings.seed)
    print(f"training on {len(training)} rows, validating on {len(validation)}: {settings}", flush=True)
    model, metrics = fit(training, validation, settings)
    model.save(contract.model_dir(), metrics=metrics)
    for name, value in metrics.items():
        print(f"{name}={value:.3f}", flush=True)


def fit(training: Houses, validation: Houses, settings: Hyperparameters) -> tuple[Model, dict[str, float]]:
    """Fits the trees; gives the model and its errors on both tables."""
    progress = _Progress(settings.num_round)
    previous = signal.signal(signal.SIGTERM, progress.stop)
    try:
        booster = xgboost.train(
            settings.booster(),
            xgboost.DMatrix(training.features, training.prices),
            settings.num_round,
            evals=[
                (xgboost.DMatrix(training.features, training.prices), "train"),
                (xgboost.DMatrix(validation.features, validation.prices), "validation"),
            ],
            early_stopping_rounds=settings.early_stopping_rounds or None,
            callbacks=[progress],
            verbose_eval=False,
        )
    finally:
        signal.signal(signal.SIGTERM, previous)
    model = Model(booster)
    metrics = {}
    for name, houses in (("train", training), ("validation", validation)):
        errors = model.predict(houses.features) - houses.prices
        metrics[f"{name}-rmse"] = float(np.sqrt(np.mean(errors**2)))
        metrics[f"{name}-mae"] = float(np.mean(np.abs(errors)))
    return model, metrics


def main() -> int:
    """The program: 0, or 1 with the reason in the failure file and on standard error."""
    try:
        train()
    except contract.InputError as error:
        contract.write_failure(str(error))
        print(f"error: {error}", file=sys.stderr)
        return 1
    except Exception as error:  # noqa: BLE001 - whatever it is, SageMaker must be told before the process ends
        contract.write_failure(f"{type(error).__name__}: {error}")
        traceback.print_exc()
        return 1
    return 0
