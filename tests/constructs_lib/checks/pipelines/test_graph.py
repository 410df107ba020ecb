from constructs_lib.definitions import ChoiceRule, ChoiceStep, ExecutionInput, FailStep, equal
from tests.constructs_lib.samples import evaluation, function, model, pipeline_problems, processing, transform

GOOD = equal(ExecutionInput("Mode"), "good")


def test_pipeline_has_steps() -> None:
    assert pipeline_problems() == ["steps: got no steps, expected at least one"]


def test_pipeline_has_steps_passing() -> None:
    assert pipeline_problems(function()) == []


def test_conditions_have_one_rule() -> None:
    rules = [ChoiceRule(condition=GOOD), ChoiceRule(condition=GOOD)]
    assert pipeline_problems(ChoiceStep(name="C", rules=rules, otherwise=[])) == [
        "C: rules: got 2 rules, expected one: SageMaker Pipelines has an if and an else"
    ]


def test_conditions_have_one_rule_passing() -> None:
    assert pipeline_problems(ChoiceStep(name="C", rules=[ChoiceRule(condition=GOOD)], otherwise=[])) == []


def test_dependencies_are_steps_of_the_pipeline() -> None:
    assert pipeline_problems(function("Work"), function("Other", depends_on=["Wrok"])) == [
        "Other: depends_on: got 'Wrok', expected a step of this pipeline; did you mean 'Work'?"
    ]


def test_dependencies_are_steps_of_the_pipeline_passing() -> None:
    assert pipeline_problems(function("Other", depends_on=["Work"]), function("Work")) == []


def test_dependencies_surely_run() -> None:
    choice = ChoiceStep.if_else(
        name="C", conditions=[GOOD], if_steps=[function("A")], else_steps=[function("B", depends_on=["A"])]
    )
    assert pipeline_problems(choice, function("After", depends_on=["A"])) == [
        "B: depends_on: got 'A', which is inside of 'C' and may not run",
        "After: depends_on: got 'A', which is inside of 'C' and may not run",
    ]


def test_dependencies_surely_run_passing() -> None:
    inside = [function("A"), function("B", depends_on=["A", "Before"])]
    choice = ChoiceStep.if_else(name="C", conditions=[GOOD], if_steps=inside)
    assert pipeline_problems(choice, function("Before"), function("After", depends_on=["C"])) == []


def test_dependencies_surely_run_in_nested_choices() -> None:
    inner = ChoiceStep.if_else(
        name="Inner",
        conditions=[GOOD],
        if_steps=[function("Deep", depends_on=["Beside", "Outer"])],
        else_steps=[function("Other", depends_on=["Deep"])],
    )
    outer = ChoiceStep.if_else(
        name="Outer",
        conditions=[GOOD],
        if_steps=[inner, function("Beside", depends_on=["Inner"]), function("Behind", depends_on=["Deep"])],
        else_steps=[function("Else", depends_on=["Deep"])],
    )
    assert pipeline_problems(outer, function("After", depends_on=["Deep"])) == [
        "Other: depends_on: got 'Deep', which is inside of 'Inner' and may not run",
        "Behind: depends_on: got 'Deep', which is inside of 'Inner' and may not run",
        "Else: depends_on: got 'Deep', which is inside of 'Outer' and may not run",
        "After: depends_on: got 'Deep', which is inside of 'Outer' and may not run",
    ]


def test_dependencies_surely_run_in_nested_choices_passing() -> None:
    deep = ChoiceStep.if_else(name="Deep", conditions=[GOOD], if_steps=[function("Last", depends_on=["B", "A"])])
    inner = ChoiceStep.if_else(name="Inner", conditions=[GOOD], else_steps=[function("B", depends_on=["A"]), deep])
    outer = ChoiceStep.if_else(name="Outer", conditions=[GOOD], if_steps=[function("A"), inner])
    assert pipeline_problems(outer, function("After", depends_on=["Outer"])) == []


def test_steps_have_an_order() -> None:
    file = evaluation("A", depends_on=["B"])
    read = equal(file.json_get("Report", "rmse"), 1)
    choice = ChoiceStep.if_else(name="C", conditions=[read], if_steps=[FailStep(name="F")])
    assert pipeline_problems(file, function("B", depends_on=["C"]), choice) == [
        "A: depends_on: steps depend on each other in a circle: 'A' -> 'C' -> 'B' -> 'A'"
    ]


def test_steps_have_an_order_in_nested_choices() -> None:
    deep = function("Deep")
    inner = ChoiceStep.if_else(name="Inner", conditions=[GOOD], if_steps=[deep])
    outer = ChoiceStep.if_else(name="Outer", conditions=[GOOD], else_steps=[inner], depends_on=[deep])
    assert pipeline_problems(outer) == [
        "Outer: depends_on: got 'Deep', which is inside of 'Outer' and may not run",
        "Outer: depends_on: steps depend on each other in a circle: 'Outer' -> 'Inner' -> 'Deep' -> 'Outer'",
    ]


def test_steps_have_an_order_by_the_names_that_they_read() -> None:
    saved = model(depends_on=["Transform"])
    assert pipeline_problems(saved, transform(model_name=saved.model_name)) == [
        "Save: depends_on: steps depend on each other in a circle: 'Save' -> 'Transform' -> 'Save'"
    ]


def test_steps_have_an_order_passing() -> None:
    first = processing("A")
    last = function("B", payload={"status": first.output("ProcessingJobStatus")})
    assert pipeline_problems(last, first) == []
