"""Each rule on a document that breaks it, and a document that breaks none."""

import copy
from typing import Any

import pytest

from constructs_lib.definitions import DefinitionError, ImportedPipeline

Document = dict[str, Any]


def step(name: str, **members: Any) -> Document:
    return {"Name": name, "Type": "Processing", "Arguments": {}, **members}


def condition(name: str, *conditions: Any, then: tuple[Document, ...] = ()) -> Document:
    arguments = {"Conditions": list(conditions), "IfSteps": list(then), "ElseSteps": []}
    return {"Name": name, "Type": "Condition", "Arguments": arguments}


def get(path: str) -> Document:
    return {"Arguments": {"Environment": {"A": {"Get": path}}}}


def document(*steps: Any, **members: Any) -> Document:
    return {"Version": "2020-12-01", "Steps": list(steps), **members}


def json_get(source: str, path: str, file: str = "PropertyFiles.Report") -> Document:
    given = {"PropertyFile": {"Get": f"Steps.{source}.{file}"}, "Path": path}
    return {"Arguments": {"Environment": {"A": {"Std:JsonGet": given}}}}


COUNTING = {"Type": "Lambda", "OutputParameters": [{"OutputName": "rows", "OutputType": "Integer"}]}
OUTPUTS = {"ProcessingOutputConfig": {"Outputs": [{"OutputName": "out"}]}}
FILE = {"PropertyFileName": "Report", "OutputName": "out", "FilePath": "report.json"}
TRUE = {"Type": "Equals", "LeftValue": 1, "RightValue": 1}
NAME_OF_A = "Steps.A.ProcessingJobName"
WHOLE = document(
    step("First", Arguments=OUTPUTS, PropertyFiles=[FILE]),
    step("Second", **get("Steps.First.ProcessingJobName"), DependsOn=["First"]),
    condition(
        "Check",
        {"Type": "Not", "Condition": {"Type": "Or", "Conditions": [TRUE]}},
        {"Type": "In", "QueryValue": {"Get": "Parameters.Size"}, "Values": [1, 2]},
        {
            "Type": "LessThan",
            "LeftValue": {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.First.PropertyFiles.Report"}, "Path": "a"}},
            "RightValue": {"Get": "Parameters.Size"},
        },
        then=(
            step("Third"),
            step("Fourth", **get("Execution.PipelineName"), DependsOn=["Third"]),
            condition("Inner", TRUE, then=(step("Fifth", **get("Steps.Third.ProcessingJobArn")),)),
        ),
    ),
    Parameters=[{"Name": "Size", "Type": "Integer", "DefaultValue": 1, "EnumValues": [1, 2]}],
)

WRONG: dict[str, tuple[Document, str]] = {
    "version": ({"Steps": [step("A")]}, "Version: got None, expected '2020-12-01'"),
    "no steps": (document(), "Steps: got (), expected at least one step"),
    "no list of steps": (document() | {"Steps": 3}, "Steps: got 3, expected at least one step"),
    "no step": (document(step("A"), 3), "Steps[1]: got 3, expected a step with a Name"),
    "step's name": (document(step("A b")), "A b: Name: got 'A b', expected 1 to 64 letters, digits, '-' or '_'"),
    "type": (document(step("A", Type="Procesing")), "A: Type: got 'Procesing', expected a type of step"),
    "arguments": (document(step("A", Arguments=3)), "A: Arguments: got 3, expected a JSON object"),
    "twice": (document(step("A"), condition("C", TRUE, then=(step("A"),))), "A: Name: got 2 steps of this name"),
    "too many": (document(*(step(f"A{n}") for n in range(51))), "Steps: got 51 steps, expected at most 50"),
    "parameter's type": (
        document(step("A"), Parameters=[{"Name": "B", "Type": "Text"}]),
        "Parameters[0].Type: got 'Text', expected one of: String, Integer, Float, Boolean",
    ),
    "default": (
        document(step("A"), Parameters=[{"Name": "B", "Type": "Integer", "DefaultValue": True}]),
        "Parameters[0].DefaultValue: got True, expected a value of type Integer",
    ),
    "allowed": (
        document(step("A"), Parameters=[{"Name": "B", "Type": "String", "DefaultValue": "x", "EnumValues": ["y"]}]),
        "Parameters[0].DefaultValue: got 'x', expected one of: 'y'",
    ),
    "parameter twice": (
        document(step("A"), Parameters=[{"Name": "B", "Type": "String"}] * 2),
        "Parameters: got 2 parameters of the name 'B', expected one",
    ),
    "many parameters": (
        document(step("A"), Parameters=[{"Name": f"B{n}", "Type": "String"} for n in range(201)]),
        "Parameters: got 201 parameters, expected at most 200",
    ),
    "unknown parameter": (
        document(step("A", **get("Parameters.Size"))),
        "A: reads the parameter 'Size', which is not in this pipeline",
    ),
    "job name": (
        document(step("A", **get("Execution.TrainingJobName"))),
        "A: reads 'Execution.TrainingJobName', expected only in a step of type Training",
    ),
    "variable": (document(step("A", **get("Execution.Name"))), "A: reads 'Execution.Name', expected an execution"),
    "unknown step": (document(step("A", **get("Steps.B.X"))), "A: reads 'Steps.B.X' of a step that is not in this"),
    "elsewhere": (document(step("A", **get("Outputs.X"))), "A: reads 'Outputs.X', expected Parameters, Execution or"),
    "may not run": (
        document(condition("C", TRUE, then=(step("B"),)), step("A", **get("Steps.B.ProcessingJobName"))),
        "A: reads 'Steps.B.ProcessingJobName', whose step is inside of 'C' and may not run",
    ),
    "waits for nothing": (document(step("A", DependsOn=["B"])), "A: DependsOn: got 'B', expected a step of this"),
    "waits in vain": (
        document(condition("C", TRUE, then=(step("B"),)), step("A", DependsOn=["B"])),
        "A: DependsOn: got 'B', which is inside of 'C' and may not run",
    ),
    "circle": (
        document(step("A", DependsOn=["B"]), step("B", **get("Steps.A.ProcessingJobName"))),
        "A: DependsOn: steps depend on each other in a circle: 'A' -> 'B' -> 'A'",
    ),
    "property": (
        document(step("A"), step("B", **get("Steps.A.JobName"))),
        "B: reads 'Steps.A.JobName': no member 'JobName' in the response of DescribeProcessingJob",
    ),
    "property of a text": (
        document(step("A"), step("B", **get("Steps.A.ProcessingJobName.Length"))),
        "B: reads 'Steps.A.ProcessingJobName.Length': 'ProcessingJobName' is a string and has no member 'Length'",
    ),
    "property of a list": (
        document(step("A", Type="Tuning"), step("B", **get("Steps.A.TrainingJobSummaries[0].Name"))),
        "B: reads 'Steps.A.TrainingJobSummaries[0].Name': no member 'TrainingJobSummaries' in the response",
    ),
    "path of a property": (
        document(step("A"), step("B", **get("Steps.A..ProcessingJobName"))),
        "B: reads 'Steps.A..ProcessingJobName': expected member names, positions and keys",
    ),
    "output": (
        document(
            step("A", Arguments=OUTPUTS), step("B", **get("Steps.A.ProcessingOutputConfig.Outputs['on'].OutputName"))
        ),
        "B: reads \"Steps.A.ProcessingOutputConfig.Outputs['on'].OutputName\": no output 'on', expected out",
    ),
    "output parameter": (
        document(step("A", **COUNTING), step("B", **get("Steps.A.OutputParameters['row']"))),
        "B: reads \"Steps.A.OutputParameters['row']\": no output parameter 'row', expected rows",
    ),
    "no output parameter": (
        document(step("A", **COUNTING), step("B", **get("Steps.A.FunctionArn"))),
        "B: reads 'Steps.A.FunctionArn': expected one of its OutputParameters",
    ),
    "experiment of a step": (
        document(step("A"), PipelineExperimentConfig={"TrialName": {"Get": "Steps.A.ProcessingJobName"}}),
        "PipelineExperimentConfig: reads 'Steps.A.ProcessingJobName', but no step has run yet",
    ),
    "experiment of a parameter": (
        document(step("A"), PipelineExperimentConfig={"TrialName": {"Get": "Parameters.Trial"}}),
        "PipelineExperimentConfig: reads the parameter 'Trial', which is not in this pipeline",
    ),
    "experiment of a variable": (
        document(step("A"), PipelineExperimentConfig={"TrialName": {"Get": "Execution.PipelineNam"}}),
        "PipelineExperimentConfig: reads 'Execution.PipelineNam', expected an execution variable",
    ),
    "experiment of something": (
        document(step("A"), PipelineExperimentConfig={"TrialName": {"Get": "Trial"}}),
        "PipelineExperimentConfig: reads 'Trial', expected Parameters or Execution before a '.'",
    ),
    "path of JSON": (
        document(step("A", Arguments=OUTPUTS, PropertyFiles=[FILE]), step("B", **json_get("A", "a.*"))),
        "B: got the path 'a.*' in a JsonGet, expected names and positions, such as 'a.b[0]'",
    ),
    "property of a Condition": (
        document(condition("A", TRUE), step("B", **get("Steps.A.Result"))),
        "B: reads 'Steps.A.Result': expected Outcome, all that a Condition has",
    ),
    "JSON of no file": (
        document(step("A"), step("B", **json_get("A", "a", file="ProcessingJobName"))),
        "B: got {'Get': 'Steps.A.ProcessingJobName'} in a JsonGet, expected a reference to Steps.STEP.PropertyFiles",
    ),
    "property file": (
        document(step("A"), step("B", **get("Steps.A.PropertyFiles.Report"))),
        "B: reads the property file 'Report' of 'A', expected none: it has no property files",
    ),
    "property file's output": (
        document(step("A", PropertyFiles=[FILE])),
        "A: PropertyFiles[0].OutputName: got 'out', expected one of the outputs: []",
    ),
    "step of a Condition inside of the reader's": (
        document(condition("C", TRUE, then=(condition("D", TRUE, then=(step("A"),)), step("B", DependsOn=["A"])))),
        "B: DependsOn: got 'A', which is inside of 'D' and may not run",
    ),
    "output of a Condition inside of another": (
        document(condition("C", TRUE, then=(condition("D", TRUE, then=(step("A"),)),)), step("B", **get(NAME_OF_A))),
        "B: reads 'Steps.A.ProcessingJobName', whose step is inside of 'C' and may not run",
    ),
    "no condition": (document(condition("C")), "C: Arguments.Conditions: missing, expected at least one condition"),
    "condition's type": (
        document(condition("C", {"Type": "Or", "Conditions": [{"Type": "Not", "Condition": {"Type": "Equal"}}]})),
        "C: Arguments.Conditions[0].Conditions[0].Condition.Type: got 'Equal', expected a type of condition",
    ),
    "unlike values": (
        document(condition("C", TRUE, {"Type": "Equals", "LeftValue": {"Get": "Parameters.Size"}, "RightValue": "1"}))
        | {"Parameters": [{"Name": "Size", "Type": "Integer"}]},
        "C: Arguments.Conditions[1]: compares values of unlike types: {'Get': 'Parameters.Size'}, a number, '1', a",
    ),
    "unlike outputs": (
        document(
            step("A", **COUNTING),
            condition("C", {"Type": "In", "QueryValue": {"Get": "Steps.A.OutputParameters['rows']"}, "Values": ["1"]}),
        ),
        "C: Arguments.Conditions[0]: compares values of unlike types: {'Get': \"Steps.A.OutputParameters['rows']\"}",
    ),
    "cache": (
        document(step("A", Type="RegisterModel", CacheConfig={"Enabled": True})),
        "A: CacheConfig: got a cache, which SageMaker Pipelines does not have for RegisterModel steps",
    ),
    "condition's value": (
        document(condition("C", {"Type": "In", "QueryValue": 1})),
        "C: Arguments.Conditions[0].Values: missing in a condition of type In",
    ),
}


def test_a_sound_document_is_taken() -> None:
    pipeline = ImportedPipeline(name="sound", document=copy.deepcopy(WHOLE))
    assert [found["Name"] for found in pipeline.all_steps] == [
        *("First", "Second", "Check", "Third", "Fourth", "Inner", "Fifth")
    ]


@pytest.mark.parametrize("name", WRONG)
def test_a_broken_document_is_refused(name: str) -> None:
    broken, message = WRONG[name]
    with pytest.raises(DefinitionError) as refused:
        ImportedPipeline(name="broken", document=broken)
    assert message in str(refused.value)
    assert len(refused.value.problems) == 1


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("Processing", ".ProcessingOutputConfig.Outputs['out'].S3Output.S3Uri"),
        ("Processing", ".ProcessingOutputConfig.Outputs[0].S3Output.S3Uri"),
        ("Processing", ".Environment['A']"),
        ("Tuning", ".BestTrainingJob.TrainingJobName"),
        ("Tuning", ".TrainingJobSummaries[0].TrainingJobName"),
        ("AutoML", ".BestCandidateProperties.ModelInsightsJsonReportPath"),
        ("RegisterModel", ".ModelPackageArn"),
        ("QualityCheck", ".CalculatedBaselineConstraints"),
        ("EMR", ".ClusterId"),
        ("Condition", ".Outcome"),
    ],
)
def test_properties_that_a_step_has_are_read(kind: str, path: str) -> None:
    source = condition("A", TRUE) if kind == "Condition" else step("A", Type=kind, Arguments=OUTPUTS)
    assert ImportedPipeline(name="reads", document=document(source, step("B", **get(f"Steps.A{path}")))).all_steps


def test_json_of_an_object_in_s3_is_read() -> None:
    given = {"Std:JsonGet": {"S3Uri": "s3://bucket/report.json", "Path": "['a b'].c[0]"}}
    reading = step("A", Arguments={"Environment": {"A": given}})
    assert ImportedPipeline(name="reads", document=document(reading)).all_steps


def test_an_experiment_is_named_by_what_is_known_before() -> None:
    names = {"ExperimentName": {"Get": "Parameters.Of"}, "TrialName": {"Get": "Execution.PipelineExecutionId"}}
    parameters = [{"Name": "Of", "Type": "String"}]
    read = document(step("A"), PipelineExperimentConfig=names, Parameters=parameters)
    assert ImportedPipeline(name="tried", document=read).all_steps


def test_a_name_is_the_service_s() -> None:
    with pytest.raises(DefinitionError, match=r"name: got 'a_b', expected 1 to 256 letters, digits and inner hyphens"):
        ImportedPipeline(name="a_b", document=WHOLE)


def test_a_higher_quota_is_said() -> None:
    many = document(*(step(f"A{n}") for n in range(51)))
    assert len(ImportedPipeline(name="many", document=many, max_steps=51).all_steps) == 51
