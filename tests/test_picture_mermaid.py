"""What Mermaid itself, in a real browser, makes of our pictures: every box, every edge, every sign of a name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from browser import MISSING, PROGRAM, Page, browser
from dindguard.reports.picture import folding, mermaid
from dindguard.reports.picture.graph import Edge, Graph, Kind, Node
from dindguard.reports.picture.svg import shortened
from dindguard.rules import Severity
from test_picture import EVIL, STACK, graph_of, hostile

MERMAID = Path(__file__).parent / "oracles/node_modules/mermaid/dist/mermaid.min.js"

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(PROGRAM is None, reason=MISSING),
    pytest.mark.skipif(not MERMAID.exists(), reason="mermaid is not installed: npm ci --prefix tests/oracles"),
]

DRAW = """
(async () => {
  mermaid.initialize({startOnLoad: false, securityLevel: 'strict'});
  let drawn;
  try { drawn = await mermaid.render('picture', %s); } catch (error) { return {error: String(error)}; }
  const svg = new DOMParser().parseFromString(drawn.svg, 'text/html');
  const all = (selector) => [...svg.querySelectorAll(selector)];
  const words = (element) => element.textContent.replace(/\\s+/g, ' ').trim();
  return {
    boxes: all('g.node').map(words), edges: all('.edgePaths path, .edges path.flowchart-link').length,
    labels: all('.edgeLabel').map(words).filter((text) => text),
    harm: all('script, img, iframe, a[href], [onerror], [onload]').map((element) => element.outerHTML),
    error: ['Syntax error', 'Maximum text size'].find((said) => svg.body.textContent.includes(said)) || '',
  };
})()
"""


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with browser() as found:
        yield found


def drawn(page: Page, folder: Path, text: str) -> dict[str, Any]:
    """Return what Mermaid draws, by the settings that GitHub and GitLab leave as they are."""
    file = folder / "page.html"
    file.write_text(f'<!doctype html><meta charset="utf-8"><script src="{MERMAID.as_uri()}"></script>')
    page.open(file)
    found: dict[str, Any] = page.run(DRAW % json.dumps(text))
    return found


def one_line(text: str) -> str:
    return " ".join(shortened(" ".join(text.split()), mermaid.LONGEST).split())


def check(found: dict[str, Any], graph: Graph) -> None:
    assert not found["error"], found["error"]
    assert found["harm"] == []
    assert len(found["boxes"]) == len(graph.nodes)
    assert found["edges"] == len(graph.edges)
    for node in graph.nodes:
        assert any(shortened(node.lines[0], mermaid.LONGEST).split("'")[0].strip() in box for box in found["boxes"])


def test_a_whole_picture_and_its_gravest_way(page: Page, tmp_path: Path) -> None:
    graph = graph_of(tmp_path, STACK)
    for picture in (graph, folding.gravest_way(graph)):
        check(drawn(page, tmp_path, mermaid.document(picture)), picture)


def test_an_empty_picture(page: Page, tmp_path: Path) -> None:
    assert not drawn(page, tmp_path, mermaid.document(Graph()))["error"]


def test_names_say_what_they_say_and_do_nothing(page: Page, tmp_path: Path) -> None:
    graph = hostile()
    found = drawn(page, tmp_path, mermaid.document(graph))
    assert not found["error"]
    assert found["harm"] == []
    assert len(found["boxes"]) == len(graph.nodes)
    start = 'a"]; x --> y\\N %%{init: {}}%% <'
    assert all(start in box for box in found["boxes"]), found["boxes"][0]
    assert all(start in label for label in found["labels"])


@pytest.mark.parametrize(
    "name",
    ["end", "graph", "subgraph x", "click a href", "style", "default", "1. list", "- item", "`code`", "**bold**", "_it_",
     "a & b", "a;b", "&lt;b&gt;", "#35;", "ünïcødé 漢字 🚢", "o--o", "x==x", "{{ .Values.x }}", "${X:-y}", "@{ shape: x }",
     "[a](http://b)", "http://example.com", "$$x^2$$", "a<br>b", ":::root", EVIL[:20]],
)  # fmt: skip
def test_a_name_is_drawn_as_it_is_written(page: Page, tmp_path: Path, name: str) -> None:
    nodes = tuple(Node(key=f"k{n}", kind=kind, label=name) for n, kind in enumerate(Kind))
    edges = tuple(Edge(source=a.key, target=b.key, label=name, passes=False) for a, b in pairwise(nodes))
    found = drawn(page, tmp_path, mermaid.document(Graph(nodes=nodes, edges=edges)))
    assert not found["error"]
    assert all(one_line(name) in box for box in found["boxes"]), found["boxes"]
    assert len(found["boxes"]) == len(nodes)
    assert all(label == one_line(name) for label in found["labels"])


def dense(count: int) -> Graph:
    """Return containers of which no two are alike, each with three ways to the host."""
    nodes = [
        Node(key=f"c{n}", kind=Kind.CONTAINER, label=f"service '{'x' * 50}{n}'", notes=(f"{n}" * 9,), root=True,
             severity=Severity.CRITICAL, paths=(f"{'y' * 60}/{n}",))
        for n in range(count)
    ]  # fmt: skip
    doors = [Node(key=f"s{n}", kind=Kind.SOCKET, label=f"/run/{n}.sock") for n in range(8)]
    host = Node(key="m", kind=Kind.MACHINE, label="the host", root=True)
    edges = [Edge(source=f"c{n}", target=f"s{(n + d) % 8}", way=True) for n in range(count) for d in (0, 3, 5)]
    edges += [Edge(source=door.key, target="m", way=True) for door in doors]
    return Graph(nodes=(*nodes, *doors, host), edges=tuple(edges))


def test_the_largest_picture_is_within_mermaids_limits(page: Page, tmp_path: Path) -> None:
    graph = mermaid.drawable(dense(400))
    assert len(graph.edges) <= mermaid.MOST_EDGES
    assert "least grave are left out" in graph.left_out[0]
    check(drawn(page, tmp_path, mermaid.document(graph)), graph)
    whole = mermaid.document(folding.legible(dense(400)))
    assert drawn(page, tmp_path, whole)["error"] == "Maximum text size"
    edges = [Edge(source=f"c{n}", target=f"s{d}") for n in range(80) for d in range(7)]
    nodes = [
        Node(key=key, kind=Kind.SOCKET, label=key)
        for key in dict.fromkeys(e for x in edges for e in (x.source, x.target))
    ]
    many = mermaid.document(Graph(nodes=tuple(nodes), edges=tuple(edges)))
    assert "Edge limit exceeded" in drawn(page, tmp_path, many)["error"]
