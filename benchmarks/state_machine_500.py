"""A state machine of 500 Lambda tasks: ours, made, checked and rendered, against aws_stepfunctions, synthesized.

Both sides run in turns in one process, so that both see the same machine; medians and their ratio are printed.
Goal: at most a tenth of the time of aws_stepfunctions.

    python benchmarks/state_machine_500.py [--tasks 500] [--rounds 5] [--json FILE]
"""

import argparse
import gc
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from constructs_lib.definitions import LambdaStep, WorkflowDefinition
from constructs_lib.rendering import render_states

FUNCTION = "arn:aws:lambda:eu-west-1:111122223333:function:work"


def chain(tasks: int) -> WorkflowDefinition:
    """The workflow, checked."""
    steps = [
        LambdaStep(name=f"Task {number}", function_arn=FUNCTION, payload={"number": number}) for number in range(tasks)
    ]
    return WorkflowDefinition(name="chain", steps=steps)


def ours(tasks: int) -> int:
    """Makes, checks and renders the workflow; gives the number of its states."""
    document = json.dumps(render_states(chain(tasks)))
    return document.count('"Type": "Task"')


def theirs(tasks: int) -> int:
    """Defines and synthesizes the same chain with aws_stepfunctions; gives the number of its states."""
    from aws_cdk import App, Stack
    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_stepfunctions as stepfunctions
    from aws_cdk import aws_stepfunctions_tasks as steps

    app = App()
    stack = Stack(app, "Chain")
    function = lambda_.Function.from_function_arn(stack, "Function", FUNCTION)
    tasks_in_turn: stepfunctions.Chain | None = None
    for number in range(tasks):
        task = steps.LambdaInvoke(
            stack,
            f"Task {number}",
            lambda_function=function,
            payload=stepfunctions.TaskInput.from_object({"number": number}),
        )
        tasks_in_turn = stepfunctions.Chain.start(task) if tasks_in_turn is None else tasks_in_turn.next(task)
    if tasks_in_turn is None:
        raise ValueError(f"got {tasks} tasks, expected at least one")
    body = stepfunctions.DefinitionBody.from_chainable(tasks_in_turn)
    stepfunctions.StateMachine(stack, "Machine", definition_body=body)
    template = app.synth().get_stack_by_name("Chain").template
    return json.dumps(template).count('\\"Type\\":\\"Task\\"')


def seconds(work: Callable[[int], int], tasks: int) -> float:
    """How long some work takes; it must have made all of the states."""
    gc.collect()  # or one side pays for the other's garbage
    started = time.perf_counter()
    made = work(tasks)
    took = time.perf_counter() - started
    if made != tasks:
        raise ValueError(f"{work.__name__}: got {made} states, expected {tasks}")
    return took


def main() -> None:
    """Runs both sides and prints what they took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    first = {"ours": seconds(ours, given.tasks), "theirs": seconds(theirs, given.tasks)}
    times: dict[str, list[float]] = {"ours": [], "theirs": []}
    for _ in range(given.rounds):
        times["ours"].append(seconds(ours, given.tasks))
        times["theirs"].append(seconds(theirs, given.tasks))
    medians = {name: statistics.median(taken) for name, taken in times.items()}
    result = {
        "tasks": given.tasks,
        "rounds": given.rounds,
        "first_seconds": first,
        "median_seconds": medians,
        "ratio": medians["ours"] / medians["theirs"],
        "ratio_first": first["ours"] / first["theirs"],
        "goal": 0.1,
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
    }
    print(f"{given.tasks} tasks, {given.rounds} rounds, {result['machine']}")
    for name, label in (("ours", "this library"), ("theirs", "aws_stepfunctions")):
        print(f"  {label:18} first {first[name] * 1000:8.1f} ms   median {medians[name] * 1000:8.1f} ms")
    print(f"  ratio              first {result['ratio_first']:8.4f}      median {result['ratio']:8.4f}   goal 0.1")
    if given.json is not None:
        given.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
