"""Steps that depend on each other, as sequences of steps and of branches that run side by side.

A state machine has no way to wait for two states but the end of a Parallel. So a graph becomes a series of parts; a
part that falls into pieces becomes branches, each a series again. Where the graph has no such form (two steps that
share one of their predecessors), the join that delays the fewest steps is added. Every dependency is kept; steps of a
graph that does have such a form never wait for more than they depend on.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

Arrangement = tuple["str | Branches", ...]
"""Names of steps, and branches, that run one after the other."""

Branches = tuple[Arrangement, ...]
"""Arrangements that run side by side."""

_DEEPEST = 40
"""Branches within branches; what lies deeper runs in a row, so that no definition is nested beyond reading."""


def arrange(names: Sequence[str], before: Mapping[str, AbstractSet[str]]) -> Arrangement:
    """The arrangement of a graph.

    Args:
        names: of the steps, each after those that it depends on; branches keep this order.
        before: the names that each one depends on.
    """
    return _series(list(names), before, depth=0)


def _series(names: list[str], before: Mapping[str, AbstractSet[str]], *, depth: int) -> Arrangement:
    arranged: list[str | Branches] = []
    waiting = [names]
    while waiting:
        part = waiting.pop()
        graph = _Part(part, before)
        pieces = graph.parts_in_series()
        if len(pieces) > 1:
            waiting += reversed(pieces)
        elif len(part) == 1 or depth == _DEEPEST:
            arranged += part
        else:
            arranged.append(tuple(_series(piece, before, depth=depth + 1) for piece in graph.components()))
    return tuple(arranged)


class _Part:
    """A part of the graph, with the dependencies inside of it."""

    def __init__(self, names: list[str], before: Mapping[str, AbstractSet[str]]) -> None:
        inside = set(names)
        self._names = names
        self._before = {name: [found for found in before[name] if found in inside] for name in names}
        self._after: dict[str, list[str]] = {name: [] for name in names}
        for name in names:
            for found in self._before[name]:
                self._after[found].append(name)

    def components(self) -> list[list[str]]:
        """The pieces that no dependency connects, in the order of their first steps."""
        piece: dict[str, int] = {}
        for number, name in enumerate(self._names):
            reached = [] if name in piece else [name]
            while reached:
                found = reached.pop()
                if found not in piece:
                    piece[found] = number
                    reached += [*self._before[found], *self._after[found]]
        pieces: dict[int, list[str]] = {}
        for name in self._names:
            pieces.setdefault(piece[name], []).append(name)
        return list(pieces.values())

    def parts_in_series(self) -> list[list[str]]:
        """The parts that run one after the other; one if the part falls into pieces, or is a single step."""
        levels = self._levels()
        added = self._joins_added(levels)
        cuts = [number for number, joins in enumerate(added) if joins == 0]
        if not cuts and added and len(self.components()) == 1:
            cuts = [added.index(min(added))]
        level_of = {name: number for number, level in enumerate(levels) for name in level}
        parts: list[list[str]] = [[] for _ in range(len(cuts) + 1)]
        place = [bisect_left(cuts, number) for number in range(len(levels))]
        for name in self._names:
            parts[place[level_of[name]]].append(name)
        return parts

    def _levels(self) -> list[list[str]]:
        """Steps by the length of the longest way that leads to them."""
        level: dict[str, int] = {}
        levels: list[list[str]] = []
        for name in self._names:
            level[name] = max((level[found] + 1 for found in self._before[name]), default=0)
            if level[name] == len(levels):
                levels.append([])
            levels[level[name]].append(name)
        return levels

    def _joins_added(self, levels: list[list[str]]) -> list[int]:
        """For each level but the last: how many last steps up to it would newly hold up how many first ones after it.

        None are where each of the first ones depends on all of the last ones already.
        """
        missing = {name: len(found) for name, found in self._before.items()}
        first = {name for name, count in missing.items() if count == 0}
        last: set[str] = set()
        links = 0
        added: list[int] = []
        for level in levels[:-1]:
            for name in level:
                links -= sum(found in last for found in self._before[name])
                first.remove(name)
                for found in self._before[name]:
                    if found in last:
                        last.remove(found)
                        links -= sum(following in first for following in self._after[found])
                for following in self._after[name]:
                    missing[following] -= 1
                    if missing[following] == 0:
                        first.add(following)
                        links += sum(found in last for found in self._before[following])
                last.add(name)
                links += sum(following in first for following in self._after[name])
            added.append(len(last) * len(first) - links)
        return added
