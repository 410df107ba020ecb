# mypy: disable-error-code="import-not-found"
"""Runs of an experiment, and lineage: drawn by hand, asked for, and as a table of what a job left by itself."""

from sagemaker.analytics import ExperimentAnalytics
from sagemaker.experiments import Run, list_runs, load_run
from sagemaker.lineage.action import Action
from sagemaker.lineage.artifact import Artifact
from sagemaker.lineage.association import Association
from sagemaker.lineage.query import LineageEntityEnum, LineageFilter, LineageQuery, LineageQueryDirectionEnum
from sagemaker.lineage.visualizer import LineageTableVisualizer
from sagemaker.processing import ProcessingOutput, Processor

from tests.strangers.sdk.session import IMAGE, ROLE, plain_session

session = plain_session()
bucket = session.default_bucket()


def runs() -> None:
    """What is logged is told again."""
    with Run(experiment_name="means", run_name="first", sagemaker_session=session) as run:
        run.log_parameters({"rate": 0.1, "kind": "mean"})
        for step in range(3):
            run.log_metric("loss", 1 / (step + 1), step=step)
        run.log_artifact("rows", f"s3://{bucket}/rows", is_output=False)
    with load_run(experiment_name="means", run_name="first", sagemaker_session=session) as run:
        component = run._trial_component
        assert component.parameters == {"rate": 0.1, "kind": "mean"}, component.parameters
        (metric,) = component.metrics
        assert (metric.metric_name, metric.count, metric.max) == ("loss", 3, 1.0), metric
        assert component.input_artifacts["rows"].value == f"s3://{bucket}/rows"
    assert [found.run_name for found in list_runs("means", sagemaker_session=session)] == ["first"]
    table = ExperimentAnalytics(sagemaker_session=session, experiment_name="means").dataframe()
    assert list(table["loss - Max"]) == [1.0], table


def lineage() -> None:
    """Ascendants of a model, and the table of a job."""
    rows = Artifact.create(
        artifact_name="rows", source_uri="s3://any/rows", artifact_type="DataSet", sagemaker_session=session
    )
    model = Artifact.create(
        artifact_name="model", source_uri="s3://any/model", artifact_type="Model", sagemaker_session=session
    )
    training = Action.create(
        action_name="by-hand", action_type="Training", source_uri="s3://any/code", sagemaker_session=session
    )
    for source, destination, kind in (
        (rows.artifact_arn, training.action_arn, "ContributedTo"),
        (training.action_arn, model.artifact_arn, "Produced"),
    ):
        Association.create(
            source_arn=source, destination_arn=destination, association_type=kind, sagemaker_session=session
        )
    model.properties = {"good": "yes"}
    model.save()
    assert Artifact.load(model.artifact_arn, sagemaker_session=session).properties == {"good": "yes"}
    asked = LineageQuery(session).query(
        start_arns=[model.artifact_arn],
        direction=LineageQueryDirectionEnum.ASCENDANTS,
        query_filter=LineageFilter(entities=[LineageEntityEnum.ARTIFACT]),
    )
    assert [vertex.arn for vertex in asked.vertices] == [rows.artifact_arn], asked
    for entity in (rows, training, model):
        entity.delete(disassociate=True)

    processor = Processor(
        image_uri=IMAGE,
        role=ROLE,
        instance_type="ml.m5.large",
        instance_count=1,
        entrypoint=["python3", "-c", "open('/opt/ml/processing/out/a.txt', 'w').write('a')"],
        sagemaker_session=session,
    )
    processor.run(outputs=[ProcessingOutput(output_name="out", source="/opt/ml/processing/out")], logs=False)
    table = LineageTableVisualizer(session).show(processing_job_name=processor.latest_job.job_name)
    told = set(zip(table["Direction"], table["Type"], table["Association Type"], strict=True))
    assert told == {("Input", "Image", "ContributedTo"), ("Output", "DataSet", "Produced")}, table


runs()
lineage()
