"""The picture as SVG: shape by kind, colour by severity, thick lines for the ways to root; light and dark."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from dindguard.reports import safe
from dindguard.reports.picture.graph import HEADINGS, Edge, Graph, Kind, Node
from dindguard.reports.picture.layout import Box, Layout, Point, Size, layout
from dindguard.reports.terminal import cells

LABEL = 7.25
"""The width of a character of a label: 12 px, 0.6 em in every common monospaced font."""
NOTE = 6.1
"""The same for the notes: 11 px of the common sans-serif fonts, wide letters included."""
MOST = 34
"""Characters of a label; longer ones are cut in the middle, and whole in the tooltip."""
HEAD = 34
PAD = 16

STYLE = """
.picture { --ink: #1c2128; --dim: #57606a; --line: #8c959f; --fill: #fff; --soft: #f0f2f5; --way: #b3123b;
  --critical: #8f2bb8; --high: #c62828; --medium: #8f5600; --low: #1766b5; --info: #4d6470; }
@media (prefers-color-scheme: dark) { .picture { --ink: #dde3ea; --dim: #9aa4af; --line: #6b7580; --fill: #1c2128;
  --soft: #262c35; --way: #ff8095; --critical: #d38bf2; --high: #ff7b72; --medium: #e3a341; --low: #6cb0f5;
  --info: #9fb4c0; } }
@media print { .picture { --ink: #000; --dim: #444; --line: #777; --fill: #fff; --soft: #eee; --way: #a00030;
  --critical: #8f2bb8; --high: #c62828; --medium: #8f5600; --low: #1766b5; --info: #4d6470; } }
.picture text { font: 11px system-ui, "Segoe UI", Roboto, "Liberation Sans", Arial, sans-serif; fill: var(--dim); }
.picture .label { font: 600 12px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: var(--ink); }
.picture .loud { font-weight: 700; fill: var(--way); }
.picture .heading { font-weight: 600; text-transform: uppercase; letter-spacing: .08em; }
.picture .shape { fill: var(--fill); stroke: var(--line); stroke-width: 1.2; }
.picture .network .shape, .picture .outsider .shape { fill: var(--soft); }
.picture .outsider .shape { stroke-dasharray: 5 3; }
.picture .root .shape { stroke: var(--way); stroke-width: 2; }
.picture .machine.root .shape { fill: var(--way); } .picture .machine.root text { fill: var(--fill); }
.picture .edge { fill: none; stroke: var(--line); stroke-width: 1.2; stroke-dasharray: 5 4; }
.picture .edge.passes { stroke-dasharray: none; }
.picture .edge.way { stroke: var(--way); stroke-width: 2.4; }
.picture .tip { fill: var(--line); } .picture .tip.way { fill: var(--way); }
.picture .badge { fill: var(--tone); } .picture .letter { font-weight: 700; fill: var(--fill); text-anchor: middle; }
.picture .critical { --tone: var(--critical); } .picture .high { --tone: var(--high); }
.picture .medium { --tone: var(--medium); } .picture .low { --tone: var(--low); } .picture .info { --tone: var(--info); }
.picture a { cursor: pointer; } .picture a:focus-visible .shape, .picture a:hover .shape { stroke-width: 3.4; }
.picture a:focus { outline: none; }
"""


def document(graph: Graph) -> str:
    """Return a file of its own: the picture with its style, without links."""
    body = drawing(graph, style=STYLE)
    return safe.log_markup(f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n')


def drawing(graph: Graph, links: Mapping[str, str] | None = None, style: str = "") -> str:
    """Return the ``svg`` element. ``links`` are the places that nodes lead to, by their keys.

    With a ``style`` of its own it stands alone, and says below what it shows and leaves out.
    """
    sizes = {node.key: _size(node) for node in graph.nodes}
    placed = layout(graph, sizes, HEAD)
    legend = _legend(graph, placed)
    notes = [*graph.counts, *graph.left_out] if style else []
    width = max(placed.width, 560)
    height = placed.height + 28 + 20 * len(legend) + 16 * len(notes)
    view = f"{-PAD} {-PAD} {width + 2 * PAD} {height + 2 * PAD}"
    head = (
        f'<svg class="picture" xmlns="http://www.w3.org/2000/svg" viewBox="{view}" width="{width + 2 * PAD}" '
        f'height="{height + 2 * PAD}" role="group" aria-label="{safe.markup(_summary(graph))}">'
    )
    parts = [
        head,
        *([f"<style>{style}</style>"] if style else []),
        *_headings(placed),
        *(
            _edge(edge, route, graph)
            for edge, route in sorted(zip(graph.edges, placed.routes, strict=True), key=lambda pair: pair[0].way)
        ),
        *(_node(node, placed.boxes[node.key], (links or {}).get(node.key, "")) for node in graph.nodes),
        *legend,
        *(
            f'<text x="0" y="{placed.height + 28 + 20 * len(legend) + 16 * number}">{safe.markup(note)}</text>'
            for number, note in enumerate(notes)
        ),
        "</svg>",
    ]
    return "\n".join(parts)


def _summary(graph: Graph) -> str:
    return "; ".join(["Who reaches what", *graph.counts, *graph.left_out])


def shortened(text: str, most: int = MOST) -> str:
    """Return a label that fits, cut in the middle: both ends of a path or an address tell more than its middle."""
    if cells(text) <= most:
        return text
    keep = most - 1
    while True:
        head = keep * 3 // 5
        short = f"{text[:head]}…{text[len(text) - (keep - head) :]}"
        if cells(short) <= most:
            return short
        keep -= 1


def _size(node: Node) -> Size:
    label, *notes = _lines(node)
    badge = 24 if node.severity is not None else 0
    widest = max([cells(label) * LABEL + badge, *(cells(note) * NOTE for note in notes)])
    return round(widest) + 30, 28 + 15 * len(notes) + (8 if node.kind is Kind.STORAGE else 0)


def _lines(node: Node) -> list[str]:
    label, *notes = node.lines
    return [shortened(label), *(shortened(note, MOST + 6) for note in notes)]


def _headings(placed: Layout) -> Iterator[str]:
    for number, left, _ in placed.columns:
        yield f'<text class="heading" x="{left}" y="8">{HEADINGS[number]}</text>'


def _node(node: Node, box: Box, link: str) -> str:
    tone = node.severity.word if node.severity is not None else ""
    names = " ".join(filter(None, ("node", node.kind.name.lower(), "root" if node.root else "", tone)))
    parts = [f'<g class="{names}">', f"<title>{safe.markup(node.title)}</title>", *_shape(node, box)]
    x, y = box.x + 14, box.y + (24 if node.kind is Kind.STORAGE else 19)
    label, *notes = _lines(node)
    parts.append(f'<text class="label" x="{x}" y="{y}">{safe.markup(label)}</text>')
    for number, note in enumerate(notes, 1):
        loud = ' class="loud"' if node.obeys_anyone else ""
        parts.append(f'<text{loud} x="{x}" y="{y + 15 * number}">{safe.markup(note)}</text>')
    if tone:
        right = box.x + box.width - 15
        parts.append(f'<circle class="badge" cx="{right}" cy="{box.y + 15}" r="8"/>')
        parts.append(f'<text class="letter" x="{right}" y="{box.y + 19}">{tone[0].upper()}</text>')
    group = "".join([*parts, "</g>"])
    return f'<a href="{safe.markup(link)}" aria-label="{safe.markup(node.title)}">{group}</a>' if link else group


def _shape(node: Node, box: Box) -> Iterator[str]:
    x, y, w, h = box.x, box.y, box.width, box.height
    kind = node.kind
    if len(node.keys) > 1:
        yield f'<rect class="shape" x="{x + 4}" y="{y + 4}" width="{w}" height="{h}" rx="6"/>'
    if kind in (Kind.SOCKET, Kind.LISTENER, Kind.PROXY, Kind.PRIVILEGE):
        yield f'<path class="shape" d="{_hexagon(x, y, w, h)}"/>'
        if kind is Kind.PROXY:
            yield f'<path class="shape" d="{_hexagon(x + 4, y + 4, w - 8, h - 8)}"/>'
    elif kind is Kind.STORAGE:
        yield f'<path class="shape" d="{_cylinder(x, y, w, h)}"/>'
    else:
        round_by = {Kind.NETWORK: h // 2, Kind.OUTSIDER: h // 2, Kind.MACHINE: 0, Kind.ENGINE: 2}.get(kind, 7)
        yield f'<rect class="shape" x="{x}" y="{y}" width="{w}" height="{h}" rx="{round_by}"/>'
        if kind is Kind.ENGINE:
            yield f'<path class="shape" d="M{x + 6} {y}V{y + h}M{x + w - 6} {y}V{y + h}"/>'


def _hexagon(x: int, y: int, w: int, h: int) -> str:
    return f"M{x + 8} {y}H{x + w - 8}L{x + w} {y + h // 2}L{x + w - 8} {y + h}H{x + 8}L{x} {y + h // 2}Z"


def _cylinder(x: int, y: int, w: int, h: int) -> str:
    return f"M{x} {y + 4}a{w // 2} 5 0 0 1 {w} 0V{y + h - 4}a{w // 2} 5 0 0 1 {-w} 0Zm0 0a{w // 2} 5 0 0 0 {w} 0"


def _edge(edge: Edge, route: Sequence[Point], graph: Graph) -> str:
    names = " ".join(filter(None, ("edge", "passes" if edge.passes else "", "way" if edge.way else "")))
    source, target = graph.by_key[edge.source].label, graph.by_key[edge.target].label
    title = " ".join(filter(None, (source, edge.label or "reaches", target)))
    (x, y), back = route[-1], route[-1][0] < route[0][0] or route[0][0] == route[-1][0]
    tip = f"M{x} {y}l{8 if back else -8} -4v8Z"
    return (
        f'<g><title>{safe.markup(title)}</title><path class="{names}" d="{_curve(route)}"/>'
        f'<path class="tip{" way" if edge.way else ""}" d="{tip}"/></g>'
    )


def _curve(route: Sequence[Point]) -> str:
    (x, y), parts = route[0], [f"M{route[0][0]} {route[0][1]}"]
    if len(route) == 2 and route[0][0] == route[1][0]:
        x2, y2 = route[1]
        return f"{parts[0]}C{x + 46} {y} {x2 + 46} {y2} {x2} {y2}"
    for to_x, to_y in route[1:]:
        bend = (to_x - x) // 2
        parts.append(f"H{to_x}" if to_y == y else f"C{x + bend} {y} {to_x - bend} {to_y} {to_x} {to_y}")
        x, y = to_x, to_y
    return "".join(parts)


def _legend(graph: Graph, placed: Layout) -> list[str]:
    """Return the lines that say what strokes and letters mean; only what the picture has."""
    y = placed.height + 30
    items = [("way", "a way to root")] if any(edge.way for edge in graph.edges) else []
    items += (
        [("passes", "commands, but no way to root is shown")]
        if any(e.passes and not e.way for e in graph.edges)
        else []
    )
    items += (
        [("", "reaches, and is held back or only touches")] if any(not edge.passes for edge in graph.edges) else []
    )
    parts, x = [], 0
    for names, words in items:
        passes = "passes " if names == "way" else ""
        parts.append(
            f'<path class="edge {passes}{names}" d="M{x} {y - 4}h28"/><text x="{x + 34}" y="{y}">{words}</text>'
        )
        x += 56 + round(len(words) * 6)
    severities = sorted({node.severity for node in graph.nodes if node.severity is not None}, reverse=True)
    for severity in severities:
        parts.append(
            f'<g class="{severity.word}"><circle class="badge" cx="{x + 8}" cy="{y - 4}" r="8"/>'
            f'<text class="letter" x="{x + 8}" y="{y}">{severity.word[0].upper()}</text>'
            f'<text x="{x + 20}" y="{y}">{severity.word}</text></g>'
        )
        x += 34 + round(len(severity.word) * 6.2)
    return ["<g>" + "".join(parts) + "</g>"] if parts else []
