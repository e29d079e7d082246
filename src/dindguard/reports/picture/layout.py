"""Where everything of a picture goes: columns given by kind, few crossings, straight edges; the same bytes each run.

The columns are the graph's own, so only the order inside a column and the heights are left to find: barycentres
(Sugiyama, Tagawa, Toda 1981) and isotonic regression. No library is used: of those in pure Python that do this,
grandalf is GPL, takes no given columns and is no longer maintained; networkx draws columns without ordering them,
and needs numpy for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from dindguard.records import field, record
from dindguard.reports.picture.graph import Edge, Graph, Node

GAP = 84
"""Between two columns."""
SPACE = 14
"""Between two nodes of a column."""
LANE = 12
"""The height of an edge that passes through a column."""
SWEEPS = 8

Point = tuple[int, int]
Size = tuple[int, int]


@record
class Box:
    """Where a node is: its left upper corner and its size."""

    x: int
    y: int
    width: int
    height: int

    @property
    def middle(self) -> int:
        """The height at which edges meet it."""
        return self.y + self.height // 2


@record(kw_only=True)
class Layout:
    """Boxes by the keys of nodes; for each edge, in the graph's order, the points it passes; columns' left and width."""

    boxes: Mapping[str, Box]
    routes: tuple[tuple[Point, ...], ...]
    columns: tuple[tuple[int, int, int], ...]
    """Number of the graph's column, left edge, width."""
    width: int
    height: int


@record(eq=False)
class _Slot:
    """A node, or one column's piece of an edge that passes through it."""

    rank: int
    height: int
    node: Node | None = None
    before: list[_Slot] = field(default_factory=list)
    after: list[_Slot] = field(default_factory=list)


def layout(graph: Graph, sizes: Mapping[str, Size], top: int = 0) -> Layout:
    """Return where the nodes of ``sizes`` go; ``top`` stays free above them."""
    used = sorted({node.kind.column for node in graph.nodes})
    rank = {node.key: used.index(node.kind.column) for node in graph.nodes}
    slots = {node.key: _Slot(rank[node.key], sizes[node.key][1], node) for node in graph.nodes}
    chains = [_chain(edge, slots) for edge in graph.edges]
    columns: list[list[_Slot]] = [[] for _ in used]
    for node in sorted(graph.nodes, key=_gravest_first):
        columns[rank[node.key]].append(slots[node.key])
    for chain in chains:
        for slot in chain[1:-1]:
            columns[slot.rank].append(slot)
    columns = _untangled(columns)
    heights = _heights(columns)
    return _placed(graph, sizes, used, columns, heights, chains, top)


def _gravest_first(node: Node) -> tuple[object, ...]:
    path = (node.span.path, node.span.line, node.span.column) if node.span is not None else ("", 0, 0)
    return (not node.root, -(node.severity if node.severity is not None else -1), path)


def _chain(edge: Edge, slots: Mapping[str, _Slot]) -> list[_Slot]:
    """Return an edge's slots from left to right: its ends, and one piece for each column between them."""
    ends = sorted((slots[edge.source], slots[edge.target]), key=lambda slot: slot.rank)
    chain = [ends[0], *(_Slot(rank, LANE) for rank in range(ends[0].rank + 1, ends[1].rank)), ends[1]]
    if ends[0].rank != ends[1].rank:
        for left, right in pairwise(chain):
            left.after.append(right)
            right.before.append(left)
    return chain


def _untangled(columns: list[list[_Slot]]) -> list[list[_Slot]]:
    """Order each column by its neighbours' middle, to and fro; keep the order with the fewest crossings."""
    best, fewest = [list(column) for column in columns], _crossings(columns)
    for sweep in range(SWEEPS):
        forward = sweep % 2 == 0
        indices = range(1, len(columns)) if forward else range(len(columns) - 2, -1, -1)
        for index in indices:
            beside = columns[index - 1 if forward else index + 1]
            position = {slot: number for number, slot in enumerate(beside)}
            own = {slot: number for number, slot in enumerate(columns[index])}
            columns[index].sort(key=lambda slot: _barycentre(slot, position, own, forward=forward))
        count = _crossings(columns)
        if count < fewest:
            best, fewest = [list(column) for column in columns], count
        if not count:
            break
    return best


def _barycentre(
    slot: _Slot, position: Mapping[_Slot, int], own: Mapping[_Slot, int], *, forward: bool
) -> tuple[float, int]:
    near = [position[other] for other in (slot.before if forward else slot.after)]
    return (sum(near) / len(near) if near else own[slot], own[slot])


def _crossings(columns: Sequence[Sequence[_Slot]]) -> int:
    """Return how many edges cross between neighbouring columns: inversions, counted by halves."""
    total = 0
    for left, right in pairwise(columns):
        position = {slot: number for number, slot in enumerate(right)}
        total += _inversions([each for slot in left for each in sorted(position[other] for other in slot.after)])[1]
    return total


def _inversions(values: list[int]) -> tuple[list[int], int]:
    if len(values) < 2:
        return values, 0
    half = len(values) // 2
    (low, first), (high, second) = _inversions(values[:half]), _inversions(values[half:])
    merged: list[int] = []
    count, index = first + second, 0
    for value in high:
        while index < len(low) and low[index] <= value:
            merged.append(low[index])
            index += 1
        count += len(low) - index
        merged.append(value)
    return merged + low[index:], count


def _heights(columns: Sequence[Sequence[_Slot]]) -> dict[_Slot, float]:
    """Return the height of each slot's middle: near its neighbours', and apart in its column."""
    middle: dict[_Slot, float] = {}
    for column in columns:
        middle |= {slot: float(y) for slot, y in zip(column, _apart(column, [0.0] * len(column)), strict=True)}
    for sweep in range(2 * SWEEPS):
        for column in columns if sweep % 2 == 0 else reversed(columns):
            wanted = [_wanted(slot, middle) for slot in column]
            middle |= dict(zip(column, _apart(column, wanted), strict=True))
    return middle


def _wanted(slot: _Slot, middle: Mapping[_Slot, float]) -> float:
    near = [middle[other] for other in (*slot.before, *slot.after)]
    return sum(near) / len(near) if near else middle[slot]


def _apart(column: Sequence[_Slot], wanted: Sequence[float]) -> list[float]:
    """Return the heights nearest to those wanted (least squares) that keep order and distance: pooled neighbours."""
    offsets, offset = [], 0.0
    for index, slot in enumerate(column):
        if index:
            offset += (column[index - 1].height + slot.height) / 2 + SPACE
        offsets.append(offset)
    pools: list[tuple[float, int]] = []
    for target, shift in zip(wanted, offsets, strict=True):
        mean, size = target - shift, 1
        while pools and pools[-1][0] > mean:
            other, count = pools.pop()
            mean, size = (mean * size + other * count) / (size + count), size + count
        pools.append((mean, size))
    means = [mean for mean, size in pools for _ in range(size)]
    return [mean + shift for mean, shift in zip(means, offsets, strict=True)]


def _placed(
    graph: Graph, sizes: Mapping[str, Size], used: Sequence[int], columns: Sequence[Sequence[_Slot]],
    middle: Mapping[_Slot, float], chains: Iterable[Sequence[_Slot]], top: int,
) -> Layout:  # fmt: skip
    slots = [slot for column in columns for slot in column]
    shift = top - min((middle[slot] - slot.height / 2 for slot in slots), default=0.0)
    widths = [0] * len(used)
    for slot in slots:
        if slot.node is not None:
            widths[slot.rank] = max(widths[slot.rank], sizes[slot.node.key][0])
    lefts, left = [], 0
    for width in widths:
        lefts.append(left)
        left += width + GAP
    y = {slot: round(middle[slot] + shift) for slot in slots}
    boxes: dict[str, Box] = {}
    for slot in slots:
        if slot.node is not None:
            boxes[slot.node.key] = Box(lefts[slot.rank], y[slot] - slot.height // 2, widths[slot.rank], slot.height)
    routes = []
    for edge, chain in zip(graph.edges, chains, strict=True):
        lanes = [(lefts[slot.rank], y[slot], widths[slot.rank]) for slot in chain[1:-1]]
        routes.append(_route(boxes[edge.source], boxes[edge.target], lanes))
    bottom = max((box.y + box.height for box in boxes.values()), default=top)
    return Layout(
        boxes=boxes,
        routes=tuple(routes),
        columns=tuple((number, lefts[index], widths[index]) for index, number in enumerate(used)),
        width=max(left - GAP, 0),
        height=max([bottom, *(y[slot] for slot in slots)]),
    )


def _route(source: Box, target: Box, lanes: Sequence[tuple[int, int, int]]) -> tuple[Point, ...]:
    """Return the points of an edge: it leaves to the right and arrives from the left, backwards the other way."""
    if source.x == target.x:
        return ((source.x + source.width, source.middle), (target.x + target.width, target.middle))
    through = [point for x, y, width in lanes for point in ((x, y), (x + width, y))]
    if source.x < target.x:
        return ((source.x + source.width, source.middle), *through, (target.x, target.middle))
    return ((source.x, source.middle), *reversed(through), (target.x + target.width, target.middle))
