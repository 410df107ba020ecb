# mypy: disable-error-code="import-not-found"
"""A model's way without a pipeline: trained, registered, approved, found, deployed, asked, transformed with, tuned."""

from sagemaker import ModelPackage
from sagemaker.deserializers import JSONDeserializer
from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput
from sagemaker.parameter import IntegerParameter
from sagemaker.predictor import Predictor
from sagemaker.serializers import CSVSerializer
from sagemaker.tuner import HyperparameterTuner

from tests.strangers.sdk.session import IMAGE, ROLE, boto_session, plain_session

GROUP = "means-of-models"
METRICS = [{"Name": "rmse", "Regex": "rmse=([0-9.]+)"}]


def main() -> None:
    session = plain_session()
    bucket, client, s3 = session.default_bucket(), session.sagemaker_client, boto_session.client("s3")
    s3.put_object(Bucket=bucket, Key="rows/rows.csv", Body=b"1,2\n1,4")
    rows = TrainingInput(f"s3://{bucket}/rows", content_type="text/csv")
    estimator = Estimator(
        image_uri=IMAGE,
        role=ROLE,
        instance_type="ml.m5.large",
        instance_count=1,
        hyperparameters={"rounds": 1},
        metric_definitions=METRICS,
        sagemaker_session=session,
    )
    estimator.fit({"train": rows}, logs="All")
    assert list(estimator.training_job_analytics.dataframe()["value"]) == [1.0]
    attached = Estimator.attach(estimator.latest_training_job.name, sagemaker_session=session)
    assert attached.model_data == estimator.model_data

    registered = estimator.register(
        content_types=["text/csv"],
        response_types=["application/json"],
        inference_instances=["ml.m5.large"],
        transform_instances=["ml.m5.large"],
        model_package_group_name=GROUP,
        approval_status="PendingManualApproval",
    )
    client.update_model_package(
        ModelPackageArn=registered.model_package_arn,
        ModelApprovalStatus="Approved",
        InferenceSpecification={
            "Containers": [
                {"Image": IMAGE, "ModelDataUrl": estimator.model_data, "Environment": {"GREETING": "means"}}
            ],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["application/json"],
        },
    )
    approved = client.list_model_packages(
        ModelPackageGroupName=GROUP, ModelApprovalStatus="Approved", SortBy="CreationTime", SortOrder="Descending"
    )
    (newest,) = approved["ModelPackageSummaryList"]
    model = ModelPackage(role=ROLE, model_package_arn=newest["ModelPackageArn"], sagemaker_session=session)
    model.deploy(initial_instance_count=1, instance_type="ml.m5.large", endpoint_name="means-of-models")
    predictor = Predictor(
        "means-of-models", sagemaker_session=session, serializer=CSVSerializer(), deserializer=JSONDeserializer()
    )
    assert predictor.predict([[1], [2]]) == {"means": [3.0, 3.0]}
    transformer = model.transformer(
        instance_count=1, instance_type="ml.m5.large", output_path=f"s3://{bucket}/batch", accept="application/json"
    )
    transformer.transform(f"s3://{bucket}/rows", content_type="text/csv", wait=True, logs=False)
    transformed = s3.get_object(Bucket=bucket, Key="batch/rows.csv.out")["Body"].read()
    assert transformed == b'{"means": [3.0, 3.0]}', transformed
    predictor.delete_endpoint()

    tuner = HyperparameterTuner(
        estimator,
        "rmse",
        {"rounds": IntegerParameter(1, 9)},
        metric_definitions=METRICS,
        objective_type="Minimize",
        max_jobs=2,
        max_parallel_jobs=2,
    )
    tuner.fit({"train": rows})
    results = tuner.analytics().dataframe()
    assert list(results["FinalObjectiveValue"]) == [1.0, 1.0], results
    assert tuner.best_training_job() in set(results["TrainingJobName"])


main()
