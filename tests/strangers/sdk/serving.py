# mypy: disable-error-code="import-not-found"
"""Models of several containers, behind an endpoint, in batches and from the registry; models that share an endpoint."""

import io
import json
import tarfile
import time
from typing import Any

from sagemaker import ModelPackage
from sagemaker.compute_resource_requirements.resource_requirements import ResourceRequirements
from sagemaker.deserializers import JSONDeserializer
from sagemaker.enums import EndpointType
from sagemaker.model import Model
from sagemaker.pipeline import PipelineModel
from sagemaker.predictor import Predictor
from sagemaker.serializers import CSVSerializer

from tests.strangers.sdk.session import IMAGE, ROLE, boto_session, plain_session

GROUP = "pipelines-of-means"
DELETION_SECONDS = 60

session = plain_session()
bucket, client, s3 = session.default_bucket(), session.sagemaker_client, boto_session.client("s3")


def model(greeting: str, mean: float) -> Model:
    """A model that greets with its mean, once for each word that it is sent."""
    buffer, content = io.BytesIO(), json.dumps({"mean": mean}).encode()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        entry = tarfile.TarInfo("mean.json")
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    s3.put_object(Bucket=bucket, Key=f"served/{greeting}.tar.gz", Body=buffer.getvalue())
    return Model(
        image_uri=IMAGE,
        model_data=f"s3://{bucket}/served/{greeting}.tar.gz",
        role=ROLE,
        env={"GREETING": greeting},
        predictor_cls=Predictor,
        name=f"served-{greeting}",
        sagemaker_session=session,
    )


def asked(predictor: Predictor) -> Any:
    """What it answers to two rows."""
    predictor.serializer, predictor.deserializer = CSVSerializer(), JSONDeserializer()
    return predictor.predict([[1], [2]])


def several_containers() -> None:
    pipeline = PipelineModel(
        models=[model("first", 1.0), model("second", 2.0)], role=ROLE, name="served-both", sagemaker_session=session
    )
    pipeline.deploy(initial_instance_count=1, instance_type="ml.m5.large", endpoint_name="served-both")
    # the first container's answer, {"first": [1.0, 1.0]}, is three words
    expected = {"second": [2.0, 2.0, 2.0]}
    assert asked(Predictor("served-both", sagemaker_session=session)) == expected

    s3.put_object(Bucket=bucket, Key="served-rows/rows.csv", Body=b"1\n2")
    transformer = pipeline.transformer(
        instance_count=1, instance_type="ml.m5.large", output_path=f"s3://{bucket}/served-batch"
    )
    transformer.transform(f"s3://{bucket}/served-rows", content_type="text/csv", wait=True, logs=False)
    transformed = s3.get_object(Bucket=bucket, Key="served-batch/rows.csv.out")["Body"].read()
    assert json.loads(transformed) == expected, transformed

    registered = pipeline.register(
        content_types=["text/csv"],
        response_types=["application/json"],
        inference_instances=["ml.m5.large"],
        transform_instances=["ml.m5.large"],
        model_package_group_name=GROUP,
        approval_status="Approved",
    )
    package = ModelPackage(role=ROLE, model_package_arn=registered.model_package_arn, sagemaker_session=session)
    package.deploy(initial_instance_count=1, instance_type="ml.m5.large", endpoint_name="served-registered")
    assert asked(Predictor("served-registered", sagemaker_session=session)) == expected
    for name in ("served-both", "served-registered"):
        session.delete_endpoint(name)


def one_endpoint() -> None:
    names = {}
    for greeting, mean in (("third", 3.0), ("fourth", 4.0)):
        predictor = model(greeting, mean).deploy(
            initial_instance_count=1,
            instance_type="ml.m5.large",
            endpoint_name="served-shared",
            endpoint_type=EndpointType.INFERENCE_COMPONENT_BASED,
            resources=ResourceRequirements(requests={"num_cpus": 1, "memory": 512, "copies": 1}),
            inference_component_name=f"served-{greeting}",
        )
        assert asked(predictor) == {greeting: [mean, mean]}
        names[greeting] = f"served-{greeting}"
    listed = client.list_inference_components(EndpointNameEquals="served-shared")["InferenceComponents"]
    assert {each["InferenceComponentName"] for each in listed} == set(names.values()), listed
    needs = {"ComputeResourceRequirements": {"NumberOfCpuCoresRequired": 1, "MinMemoryRequiredInMb": 1024}}
    session.update_inference_component(names["third"], specification=needs, runtime_config={"CopyCount": 2}, wait=True)
    described = session.describe_inference_component(names["third"])
    assert described["RuntimeConfig"] == {"DesiredCopyCount": 2, "CurrentCopyCount": 2}, described
    assert described["Specification"] == {"StartupParameters": {}, "ModelName": "served-third"} | needs, described
    for name in names.values():
        session.delete_inference_component(name, wait=True)
    deadline = time.monotonic() + DELETION_SECONDS
    while client.list_inference_components(EndpointNameEquals="served-shared")["InferenceComponents"]:
        assert time.monotonic() < deadline, "the components are not gone"
    session.delete_endpoint("served-shared")


several_containers()
one_endpoint()
