import pytest
from attrs import evolve

from constructs_lib.definitions import (
    BuildOverrides,
    CategoricalRange,
    Channel,
    ComputeResources,
    DataCapture,
    ExecutionInput,
    IntegerRange,
    MetricDefinition,
    NetworkConfig,
    Objective,
    ProcessingInput,
    ProcessingOutput,
)
from tests.constructs_lib.samples import (
    LIST_TOKEN,
    NUMBER_TOKEN,
    build,
    config,
    endpoint,
    function,
    labeling,
    model,
    problems,
    processing,
    training,
    tuning,
    variant,
)


def test_jobs_have_instances() -> None:
    compute = ComputeResources(instance_type="ml.m5.large", instance_count=0, volume_size_gib=0)
    assert problems(training("T", compute=compute)) == [
        "T: compute.instance_count: got 0, expected at least 1",
        "T: compute.volume_size_gib: got 0, expected at least 1",
    ]


def test_jobs_have_instances_passing() -> None:
    count = ExecutionInput("Count", type="integer")
    computes = [
        ComputeResources(instance_type="ml.m5.large", instance_count=count, volume_size_gib=NUMBER_TOKEN),
        ComputeResources(instance_type="ml.m5.large", instance_count=1, volume_size_gib=1),
    ]
    assert problems(*(training(f"T{number}", compute=compute) for number, compute in enumerate(computes))) == []


def test_names_within_a_job_differ() -> None:
    channels = [Channel(name="training", uri=f"s3://data/{number}") for number in range(3)]
    metrics = [MetricDefinition(name="rmse", regex="rmse=(.*)")] * 2
    assert problems(
        training("T", channels=channels, metrics=metrics), config("C", variants=[variant(), variant()])
    ) == [
        "T: channels: got 'training' 3 times, expected names that differ",
        "T: metrics: got 'rmse' 2 times, expected names that differ",
        "C: variants: got 'AllTraffic' 2 times, expected names that differ",
    ]


def test_names_within_a_job_differ_passing() -> None:
    channels = [Channel(name=name, uri="s3://data/a") for name in ("training", "validation")]
    assert (
        problems(training("T", channels=channels), config("C", variants=[variant(), variant(variant_name="b")])) == []
    )


def test_metrics_have_a_number_to_find() -> None:
    metrics = [MetricDefinition(name="a", regex="a=[0-9]+"), MetricDefinition(name="b", regex="b=(")]
    assert problems(training("T", metrics=metrics)) == [
        "T: metrics[0].regex: got 'a=[0-9]+', expected a group, in parentheses, around the number",
        "T: metrics[1].regex: got 'b=(': missing ), unterminated subpattern at position 2",
    ]


def test_metrics_have_a_number_to_find_passing() -> None:
    assert problems(training("T", metrics=[MetricDefinition(name="a", regex="a=([0-9.]+)")]), function("F")) == []


def test_networks_are_whole() -> None:
    found = problems(
        training("T", network=NetworkConfig(subnets=["subnet-1"])),
        model("M", network=NetworkConfig(security_groups=["sg-1"])),
    )
    assert "T: network.security_groups: missing, expected with subnets" in found
    assert "M: network.subnets: missing, expected with security_groups" in found


def test_networks_are_whole_passing() -> None:
    network = NetworkConfig(subnets=[LIST_TOKEN], security_groups=["sg-1"])
    assert problems(training("T", network=network), model("M", network=network), model("N"), function("F")) == []


def test_data_capture_captures_something() -> None:
    capture = DataCapture(destination_uri="s3://data/captured", capture_input=False, capture_output=False)
    assert problems(config("C", data_capture=capture)) == [
        "C: data_capture: got neither input nor output, expected at least one of capture_input and capture_output",
        "C: DataCaptureConfig.CaptureOptions: got 0 elements, expected 1 to 32",
    ]


@pytest.mark.parametrize(("requests", "responses"), [(False, True), (True, False), (True, True)])
def test_data_capture_captures_something_passing(requests: bool, responses: bool) -> None:
    capture = DataCapture(destination_uri="s3://data/captured", capture_input=requests, capture_output=responses)
    assert problems(config("C", data_capture=capture)) == []


def test_variants_share_the_traffic() -> None:
    variants = [variant(initial_weight=0), variant(variant_name="b", initial_weight=0.0)]
    assert problems(config("C", variants=variants)) == ["C: variants: got weights of 0 only, expected one above 0"]


def test_variants_share_the_traffic_passing() -> None:
    variants = [variant(initial_weight=0), variant(variant_name="b", initial_weight=0.5)]
    assert problems(config("C", variants=variants)) == []


@pytest.mark.parametrize("minutes", [4, 481, 5.5])
def test_build_overrides_are_in_range(minutes: float) -> None:
    assert problems(build("B", overrides=BuildOverrides(timeout_minutes=minutes))) == [
        f"B: overrides.timeout_minutes: got {minutes}, expected a whole number from 5 to 480"
    ]


@pytest.mark.parametrize("minutes", [None, 5, 480, NUMBER_TOKEN, ExecutionInput("Minutes", type="integer")])
def test_build_overrides_are_in_range_passing(minutes: int | ExecutionInput | None) -> None:
    assert problems(build("B", overrides=BuildOverrides(timeout_minutes=minutes))) == []


def test_tuning_has_something_to_find() -> None:
    assert problems(
        tuning("A", objective=Objective(metric="mae", goal="Minimize"), ranges=[]),
        tuning("B", ranges=[IntegerRange(name="depth", lowest=5, highest=5)]),
    ) == [
        "A: objective.metric: got 'mae', expected one of the metrics: rmse",
        "A: ranges: got no ranges, expected at least one",
        "B: ranges[0]: got 5 to 5, expected the lowest below the highest",
    ]


def test_tuning_has_something_to_find_passing() -> None:
    assert problems(tuning(ranges=[CategoricalRange(name="kind", options=["a", "b"])])) == []


def test_what_is_tuned_is_not_fixed_too() -> None:
    assert problems(tuning(hyperparameters={"eta": "0.3"})) == [
        "Tune: ranges: got 'eta' 2 times, expected names that differ"
    ]


def test_labeling_tasks_have_one_page() -> None:
    step = labeling()
    assert problems(labeling(task=evolve(step.task, template_uri=None))) == [
        "Label: task: expected exactly one of template_uri and human_task_ui_arn"
    ]


def test_labeling_tasks_have_one_page_passing() -> None:
    assert problems(labeling()) == []


def test_endpoints_that_may_exist_are_waited_for() -> None:
    assert problems(endpoint(mode="create or update", wait=False)) == [
        "Serve: wait: got False with the mode 'create or update', expected to wait"
    ]


def test_endpoints_that_may_exist_are_waited_for_passing() -> None:
    assert problems(endpoint(mode="create or update"), endpoint("B", mode="update", wait=False)) == []


def test_the_newest_configuration_wins_where_it_may_find_another() -> None:
    assert problems(endpoint(mode="update", newest_wins=True)) == [
        "Serve: newest_wins: got True with the mode 'update', expected the mode 'create or update'"
    ]


def test_the_newest_configuration_wins_where_it_may_find_another_passing() -> None:
    assert problems(endpoint(mode="create or update", newest_wins=True)) == []


def test_inputs_and_outputs_of_a_processing_job_differ_in_name() -> None:
    given = ProcessingInput(name="data", uri="s3://data/x", path="/opt/ml/processing/input/x")
    result = ProcessingOutput(name="out", uri="s3://data/y", path="/opt/ml/processing/output/y")
    compute = ComputeResources(instance_type="ml.m5.large", instance_count=0)
    network = NetworkConfig(subnets=["subnet-1"])
    step = processing(inputs=[given, given], outputs=[result, result], compute=compute, network=network)
    assert {
        "Process: compute.instance_count: got 0, expected at least 1",
        "Process: inputs: got 'data' 2 times, expected names that differ",
        "Process: outputs: got 'out' 2 times, expected names that differ",
        "Process: network.security_groups: missing, expected with subnets",
    } <= set(problems(step))
