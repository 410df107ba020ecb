"""Pictures of SageMaker pipelines, from their documents."""

from typing import Any

import pytest

from constructs_lib.rendering.diagrams import (
    Edge,
    Run,
    StepRun,
    draw_html,
    draw_mermaid,
    draw_svg,
    pipeline_graph,
    render_html,
    render_mermaid,
    render_svg,
)
from constructs_lib.rendering.diagrams.pipelines import condition_label
from tests.constructs_lib import samples

RMSE = {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.Evaluate.PropertyFiles.Report"}, "Path": "metrics.rmse"}}
GOOD = {"Type": "LessThanOrEqualTo", "LeftValue": RMSE, "RightValue": {"Get": "Parameters.RMSEThreshold"}}


def step(name: str, kind: str = "Processing", **members: Any) -> dict[str, Any]:
    return {"Name": name, "Type": kind, "Arguments": {}, **members}


def reading(*steps: str) -> dict[str, Any]:
    return {"Arguments": {"Inputs": [{"S3Uri": {"Get": f"Steps.{name}.Outputs['x']"}} for name in steps]}}


def pipeline(*steps: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2020-12-01", "Steps": list(steps)}


def housing() -> dict[str, Any]:
    condition = step(
        "Check",
        "Condition",
        Arguments={
            "Conditions": [GOOD],
            "IfSteps": [step("Register", "RegisterModel", **reading("Tune"))],
            "ElseSteps": [step("TooBad", "Fail")],
        },
    )
    return pipeline(
        step("Ingest", CacheConfig={"Enabled": True, "ExpireAfter": "PT12H"}),
        step("Prepare", DependsOn=["Ingest"]),
        step("Tune", "Tuning", RetryPolicies=[{"ExceptionType": ["Step.THROTTLING"], "MaxAttempts": 5}])
        | reading("Prepare"),
        step("Evaluate", **reading("Prepare", "Tune")),
        condition,
    )


def test_a_way_leads_from_each_step_to_those_that_wait_for_it() -> None:
    graph = pipeline_graph(housing(), title="housing")
    assert graph.starts == ("Ingest",)
    assert graph.edges == (
        Edge(source="Ingest", target="Prepare"),
        Edge(source="Prepare", target="Tune"),
        Edge(source="Tune", target="Evaluate"),  # Evaluate reads Prepare too: the way through Tune says so
        Edge(source="Evaluate", target="Check"),
        Edge(source="Check", target="Register", kind="choice", label="metrics.rmse ≤ RMSEThreshold"),
        Edge(source="Check", target="TooBad", kind="choice", label="otherwise"),
    )


def test_the_ways_of_a_condition_inside_of_another_lead_on_from_it() -> None:
    inner = step("Inner", "Condition", Arguments={"Conditions": [GOOD], "IfSteps": [step("B")], "ElseSteps": []})
    deep = step("C", **reading("A"), DependsOn=["Inner"])
    outer = {"Conditions": [GOOD], "IfSteps": [step("A"), inner], "ElseSteps": [step("D")]}
    graph = pipeline_graph(pipeline(step("Outer", "Condition", Arguments=outer), deep), title="nested")
    good = "metrics.rmse ≤ RMSEThreshold"
    assert graph.starts == ("Outer",)
    assert graph.edges == (
        Edge(source="Outer", target="A", kind="choice", label=good),
        Edge(source="Outer", target="Inner", kind="choice", label=good),
        Edge(source="Outer", target="D", kind="choice", label="otherwise"),
        Edge(source="Inner", target="B", kind="choice", label=good),
        Edge(source="Inner", target="C"),
        Edge(source="A", target="C"),
    )
    assert [node.name for node in graph.nodes if node.ends] == ["B", "D", "C"]


def test_a_step_tells_what_it_is() -> None:
    nodes = {node.name: node for node in pipeline_graph(housing(), title="housing").nodes}
    assert nodes["Ingest"].kind == "SageMaker processing job"
    assert nodes["Ingest"].notes == ("cached for PT12H",)
    assert nodes["Tune"].notes == ("retried up to 5 times",)
    assert nodes["Check"].type == "Choice"
    assert [name for name, node in nodes.items() if node.ends] == ["Register"]


def test_steps_without_an_order_begin_together() -> None:
    graph = pipeline_graph(pipeline(step("A"), step("B"), step("C", **reading("A", "B"))), title="wide")
    assert graph.starts == ("A", "B")
    text = draw_mermaid(graph)
    assert "start --> s0" in text
    assert "start --> s1" in text
    assert "3 steps, beginning with A, B." in draw_svg(graph)


def test_a_run_is_shown_on_it() -> None:
    run = Run(steps={"Ingest": StepRun(status="CACHED", seconds=0.1), "Prepare": StepRun(status="RUNNING")})
    page = draw_html(pipeline_graph(housing(), title="housing"), run)
    assert "taken from the cache" in page
    assert "running" in page


@pytest.mark.parametrize(
    ("conditions", "label"),
    [
        (
            [GOOD, {"Type": "Equals", "LeftValue": {"Get": "Steps.A.Outcome"}, "RightValue": True}],
            " and A.Outcome = true",
        ),
        ([{"Type": "Not", "Condition": {"Type": "In", "QueryValue": 1, "Values": [1, 2]}}], "not (1 in 1, 2)"),
        (
            [{"Type": "Or", "Conditions": [{"Type": "GreaterThan", "LeftValue": 2, "RightValue": 1}] * 2}],
            "2 > 1 or 2 > 1",
        ),
        (
            [{"Type": "Equals", "LeftValue": {"Std:Join": {"On": "-", "Values": ["a", {"Get": "Parameters.B"}]}}}],
            "a-B = none",
        ),
    ],
)
def test_conditions_are_told_in_words(conditions: list[dict[str, Any]], label: str) -> None:
    assert condition_label(conditions).endswith(label)


def test_what_is_no_pipeline_is_refused() -> None:
    with pytest.raises(ValueError, match="got a document without Steps, expected a pipeline definition"):
        pipeline_graph({"States": {}}, title="none")
    circle = pipeline(step("A", DependsOn=["B"]), step("B", DependsOn=["A"]))
    with pytest.raises(ValueError, match="these steps wait for each other: A, B"):
        pipeline_graph(circle, title="circle")


def test_a_definition_is_drawn_before_its_steps_have_roles() -> None:
    first = samples.processing("Prepare", role=None)
    given = samples.pipeline(samples.function("Tell", payload={"status": first.output("ProcessingJobStatus")}), first)
    lines = [line.strip() for line in render_mermaid(given).splitlines()]
    assert lines[2:5] == [
        's0["<b>Tell</b><br/>Lambda function"]',
        's1["<b>Prepare</b><br/>SageMaker processing job"]',
        "s1 --> s0",
    ]
    assert "<title>sample</title>" in render_html(given)
    assert render_svg(given).startswith("<svg")
