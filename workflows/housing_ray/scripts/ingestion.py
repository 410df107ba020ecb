"""Writes houses to the feature store: every row of the job's CSV files, or the job fails.

Each host has its share of the files. They are cut into blocks, and actors of the same host read and write them: no
more of the data than a block an actor is in memory. Each row gets a record id that tells where it stood, and the event
time of the run, by which the next step knows the run's rows from those of other runs.
"""

import itertools
import json
import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import boto3
from prices import contract, tables
from prices.cluster import processors, results, run_on_cluster
from prices.columns import COLUMNS, EVENT_TIME, RECORD_ID
from prices.feature_group import FeatureGroup, NewGroup
from prices.records import Record, RecordWriter, runtime_client

_ACTOR_CPUS = 0.5
_THREADS = 8
_LARGEST_WHOLE = 2**53 - 1
"""Beyond it, rows are read with other digits than they have."""


@dataclass(frozen=True)
class Arguments:
    """What the job is told."""

    feature_group_name: str
    store_uri: str
    role_arn: str | None
    kms_key: str | None
    actors: int
    block_rows: int

    @property
    def new_group(self) -> NewGroup | None:
        """What a feature group is made of where there is none."""
        return None if self.role_arn is None else NewGroup(self.store_uri, self.role_arn, self.kms_key)


def read_arguments(words: list[str]) -> Arguments:
    """Reads the job's arguments.

    Raises:
        InputError: one is missing, unknown or no number, or a number is not above 0.
    """
    parser = contract.ArgumentParser(description=__doc__)
    parser.add_argument("--feature-group-name", required=True)
    parser.add_argument("--store-uri", required=True, help="prefix in S3 of the offline store, where one is made")
    parser.add_argument(
        "--role-arn", default=None, help="with which Feature Store writes there; makes no group without"
    )
    parser.add_argument("--kms-key", default=None, help="that encrypts it")
    parser.add_argument("--actors", type=int, default=10, help="at most, on all hosts together")
    parser.add_argument("--block-rows", type=int, default=2_000, help="rows that an actor has in memory")
    found = Arguments(**vars(parser.parse_args(words)))
    for name, value in (("actors", found.actors), ("block-rows", found.block_rows)):
        if value < 1:
            raise contract.InputError(f"--{name}: got {value}, expected a number from 1 on")
    return found


class Ingester:
    """An actor: writes blocks of its host's files."""

    def __init__(self, group: FeatureGroup, event_time: str) -> None:
        self._writer = RecordWriter(runtime_client(connections=_THREADS), group.name, threads=_THREADS)
        self._group = group
        self._event_time = event_time

    def write(self, block: tables.Block) -> int:
        """Writes a block; gives how many rows the store has accepted."""
        return self._writer.write(records(block, self._group, self._event_time))


def records(block: tables.Block, group: FeatureGroup, event_time: str) -> Iterator[Record]:
    """The records of a block's rows.

    Raises:
        InputError: a value is no finite number, or is none where the group keeps whole numbers.
    """
    table = block.read()[list(COLUMNS)]
    for column in sorted(group.integral):
        odd = table.index[(table[column] % 1 != 0) | (table[column].abs() > _LARGEST_WHOLE)]
        if len(odd):
            raise contract.InputError(
                f"{block.name}, line {odd[0]}, column {column}: got {table[column][odd[0]]}, expected a whole number"
                f" from -{_LARGEST_WHOLE} to {_LARGEST_WHOLE}"
            )
    write = [str if column not in group.integral else _whole for column in COLUMNS]
    moment = {"FeatureName": EVENT_TIME, "ValueAsString": event_time}
    for line, *values in table.itertuples(name=None):
        yield [
            {"FeatureName": RECORD_ID, "ValueAsString": f"{block.name}:{line}"},
            moment,
            *(
                {"FeatureName": column, "ValueAsString": kind(value)}
                for column, kind, value in zip(COLUMNS, write, values, strict=True)
            ),
        ]


def _whole(value: float) -> str:
    return str(int(value))


def plan(block_rows: int) -> list[tables.Block]:
    """The blocks of the files of the host that this runs on; none where it got no file."""
    folder = contract.processing("input")
    return [
        block
        for path in tables.csv_files(folder)
        for block in tables.blocks(path, folder, COLUMNS, most_rows=block_rows)
    ]


def ingest(arguments: Arguments) -> None:
    """Writes the rows of all hosts, and ``ingestion/ingestion.json``, which tells the next step of them.

    Raises:
        InputError: there are no rows, or something is wrong with them or with the group.
        RuntimeError: other than all rows were accepted.
    """
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    group = FeatureGroup.prepare(
        boto3.client("sagemaker"),
        arguments.feature_group_name,
        arguments.new_group,
    )
    event_time = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    nodes = {
        node["NodeID"]: NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
        for node in ray.nodes()
        if node["Alive"]
    }
    look, actor = ray.remote(num_cpus=0)(plan), ray.remote(num_cpus=_ACTOR_CPUS)(Ingester)
    found = results([look.options(scheduling_strategy=place).remote(arguments.block_rows) for place in nodes.values()])
    blocks = dict(zip(nodes, found, strict=True))
    rows = sum(block.rows for block in itertools.chain(*blocks.values()))
    if not rows:
        raise contract.InputError("the input holds no rows")
    most = max(1, arguments.actors // len(nodes))
    answers = []
    for node, own in blocks.items():
        crew = [
            actor.options(scheduling_strategy=nodes[node]).remote(group, event_time) for _ in range(min(most, len(own)))
        ]
        answers += [member.write.remote(block) for member, block in zip(itertools.cycle(crew), own, strict=False)]
        print(f"{len(crew)} actors write {sum(block.rows for block in own)} rows in {len(own)} blocks", flush=True)
    accepted = sum(results(answers))
    if accepted != rows:
        raise RuntimeError(f"feature group {group.name} accepted {accepted} of {rows} rows")
    told = {"rows": rows, "event_time": event_time, "feature_group": group.name, "data_uri": group.data_uri}
    (contract.processing("ingestion") / "ingestion.json").write_text(json.dumps(told, indent=2))
    print(f"ingested-rows={rows}", flush=True)


def main() -> None:
    """The job."""
    arguments = read_arguments(sys.argv[1:])
    hosts = len(contract.hosts().names)
    # actors wait for the network most of the time: a small host takes as many as a large one
    cpus = max(processors(), math.ceil(arguments.actors / hosts * _ACTOR_CPUS))
    run_on_cluster(partial(ingest, arguments), num_cpus=cpus)


if __name__ == "__main__":
    sys.exit(contract.run(main))
