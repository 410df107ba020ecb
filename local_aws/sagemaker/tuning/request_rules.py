"""What a CreateHyperParameterTuningJob request must keep to beyond the limits of its model, and what is not here."""

from collections.abc import Iterator
from typing import Any

from local_aws.gateway.errors import NotAvailableLocallyError
from local_aws.sagemaker.resource_names import validation_error
from local_aws.sagemaker.tuning.definitions import Definition


def check_request(request: dict[str, Any]) -> None:
    """Checks a CreateHyperParameterTuningJob request; its training jobs' requests are checked as such.

    Raises:
        AwsError: ``ValidationException`` with every fault of the request.
        NotAvailableLocallyError: it asks for something that only AWS has; all of it is named.
    """
    if missing := list(_not_offered(request)):
        raise NotAvailableLocallyError(f"in CreateHyperParameterTuningJob: {', '.join(missing)}")
    if faults := list(_faults(request)):
        raise validation_error("; ".join(faults))


def _faults(request: dict[str, Any]) -> Iterator[str]:
    if ("TrainingJobDefinition" in request) == ("TrainingJobDefinitions" in request):
        yield "exactly one of TrainingJobDefinition and TrainingJobDefinitions is needed"
    definitions = Definition.all_of(request)
    names = [definition.name for definition in definitions]
    if "TrainingJobDefinitions" in request:
        if None in names:
            yield "each of several TrainingJobDefinitions needs a DefinitionName"
        if len(set(names)) != len(names):
            yield f"the names of TrainingJobDefinitions must differ: got {names}"
    for definition in definitions:
        yield from definition.faults()
    config = request["HyperParameterTuningJobConfig"]
    yield from _config_faults(config)
    if "WarmStartConfig" in request and len(definitions) > 1:
        yield "WarmStartConfig is for one TrainingJobDefinition"


def _config_faults(config: dict[str, Any]) -> Iterator[str]:
    strategy, limits = config["Strategy"], config["ResourceLimits"]
    most = limits.get("MaxNumberOfTrainingJobs")
    if most is None and strategy != "Grid":
        yield f"ResourceLimits.MaxNumberOfTrainingJobs is needed for Strategy {strategy}"
    if most is not None and limits["MaxParallelTrainingJobs"] > most:
        yield (
            "MaxParallelTrainingJobs must be at most MaxNumberOfTrainingJobs: "
            f"got {limits['MaxParallelTrainingJobs']} and {most}"
        )
    band = config.get("StrategyConfig", {}).get("HyperbandStrategyConfig")
    if strategy != "Hyperband":
        if band is not None:
            yield f"HyperbandStrategyConfig is for Strategy Hyperband: got {strategy}"
        return
    if band is None or not {"MinResource", "MaxResource"} <= band.keys():
        yield "Strategy Hyperband needs HyperbandStrategyConfig with MinResource and MaxResource"
    elif band["MinResource"] > band["MaxResource"]:
        yield f"MinResource must be at most MaxResource: got {band['MinResource']} and {band['MaxResource']}"
    if config.get("TrainingJobEarlyStoppingType", "Off") != "Off":
        yield "Strategy Hyperband stops training jobs by itself: TrainingJobEarlyStoppingType must be Off"


def _not_offered(request: dict[str, Any]) -> Iterator[str]:
    if "Autotune" in request:
        yield "Autotune"
    config = request["HyperParameterTuningJobConfig"]
    if config.get("ParameterRanges", {}).get("AutoParameters"):
        yield "ParameterRanges.AutoParameters"
    criteria = config.get("TuningJobCompletionCriteria", {})
    if criteria.get("ConvergenceDetected", {}).get("CompleteOnConvergence") == "Enabled":
        yield "TuningJobCompletionCriteria.ConvergenceDetected"
    definitions = Definition.all_of(request)
    if config["Strategy"] == "Grid" and len(definitions) > 1:
        yield "Strategy Grid with several TrainingJobDefinitions"
    for definition in definitions:
        if definition.own.get("HyperParameterRanges", {}).get("AutoParameters"):
            yield "HyperParameterRanges.AutoParameters"
