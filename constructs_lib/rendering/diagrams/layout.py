"""Where nodes and edges lie: layers from top to bottom, few crossings, straight main lines.

The steps are those of Sugiyama, Tagawa and Toda ("Methods for visual understanding of hierarchical system
structures", 1981): break circles, give layers, order within layers by barycentres, then place.
"""

from bisect import bisect_right, insort
from collections.abc import Mapping, Sequence
from itertools import accumulate

from attrs import define, field, frozen


@frozen
class Size:
    """Extent of a node."""

    width: float
    height: float


@frozen
class Link:
    """An edge to be laid out.

    Attributes:
        source: the node that it leaves.
        target: the node that it leads to.
        weight: heavier ones are kept straighter.
        label: room that it needs below its source.
        bundled: whether it shares its way with the other bundled links that lead to the same target.
    """

    source: str
    target: str
    weight: float = 1.0
    label: Size = Size(0, 0)
    bundled: bool = False


@frozen
class Point:
    """A place in the picture."""

    x: float
    y: float


@frozen(kw_only=True)
class Layout:
    """A finished layout.

    Attributes:
        size: of the whole.
        places: upper left corner of each node.
        routes: for each link, the points it goes through, from source to target: its end at the node, then the edge
            of that node's layer, and so on; so it crosses each gap between layers with every second segment.
    """

    size: Size
    places: Mapping[str, Point]
    routes: Sequence[Sequence[Point]]


@define
class _Cell:
    """A node, or a part of a long link, in a layer."""

    size: Size
    layer: int
    on_the_way: bool = False
    center: float = 0.0
    position: int = 0
    above: list[tuple["_Cell", float]] = field(factory=list)
    below: list[tuple["_Cell", float]] = field(factory=list)


_SWEEPS = 15
_PORT = 26.0
# how much more a link's parts weigh with none, one, or both of their ends on the way: a long way is to be straight
_OWN = (1.0, 4.0, 16.0)
_SHARED = (1.0, 0.2, 200.0)


def lay_out(sizes: Mapping[str, Size], links: Sequence[Link], *, gap: float = 36, layer_gap: float = 44) -> Layout:
    """Lays out a graph.

    Args:
        sizes: of the nodes, in an order that the layout follows where it may.
        links: between different nodes.
        gap: between neighbours in a layer.
        layer_gap: between layers; labels of links need room in it.
    """
    backward = _backward(sizes, links)
    ranks = _ranks(sizes, links, backward)
    cells: dict[str, _Cell] = {key: _Cell(size, ranks[key]) for key, size in sizes.items()}
    layers: list[list[_Cell]] = [[] for _ in range(max(ranks.values(), default=0) + 1)]
    for cell in cells.values():
        layers[cell.layer].append(cell)
    shared: dict[tuple[str, int], _Cell] = {}
    chains = [_chain(link, number in backward, cells, layers, shared) for number, link in enumerate(links)]
    _order(layers)
    _place(layers, gap)
    left = min(cell.center - cell.size.width / 2 for layer in layers for cell in layer)
    heights = [max(cell.size.height for cell in layer) for layer in layers]
    gaps = _layer_gaps(links, chains, len(layers), layer_gap)
    tops = [*accumulate((height + below for height, below in zip(heights, gaps, strict=True)), initial=0.0)][:-1]
    right = max(cell.center + cell.size.width / 2 for layer in layers for cell in layer)

    def top(cell: _Cell) -> float:
        return tops[cell.layer] + (heights[cell.layer] - cell.size.height) / 2

    def bottom(cell: _Cell) -> float:
        return tops[cell.layer] + heights[cell.layer]

    passed: dict[int, tuple[Point, Point]] = {}

    def passes(cell: _Cell) -> tuple[Point, Point]:
        """Where links cross a layer between their ends: made once, for all that share their way."""
        if id(cell) not in passed:
            x = cell.center - left
            passed[id(cell)] = (Point(x, tops[cell.layer]), Point(x, bottom(cell)))
        return passed[id(cell)]

    places = {key: Point(cell.center - cell.size.width / 2 - left, top(cell)) for key, cell in cells.items()}
    leaving = _ports(chains, links, at_top=False)
    arriving = _ports(chains, links, at_top=True)
    routes = []
    for number, chain in enumerate(chains):
        x = chain[0].center + leaving[number] - left
        points = [Point(x, top(chain[0]) + chain[0].size.height), Point(x, bottom(chain[0]))]
        for cell in chain[1:-1]:
            points += passes(cell)
        x = chain[-1].center + arriving[number] - left
        points += [Point(x, tops[chain[-1].layer]), Point(x, top(chain[-1]))]
        routes.append(points[::-1] if number in backward else points)
    return Layout(size=Size(right - left, tops[-1] + heights[-1]), places=places, routes=routes)


def _backward(sizes: Mapping[str, Size], links: Sequence[Link]) -> set[int]:
    """The links that close a circle, found by walking in depth."""
    leaving: dict[str, list[int]] = {key: [] for key in sizes}
    for number, link in enumerate(links):
        leaving[link.source].append(number)
    found: set[int] = set()
    state: dict[str, str] = {}
    for root in sizes:
        if root in state:
            continue
        state[root] = "open"
        stack = [(root, iter(leaving[root]))]
        while stack:
            key, rest = stack[-1]
            for number in rest:
                target = links[number].target
                if state.get(target) == "open":
                    found.add(number)
                elif target not in state:
                    state[target] = "open"
                    stack.append((target, iter(leaving[target])))
                    break
            else:
                state[key] = "closed"
                stack.pop()
    return found


def _ranks(sizes: Mapping[str, Size], links: Sequence[Link], backward: set[int]) -> dict[str, int]:
    """The layer of each node: below everything that leads to it."""
    forward = [
        (link.target, link.source) if number in backward else (link.source, link.target)
        for number, link in enumerate(links)
    ]
    waiting = dict.fromkeys(sizes, 0)
    after: dict[str, list[str]] = {key: [] for key in sizes}
    for source, target in forward:
        waiting[target] += 1
        after[source].append(target)
    ranks = dict.fromkeys(sizes, 0)
    ready = [key for key, count in waiting.items() if count == 0]
    for key in ready:
        for target in after[key]:
            ranks[target] = max(ranks[target], ranks[key] + 1)
            waiting[target] -= 1
            if waiting[target] == 0:
                ready.append(target)
    return ranks


def _chain(
    link: Link,
    reverse: bool,
    cells: Mapping[str, _Cell],
    layers: list[list[_Cell]],
    shared: dict[tuple[str, int], _Cell],
) -> list[_Cell]:
    """The cells that a link goes through from top to bottom, with new ones in the layers between its ends."""
    ends = (cells[link.target], cells[link.source]) if reverse else (cells[link.source], cells[link.target])
    chain = [ends[0]]
    for layer in range(ends[0].layer + 1, ends[1].layer):
        width = max(8.0, link.label.width if layer == ends[0].layer + 1 else 0.0)
        cell = shared.get((link.target, layer)) if link.bundled and not reverse else None
        if cell is not None:  # the rest of the way is there
            cell.size = Size(max(width, cell.size.width), 0.0)
            _join(chain[-1], cell, link)
            return [*chain, *(shared[link.target, below] for below in range(layer, ends[1].layer)), ends[1]]
        cell = _Cell(Size(width, 0.0), layer, on_the_way=True)
        layers[layer].append(cell)
        if link.bundled and not reverse:
            shared[link.target, layer] = cell
        _join(chain[-1], cell, link)
        chain.append(cell)
    _join(chain[-1], ends[1], link)
    chain.append(ends[1])
    return chain


def _join(upper: _Cell, lower: _Cell, link: Link) -> None:
    """Makes two cells neighbours; a way that links share is kept straight past those that join it."""
    factors = _SHARED if link.bundled else _OWN
    weight = link.weight * factors[upper.on_the_way + lower.on_the_way]
    upper.below.append((lower, weight))
    lower.above.append((upper, weight))


def _order(layers: list[list[_Cell]]) -> None:
    """Orders each layer by the barycentres of its neighbours; keeps the order with the fewest crossings."""
    for layer in layers:
        _number(layer)
    best, fewest = [list(layer) for layer in layers], _crossings(layers)
    for sweep in range(_SWEEPS):
        if not fewest:
            break
        downward = sweep % 2 == 0
        for layer in layers[1:] if downward else layers[-2::-1]:
            layer.sort(key=lambda cell: _barycentre(cell.above if downward else cell.below, cell))
            _number(layer)
        crossings = _crossings(layers)
        if crossings < fewest:
            best, fewest = [list(layer) for layer in layers], crossings
    for layer, order in zip(layers, best, strict=True):
        layer[:] = order


def _number(layer: list[_Cell]) -> None:
    for position, cell in enumerate(layer):
        cell.position = position


def _barycentre(neighbours: list[tuple[_Cell, float]], cell: _Cell) -> float:
    if not neighbours:
        return cell.position
    return sum(found.position for found, _ in neighbours) / len(neighbours)


def _crossings(layers: list[list[_Cell]]) -> int:
    count = 0
    for layer in layers:
        lower_ends: list[int] = []  # of the links so far, from left to right by their upper ends
        for _, lower in sorted((cell.position, found.position) for cell in layer for found, _ in cell.below):
            count += len(lower_ends) - bisect_right(lower_ends, lower)
            insort(lower_ends, lower)
    return count


def _place(layers: list[list[_Cell]], gap: float) -> None:
    """Moves cells towards their neighbours' middle, in turns downward and upward, without overlaps."""
    for layer in layers:
        _spread(layer, [0.0] * len(layer), [1.0] * len(layer), gap)
    for sweep in range(_SWEEPS):
        downward = sweep % 2 == 0
        for layer in layers if downward else layers[::-1]:
            wishes, weights = [], []
            for cell in layer:
                neighbours = (cell.above if downward else cell.below) or cell.above or cell.below
                total = sum(weight for _, weight in neighbours)
                pull = sum(found.center * weight for found, weight in neighbours)
                wishes.append(pull / total if total else cell.center)
                weights.append(total or 1.0)
            _spread(layer, wishes, weights, gap)


def _spread(layer: list[_Cell], wishes: list[float], weights: list[float], gap: float) -> None:
    """Places cells as near to their wishes as their order and widths allow: least squares by pooling neighbours."""
    offsets, offset = [], 0.0
    for number, cell in enumerate(layer):
        if number:
            offset += (layer[number - 1].size.width + cell.size.width) / 2 + gap
        offsets.append(offset)
    pools: list[tuple[float, float, int]] = []  # middle, weight, how many cells
    for wish, weight, offset in zip(wishes, weights, offsets, strict=True):
        middle, total, count = wish - offset, weight, 1
        while pools and pools[-1][0] > middle:
            before, other, number = pools.pop()
            middle = (middle * total + before * other) / (total + other)
            total, count = total + other, count + number
        pools.append((middle, total, count))
    middles = [middle for middle, _, count in pools for _ in range(count)]
    for cell, middle, offset in zip(layer, middles, offsets, strict=True):
        cell.center = middle + offset


def _ports(chains: Sequence[Sequence[_Cell]], links: Sequence[Link], *, at_top: bool) -> dict[int, float]:
    """Where on its node each link begins (or ends), from the node's middle, in which the heaviest is."""
    meeting: dict[int, list[int]] = {}
    for number, chain in enumerate(chains):
        meeting.setdefault(id(chain[-1 if at_top else 0]), []).append(number)
    ports: dict[int, float] = {}
    for numbers in meeting.values():
        # next to each other as their other ends are; those that share their way share their place
        neighbours = {number: chains[number][-2 if at_top else 1] for number in numbers}
        numbers.sort(key=lambda number: neighbours[number].center)
        groups: dict[int, list[int]] = {}
        for number in numbers:
            groups.setdefault(id(neighbours[number]) if neighbours[number].on_the_way else -number, []).append(number)
        heaviest = [max(links[number].weight for number in group) for group in groups.values()]
        middle = heaviest.index(max(heaviest))
        width = chains[numbers[0]][-1 if at_top else 0].size.width
        step = min(_PORT, width / 2 / (len(groups) + 1))
        for place, group in enumerate(groups.values()):
            ports |= dict.fromkeys(group, (place - middle) * step)
    return ports


def _layer_gaps(links: Sequence[Link], chains: Sequence[Sequence[_Cell]], layers: int, layer_gap: float) -> list[float]:
    """The gap below each layer: wider where links carry labels."""
    gaps = [layer_gap] * layers
    for link, chain in zip(links, chains, strict=True):
        if link.label.height:
            gaps[chain[0].layer] = max(gaps[chain[0].layer], layer_gap + link.label.height)
    return gaps
