"""The picture in Mermaid's language, which GitHub and GitLab draw in comments and summaries."""

from __future__ import annotations

from dindguard.patterns import regex
from dindguard.reports.picture import folding
from dindguard.reports.picture.graph import Edge, Graph, Kind, Node
from dindguard.reports.picture.svg import shortened

_SHAPES = {
    Kind.OUTSIDER: ("([", "])"), Kind.CONTAINER: ("(", ")"), Kind.NETWORK: ("([", "])"), Kind.SOCKET: ("{{", "}}"),
    Kind.LISTENER: ("{{", "}}"), Kind.PROXY: ("{{", "}}"), Kind.PRIVILEGE: ("{{", "}}"), Kind.ENGINE: ("[[", "]]"),
    Kind.STORAGE: ("[(", ")]"), Kind.MACHINE: ("[", "]"),
}  # fmt: skip
_STYLE = ("  classDef root stroke:#b3123b,stroke-width:3px", "  linkStyle default stroke:#8c959f")

LONGEST = 60
"""Longer lines of a box are cut in the middle."""

MOST_TEXT = 50_000
MOST_EDGES = 500
"""What Mermaid draws unless whoever shows it raises its ``maxTextSize`` and ``maxEdges``, which GitHub and GitLab do not
(mermaid.js.org, "Mermaid Config Schema")."""

_SPECIAL = regex(r"[^A-Za-z0-9 _.,/…-]")


def drawable(graph: Graph) -> Graph:
    """Return a graph that Mermaid draws: folded, and cut to the gravest ways until it is within its limits."""
    most = folding.MOST
    drawn = folding.legible(graph, most)
    while most > 1 and (len(drawn.edges) > MOST_EDGES or len(document(drawn)) > MOST_TEXT):
        most = most * 4 // 5
        drawn = folding.legible(graph, most)
    return drawn


def document(graph: Graph) -> str:
    """Return a flow chart; a text that a file brought is in quotes, and every sign in it that means something is coded."""
    lines = ["flowchart LR"]
    lines += [f"  {_node(node)}" for node in graph.nodes]
    lines += [f"  {_edge(edge)}" for edge in graph.edges]
    lines.append(_STYLE[0])
    if roots := [node.key for node in graph.nodes if node.root]:
        lines.append(f"  class {','.join(roots)} root")
    ways = ",".join(str(number) for number, edge in enumerate(graph.edges) if edge.way)
    lines += [f"  linkStyle {ways} stroke:#b3123b,stroke-width:3px"] if ways else []
    notes = [f"  %% {coded(note)}" for note in (*graph.counts, *graph.left_out)]
    return "\n".join([*lines, *notes, ""])


def _node(node: Node) -> str:
    left, right = _SHAPES[node.kind]
    words = "<br/>".join(coded(shortened(line, LONGEST)) for line in node.lines)
    return f'{node.key}{left}"{words}"{right}'


def _edge(edge: Edge) -> str:
    if edge.passes:
        return f"{edge.source} {'==>' if edge.way else '-->'} {edge.target}"
    return f"{edge.source} -.->{f'|{coded_label}|' if (coded_label := _label(edge)) else ''} {edge.target}"


def _label(edge: Edge) -> str:
    return f'"{coded(edge.label)}"' if edge.label else ""


def coded(text: str) -> str:
    """Return text in which no sign means anything to Mermaid, Markdown or HTML."""
    return _SPECIAL.sub(lambda found: f"#{ord(found[0])};", " ".join(text.split()))
