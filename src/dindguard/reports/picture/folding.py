"""A picture that stays one: what is alike is drawn once, and of too much the gravest ways remain."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence

from dindguard.records import replace
from dindguard.reports.picture.graph import Edge, Graph, Kind, Node

LEGIBLE = 40
"""From so many nodes on, what is alike is drawn once."""
ALIKE = 3
"""So many that are alike become one."""
TIMES = "\N{MULTIPLICATION SIGN}"
MOST = 300
"""So many nodes are drawn at most."""


def legible(graph: Graph, most: int = MOST) -> Graph:
    """Return a graph that can be drawn: folded when it is large, cut to the gravest ways when it is too large."""
    return gravest(folded(graph) if len(graph.nodes) > LEGIBLE else graph, most)


def folded(graph: Graph) -> Graph:
    """Draw once what is of one kind, as grave, and leads to the same: thirty jobs with an engine each."""
    alike: dict[int, list[Node]] = defaultdict(list)
    numbers = _numbers(graph)
    for node in graph.nodes:
        alike[numbers[node.key]].append(node)
    instead: dict[str, Node] = {}
    for group in alike.values():
        stack = _stack(group) if len(group) >= ALIKE else None
        instead |= {node.key: stack or node for node in group}
    edges: dict[tuple[str, str], Edge] = {}
    for edge in graph.edges:
        ends = instead[edge.source].key, instead[edge.target].key
        known = edges.get(ends)
        if known is None or (edge.passes and not known.passes):
            edges[ends] = replace(edge, source=ends[0], target=ends[1])
    nodes = tuple({node.key: node for node in instead.values()}.values())
    return replace(graph, nodes=nodes, edges=tuple(edges.values()))


def _numbers(graph: Graph) -> Mapping[str, int]:
    """Number the nodes so that alike ones get one number, from the right to the left: what they lead to counts."""
    after: dict[str, list[Edge]] = defaultdict(list)
    column = {node.key: node.kind.column for node in graph.nodes}
    for edge in graph.edges:
        after[edge.source].append(edge)
    numbers: dict[str, int] = {}
    known: dict[tuple[object, ...], int] = {}
    for node in sorted(graph.nodes, key=lambda node: -node.kind.column):
        ahead = []
        for edge in after[node.key]:
            onward = column[edge.target] > column[node.key]
            ahead.append((edge.label, edge.passes, str(numbers[edge.target] if onward else edge.target)))
        own = node.sort if node.kind is Kind.CONTAINER else node.label
        what = (node.kind, own, node.notes, node.severity, node.root, tuple(sorted(ahead)))
        numbers[node.key] = known.setdefault(what, len(known))
    return numbers


def _stack(group: list[Node]) -> Node:
    """Return one node that stands for a group."""
    first = group[0]
    keys = tuple(node.key for node in group)
    paths = tuple(dict.fromkeys(path for node in group for path in node.paths))
    if first.kind is not Kind.CONTAINER:
        label, notes = f"{first.label} ({TIMES}{len(group)})", (*first.notes, "one for each")
        return replace(first, label=label, notes=notes, keys=keys, paths=paths)
    names = tuple(node.name for node in group)
    return replace(first, label=f"{len(group)} {TIMES} {first.sort}", members=names, keys=keys, paths=paths)


def gravest(graph: Graph, most: int) -> Graph:
    """Keep the ways of the gravest who act until ``most`` nodes are used; the graph says what it left out."""
    if len(graph.nodes) <= most:
        return graph
    after: dict[str, list[str]] = defaultdict(list)
    for edge in graph.edges:
        after[edge.source].append(edge.target)
    kept: set[str] = set()
    acting = sorted((node for node in graph.nodes if node.kind.column in (0, 3)), key=_gravity)
    left = 0
    for node in acting:
        way = _reached(node.key, after, kept)
        if len(kept) + len(way) <= most:
            kept |= way
        elif node.key not in kept and node.kind.column == 0:
            left += max(len(node.keys), 1)
    nodes = tuple(node for node in graph.nodes if node.key in kept)
    edges = tuple(edge for edge in graph.edges if edge.source in kept and edge.target in kept)
    words = f"of those that reach something, the {left} least grave are left out: a picture takes {most} boxes"
    return replace(graph, nodes=nodes, edges=edges, left_out=(*graph.left_out, words))


def _gravity(node: Node) -> tuple[object, ...]:
    return (not node.root, -(node.severity if node.severity is not None else -1), -len(node.keys))


def _reached(key: str, after: Mapping[str, Sequence[str]], known: set[str]) -> set[str]:
    found: set[str] = set()
    waiting = [key]
    while waiting:
        each = waiting.pop()
        if each not in found and each not in known:
            found.add(each)
            waiting.extend(after.get(each, ()))
    return found


def gravest_way(graph: Graph) -> Graph:
    """Return the shortest way to root of the gravest who act, and nothing else; an empty graph when there is none."""
    after: dict[str, list[Edge]] = defaultdict(list)
    for edge in graph.edges:
        if edge.way:
            after[edge.source].append(edge)
    able = [node for node in graph.nodes if node.root and after[node.key]]
    if not able:
        return Graph()
    edges = _shortest(min(able, key=_acting_first), after, graph)
    keys = [edges[0].source, *(edge.target for edge in edges)]
    return Graph(nodes=tuple(graph.by_key[key] for key in keys), edges=tuple(edges))


def _acting_first(node: Node) -> tuple[object, ...]:
    return (node.kind is not Kind.CONTAINER, *_gravity(node))


def _shortest(node: Node, after: Mapping[str, Sequence[Edge]], graph: Graph) -> list[Edge]:
    """Return the fewest edges that lead from a node to a machine; every node that has any leads to one."""
    came: dict[str, Edge | None] = {node.key: None}
    waiting = deque([node.key])
    while True:
        key = waiting.popleft()
        if graph.by_key[key].kind is Kind.MACHINE:
            break
        for edge in after.get(key, ()):
            if edge.target not in came:
                came[edge.target] = edge
                waiting.append(edge.target)
    way: list[Edge] = []
    while (step := came[key]) is not None:
        way.append(step)
        key = step.source
    return way[::-1]
