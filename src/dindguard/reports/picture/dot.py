"""The picture in Graphviz's language, one rank for each column."""

from __future__ import annotations

from collections import defaultdict

from dindguard.reports import safe
from dindguard.reports.picture.graph import HEADINGS, Edge, Graph, Kind, Node

_SHAPES = {
    Kind.OUTSIDER: "oval", Kind.CONTAINER: "box", Kind.NETWORK: "oval", Kind.SOCKET: "hexagon", Kind.LISTENER: "hexagon",
    Kind.PROXY: "hexagon", Kind.PRIVILEGE: "hexagon", Kind.ENGINE: "component", Kind.STORAGE: "cylinder",
    Kind.MACHINE: "box3d",
}  # fmt: skip
_WAY = "#b3123b"


def document(graph: Graph) -> str:
    """Return the file."""
    lines = ["digraph dindguard {", '  rankdir=LR; node [fontname="sans-serif" fontsize=11]; edge [color="#8c959f"];']
    if graph.counts:
        lines.append(f"  labelloc=b; label={_quoted('; '.join((*graph.counts, *graph.left_out)))};")
    columns: dict[int, list[Node]] = defaultdict(list)
    for node in graph.nodes:
        columns[node.kind.column].append(node)
    for number in sorted(columns):
        lines.append(f"  subgraph {_quoted(HEADINGS[number])} {{ rank=same;")
        lines += [f"    {_node(node)}" for node in columns[number]]
        lines.append("  }")
    lines += [f"  {_edge(edge)}" for edge in graph.edges]
    return safe.log("\n".join([*lines, "}", ""]))


def _node(node: Node) -> str:
    words = "\n".join(node.lines)
    more = f' color="{_WAY}" penwidth=2' if node.root else ""
    return f"{node.key} [shape={_SHAPES[node.kind]} label={_quoted(words)}{more}];"


def _edge(edge: Edge) -> str:
    style = f'color="{_WAY}" penwidth=2.4' if edge.way else "" if edge.passes else "style=dashed"
    label = f"tooltip={_quoted(edge.label)}" if edge.label else ""
    given = " ".join(filter(None, (style, label)))
    return f"{edge.source} -> {edge.target}{f' [{given}]' if given else ''};"


def _quoted(text: str) -> str:
    """Return a quoted text; a backslash would start one of Graphviz's escapes, so it is doubled."""
    plain = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "\\n".join(safe.visible(line) for line in plain.split("\n")) + '"'
