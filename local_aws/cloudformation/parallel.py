"""Runs the nodes of a dependency graph, those without mutual dependency at once."""

import threading
import time
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

MAX_PARALLEL = 8


def run_graph(
    dependencies: Mapping[str, Collection[str]],
    work: Callable[[str], None],
    *,
    cancelled: threading.Event,
    stop_on_failure: bool = True,
    deadline: float | None = None,
) -> dict[str, BaseException]:
    """Calls `work` for each node after the nodes that it needs; gives what failed.

    Nodes whose needs failed are not run. At most `MAX_PARALLEL` run at once.

    Args:
        dependencies: node to the nodes that it needs; needs outside the graph count as met.
        work: does a node's work; its exception is the node's failure.
        cancelled: once set no further node starts; set by this function at the first failure.
        stop_on_failure: whether a failure sets `cancelled`. False: independent nodes go on.
        deadline: `time.monotonic` time at which `cancelled` is set. Default: none.
    """
    waiting = {node: {need for need in needs if need in dependencies} for node, needs in dependencies.items()}
    failures: dict[str, BaseException] = {}
    running: dict[Future[None], str] = {}
    with ThreadPoolExecutor(MAX_PARALLEL, thread_name_prefix="resource") as pool:
        while True:
            if not cancelled.is_set():
                for node in [node for node, needs in waiting.items() if not needs]:
                    del waiting[node]
                    running[pool.submit(work, node)] = node
            if not running:
                return failures
            timeout = None if deadline is None or cancelled.is_set() else max(0.0, deadline - time.monotonic())
            done, _ = wait(running, timeout=timeout, return_when=FIRST_COMPLETED)
            if not done:
                cancelled.set()
            for future in done:
                node = running.pop(future)
                error = future.exception()
                if error is not None:
                    failures[node] = error
                    if stop_on_failure:
                        cancelled.set()
                    continue
                for needs in waiting.values():
                    needs.discard(node)
