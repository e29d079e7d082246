"""Who reaches what on the page: the picture, whose boxes lead to their containers, and the same in words."""

from __future__ import annotations

from collections.abc import Iterator

from dindguard.reports import plural, sentence
from dindguard.reports.html.writing import Writer
from dindguard.reports.picture import believed, building, folding, svg
from dindguard.reports.picture.graph import Graph

MOST = 200
"""Ways that are told in words."""

ON_PAPER = 30
"""Ways of these that are printed."""


def section(writer: Writer) -> Iterator[str]:
    """Yield the picture; its sentence alone when nobody reaches anything."""
    graph = building.build(writer.report, writer.masks)
    if not graph.nodes and not writer.report.model.containers:
        return
    drawn = folding.legible(graph)
    yield '<section id="picture" aria-labelledby="picture-title">'
    yield '<h2 id="picture-title">Who reaches what</h2>'
    first, *others = (*drawn.counts, *drawn.left_out)
    yield f'<p class="lead"><strong>{writer.text(sentence(first))}</strong> {writer.text(" ".join(map(sentence, others)))}</p>'
    if not graph.nodes:
        yield "</section>"
        return
    yield '<div class="scroll" tabindex="0" role="region" aria-labelledby="picture-title">'
    yield f"{svg.drawing(drawn, _links(writer, drawn))}</div>"
    yield from _stacks(writer, graph, drawn)
    yield from _words(writer)
    yield "</section>"


def _links(writer: Writer, drawn: Graph) -> dict[str, str]:
    """Return where the boxes lead: to the container, or to the list of those that a box stands for."""
    links = {}
    for node in drawn.nodes:
        if len(node.keys) > 1:
            links[node.key] = f"#stack-{node.key}"
        elif node.about is not None:
            links[node.key] = f"#{writer.id_of(node.about)}"
    return links


def _stacks(writer: Writer, graph: Graph, drawn: Graph) -> Iterator[str]:
    """Yield, for each box that stands for several containers, the list of them."""
    for node in drawn.nodes:
        members = [graph.by_key[key] for key in node.keys]
        if len(members) < 2:
            continue
        listed = []
        for member in members[:MOST]:
            label = f"{writer.text(member.label)} {writer.place(member.span) if member.span is not None else ''}"
            about = member.about
            listed.append(
                f'<li><a href="#{writer.id_of(about)}">{label}</a></li>' if about is not None else f"<li>{label}</li>"
            )
        if len(members) > MOST:
            listed.append(f"<li>and {len(members) - MOST} more</li>")
        yield (
            f'<details class="stack" id="stack-{node.key}"><summary>{writer.text(node.label)} in the picture</summary>'
            f"<ul>{''.join(listed)}</ul></details>"
        )


def _words(writer: Writer) -> Iterator[str]:
    """Yield each way to root in words, for those who do not see the picture."""
    ways = [(each, each.escape) for each in writer.report.model.containers if each.escape is not None]
    if not ways:
        return
    yield f'<details id="ways"><summary>{plural(len(ways), "way")} to root, in words</summary><ul class="ways">'
    for number, (container, escape) in enumerate(ways[:MOST]):
        link = f'<a href="#{writer.id_of(container)}">{writer.text(believed.label_of(container))}</a>'
        where = "" if number < ON_PAPER else ' class="screen"'
        yield f"<li{where}>{link} {writer.steps(escape.steps)}</li>"
    if len(ways) > ON_PAPER:
        yield f'<li class="paper">and {plural(len(ways) - ON_PAPER, "more")}, which the page has on a screen</li>'
    if len(ways) > MOST:
        yield f'<li class="screen">and {plural(len(ways) - MOST, "more")}: dindguard model -f json has them all</li>'
    yield "</ul></details>"
