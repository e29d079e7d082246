"""The picture as plain data, for ``dindguard model -f json``: everything, nothing folded or left out."""

from __future__ import annotations

from typing import Any

from dindguard.reports import shown_place
from dindguard.reports.picture.graph import Edge, Graph, Node


def data(graph: Graph) -> dict[str, Any]:
    """Return nodes and edges; empty facts are left out."""
    return {"nodes": [_node(node) for node in graph.nodes], "edges": [_edge(edge) for edge in graph.edges]}


def _node(node: Node) -> dict[str, Any]:
    facts = {
        "id": node.key,
        "kind": node.kind.word,
        "label": node.label,
        "notes": list(node.notes),
        "place": shown_place(node.span) if node.span is not None else "",
        "gravest_finding": node.severity.word if node.severity is not None else "",
        "can_become_root": node.root,
    }
    return {name: fact for name, fact in facts.items() if fact not in ("", [], None)}


def _edge(edge: Edge) -> dict[str, Any]:
    facts = {
        "from": edge.source,
        "to": edge.target,
        "label": edge.label,
        "passes": edge.passes,
        "way_to_root": edge.way,
    }
    return {name: fact for name, fact in facts.items() if fact != ""}
