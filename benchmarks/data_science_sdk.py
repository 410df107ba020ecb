# mypy: disable-error-code="import-not-found"
"""A chain of Lambda tasks as the Data Science SDK makes and renders it.

Runs in the SDK's own environment (`tests/oracles/data_science_sdk/requirements.txt`), which `state_machine_scaling`
starts; needs nothing of this project. Prints JSON: by number of tasks, the median seconds, or the error's name.

    python benchmarks/data_science_sdk.py ROUNDS TASKS...
"""

import gc
import json
import statistics
import sys
import time

from stepfunctions.steps import Chain, Graph, Task

FUNCTION = "arn:aws:lambda:eu-west-1:111122223333:function:work"


def chain(tasks: int) -> int:
    """Makes and renders the chain; gives the number of its states.

    The tasks are plain ones: each `LambdaStep` would open a session of boto3, 80 ms, to learn the partition.
    """
    resource = "arn:aws:states:::lambda:invoke"
    steps = [
        Task(f"Task {number}", resource=resource, parameters={"FunctionName": FUNCTION, "Payload": {"number": number}})
        for number in range(tasks)
    ]
    return str(Graph(Chain(steps)).to_json()).count('"Type": "Task"')


def median(tasks: int, rounds: int) -> float | str:
    """The median time of some rounds after a first one; the name of the error that a chain of this length ends in."""
    taken: list[float] = []
    for _ in range(rounds + 1):
        gc.collect()
        started = time.perf_counter()
        try:
            made = chain(tasks)
        except RecursionError as error:
            return type(error).__name__
        taken.append(time.perf_counter() - started)
        if made != tasks:
            raise ValueError(f"got {made} states, expected {tasks}")
    return statistics.median(taken[1:])


def main() -> None:
    """Measures each size that the command line names."""
    rounds, *sizes = (int(argument) for argument in sys.argv[1:])
    print(json.dumps({size: median(size, rounds) for size in sizes}))


if __name__ == "__main__":
    main()
