from constructs_lib.definitions import DataCapture, ExecutionInput, ServerlessCapacity
from constructs_lib.permissions import engine_statements
from tests.constructs_lib.samples import NUMBER_TOKEN, PLACE, ROLE, config, problems, variant, workflow

SMALL = ServerlessCapacity(memory_mb=2048, max_concurrency=5)


def test_variants_run_on_instances_or_without() -> None:
    variants = [
        variant(variant_name="A", instance_type=None),
        variant(variant_name="B", serverless=SMALL),
        variant(variant_name="C", instance_type=None, serverless=SMALL, volume_size_gib=10, instance_count=2),
    ]
    assert problems(config("C", variants=variants)) == [
        "C: variants[0]: got neither of instance_type and serverless, expected one",
        "C: variants[1]: got both of instance_type and serverless, expected one",
        "C: variants[2].volume_size_gib: got a disk, which only instances have",
        "C: variants[2].instance_count: got 2, expected none: max_concurrency says how much is served",
    ]


def test_variants_run_on_instances_or_without_passing() -> None:
    whole = ServerlessCapacity(memory_mb=1024, max_concurrency=10, provisioned_concurrency=2)
    step = config(variants=[variant(instance_type=None, serverless=whole)])
    assert problems(step) == []
    assert step.request["ProductionVariants"] == [
        {
            "VariantName": "AllTraffic",
            "ModelName": "houses",
            "ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 10, "ProvisionedConcurrency": 2},
            "InitialVariantWeight": 1.0,
        }
    ]
    on_instances = config(variants=[variant(volume_size_gib=50, download_timeout_seconds=600)])
    assert problems(on_instances) == []
    (found,) = on_instances.request["ProductionVariants"]
    assert (found["VolumeSizeInGB"], found["ModelDataDownloadTimeoutInSeconds"]) == (50, 600)


def test_endpoints_of_inference_components_have_a_role() -> None:
    shared = variant(model_name=None)
    without = variant(model_name=None, instance_type=None, serverless=SMALL)
    steps = [
        config("A", variants=[variant(), variant(variant_name="B", model_name=None)]),
        config("B", variants=[shared]),
        config("C", variants=[without], execution_role=ROLE),
    ]
    assert problems(*steps) == [
        "A: variants[1].model_name: missing, expected one as other variants have",
        "B: execution_role: missing, expected the role of inference components where variants have no models",
        "C: variants[0].model_name: missing, expected one: nothing is shared without instances",
    ]


def test_endpoints_of_inference_components_have_a_role_passing() -> None:
    capture = DataCapture(destination_uri="s3://data/captured")
    step = config(variants=[variant(model_name=None)], execution_role=ROLE, data_capture=capture)
    assert problems(step, config("Other", execution_role=ROLE)) == []
    assert step.request["ExecutionRoleArn"] == ROLE
    assert "ModelName" not in step.request["ProductionVariants"][0]
    assert step.model_needs == ()
    passed = [found for found in engine_statements(workflow(step), **PLACE) if "iam:PassRole" in found.actions]
    assert [list(found.resources) for found in passed] == [[ROLE]]


def test_serverless_memory_is_in_whole_gibibytes() -> None:
    odd = ServerlessCapacity(memory_mb=1500, max_concurrency=5)
    assert problems(config("C", variants=[variant(instance_type=None, serverless=odd)])) == [
        "C: variants[0].serverless.memory_mb: got 1500, expected a multiple of 1024"
    ]


def test_serverless_memory_is_in_whole_gibibytes_passing() -> None:
    for memory in (2048, NUMBER_TOKEN, ExecutionInput("Memory", type="integer")):
        some = ServerlessCapacity(memory_mb=memory, max_concurrency=5)
        assert problems(config(variants=[variant(instance_type=None, serverless=some)])) == []
