"""The picture of who reaches what: true to the model, legible, harmless, and the same each time."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner

from dindguard.cli import cli
from dindguard.reports import Options as ReportOptions
from dindguard.reports import render
from dindguard.reports.masking import Masks
from dindguard.reports.picture import believed, building, dot, folding, mermaid, svg
from dindguard.reports.picture.graph import Edge, Graph, Kind, Node, marked
from dindguard.reports.picture.layout import layout
from dindguard.rules import Severity
from dindguard.scanning import Options, scan
from fixture_files import fixtures

STACK = """\
services:
  dind:
    image: docker:27-dind
    privileged: true
    environment: {DOCKER_TLS_CERTDIR: ""}
    command: [--host=tcp://0.0.0.0:2375]
    volumes: [state:/var/lib/docker]
    ports: ["2375:2375"]
  second:
    image: docker:27-dind-rootless
    volumes: [state:/home/rootless/.local/share/docker]
  client:
    image: docker:27-cli
    environment: {DOCKER_HOST: "tcp://dind:2375"}
  bystander: {image: nginx:1.29}
  alone: {image: nginx:1.29, networks: [elsewhere]}
  portainer:
    image: portainer/portainer-ce:2.21.0
    volumes: ["/var/run/docker.sock:/var/run/docker.sock"]
  proxy:
    image: tecnativa/docker-socket-proxy:0.3.0
    environment: {CONTAINERS: 1}
    volumes: ["/var/run/docker.sock:/var/run/docker.sock:ro"]
    networks: [proxied]
  reader:
    image: traefik:3.3
    environment: {DOCKER_HOST: "tcp://proxy:2375"}
    networks: [proxied]
networks: {elsewhere: {}, proxied: {}}
volumes: {state: {}}
"""


def graph_of(folder: Path, text: str, name: str = "compose.yaml") -> Graph:
    (folder / name).write_text(text)
    return building.build(scan(Options(paths=(folder,), root=folder)))


def drawn(graph: Graph) -> set[str]:
    """Return every edge in words: ``=>`` is a way to root, ``->`` hands on all, ``..`` does not."""
    signs = {(True, True): "=>", (True, False): "->", (False, False): ".."}
    label = {node.key: node.label for node in graph.nodes}
    return {f"{label[e.source]} {signs[e.passes, e.way]} {label[e.target]}" for e in graph.edges}


def test_it_shows_who_reaches_what_and_through_what(tmp_path: Path) -> None:
    assert drawn(graph_of(tmp_path, STACK)) == {
        "service 'client' => network default",
        "service 'bystander' => network default",
        "service 'portainer' => network default",
        "service 'portainer' => /run/docker.sock",
        "whoever reaches the host => tcp://0.0.0.0:2375",
        "network default => tcp://0.0.0.0:2375",
        "tcp://0.0.0.0:2375 => service 'dind'",
        "service 'dind' => the host",
        "service 'dind' .. volume 'state'",
        "service 'second' => network default",
        "service 'second' .. volume 'state'",
        "service 'proxy' => docker engine of the host",
        "service 'reader' .. service 'proxy'",
        "/run/docker.sock => docker engine of the host",
        "docker engine of the host => the host",
    }


def test_it_says_what_each_is(tmp_path: Path) -> None:
    nodes = {node.label: node for node in graph_of(tmp_path, STACK).nodes}
    assert nodes["service 'dind'"].notes == ("docker 27 engine", "privileged")
    assert nodes["service 'second'"].notes == ("docker 27 engine, rootless",)
    assert nodes["tcp://0.0.0.0:2375"].notes == ("no authentication",)
    assert nodes["tcp://0.0.0.0:2375"].obeys_anyone
    assert nodes["service 'portainer'"].severity is Severity.HIGH
    assert nodes["volume 'state'"].severity is Severity.HIGH
    assert nodes["the host"].lines == ("root on the host",)
    assert {label for label, node in nodes.items() if not node.root} == {"service 'reader'", "volume 'state'"}


@pytest.mark.parametrize(
    ("ports", "settings", "edge"),
    [
        ("2375:2375", "CONTAINERS: 1, POST: 1", "whoever reaches the host =>"),
        ("2375:2375", "CONTAINERS: 1", "whoever reaches the host .."),
        ("127.0.0.1:2375:2375", "CONTAINERS: 1, POST: 1", "every user and program of the host =>"),
    ],
)
def test_who_reaches_a_published_proxy(tmp_path: Path, ports: str, settings: str, edge: str) -> None:
    text = (
        "services:\n  proxy:\n    image: tecnativa/docker-socket-proxy:0.3.0\n"
        f"    environment: {{{settings}}}\n    ports: ['{ports}']\n"
        "    volumes: ['/var/run/docker.sock:/var/run/docker.sock']\n"
    )
    assert f"{edge} service 'proxy'" in drawn(graph_of(tmp_path, text))


def test_its_counts_name_what_is_not_drawn(tmp_path: Path) -> None:
    assert graph_of(tmp_path, STACK).counts == (
        "6 of 8 containers can become root on a machine",
        "3 engines",
        "not drawn: 1 container that reaches no engine and no machine",
    )


def test_what_a_nested_engine_starts_gets_to_that_engine_first(tmp_path: Path) -> None:
    job = JOB.replace("docker build .", "docker run --privileged alpine").format(number=1)
    within = "docker run 'alpine' -> privileged mode"
    found = drawn(graph_of(tmp_path, job, ".gitlab-ci.yml"))
    assert {within, "privileged mode -> job service 'docker'"} <= found
    assert not any("=>" in edge for edge in found)
    (tmp_path / "config.toml").write_text('[[runners]]\nexecutor = "docker"\n[runners.docker]\nprivileged = true\n')
    found = drawn(building.build(scan(Options(paths=(tmp_path,), root=tmp_path))))
    assert {within.replace("->", "=>"), "privileged mode => job service 'docker'"} <= found


def test_an_empty_picture_says_that_it_is_one(tmp_path: Path) -> None:
    graph = graph_of(tmp_path, "nothing: here\n", "notes.yaml")
    assert "no containers or engines were recognised" in svg.document(graph)
    assert "no containers or engines were recognised" in mermaid.document(graph)


def test_a_machine_that_nobody_can_become_root_on_does_not_say_so(tmp_path: Path) -> None:
    graph = graph_of(tmp_path, "services: {a: {image: nginx, pid: host}}\n")
    assert drawn(graph) == {"service 'a' .. host-pid-namespace", "host-pid-namespace .. the host"}
    assert [node.lines for node in graph.nodes if node.kind is Kind.MACHINE] == [("the host",)]


def test_the_model_and_the_picture_agree_on_every_fixture() -> None:
    wrong = []
    for fixture in fixtures():
        report = fixture.scan()
        builder = building._Builder(report, Masks(report.model))
        nodes = builder.graph().by_key
        for container in believed.acting(report):
            node = nodes.get(builder.of[container])
            if (node is not None and node.root) != (believed.escape_of(container) is not None):
                wrong.append(f"{fixture.id}: {container}")
    assert not wrong


# --- layout ---


def chain(count: int) -> Graph:
    """Return ``count`` containers, each with a socket, an engine and a state of its own, on one machine."""
    kinds = (Kind.CONTAINER, Kind.SOCKET, Kind.ENGINE, Kind.STORAGE)
    nodes = [Node(key=f"{k.name[0]}{n}", kind=k, label=f"{k.word} {n}") for n in range(count) for k in kinds]
    nodes.append(Node(key="m", kind=Kind.MACHINE, label="the host"))
    edges = [
        Edge(source=f"{a}{n}", target=b if b == "m" else f"{b}{(n * 7) % count if a == 'C' else n}")
        for n in range(count)
        for a, b in (("C", "S"), ("S", "E"), ("E", "m"), ("E", "S"), ("C", "m"))
    ]
    return Graph(nodes=tuple(nodes), edges=tuple(edges))


@pytest.mark.parametrize("count", [0, 1, 7, 74])
def test_boxes_stand_apart_and_edges_begin_and_end_at_them(count: int) -> None:
    graph = chain(count) if count else Graph()
    placed = layout(graph, {node.key: (100 + len(node.label), 40) for node in graph.nodes}, 30)
    columns: dict[int, list[tuple[int, int]]] = {}
    for box in placed.boxes.values():
        columns.setdefault(box.x, []).append((box.y, box.y + box.height))
        assert 30 <= box.y < box.y + box.height <= placed.height
        assert box.x + box.width <= placed.width
    for column in columns.values():
        assert all(above[1] < below[0] for above, below in pairwise(sorted(column)))
    for edge, route in zip(graph.edges, placed.routes, strict=True):
        for key, point in ((edge.source, route[0]), (edge.target, route[-1])):
            box = placed.boxes[key]
            assert point[0] in (box.x, box.x + box.width)
            assert point[1] == box.middle


def test_edges_that_need_not_cross_do_not_cross() -> None:
    names = [f"{kind}{n}" for kind in "CSE" for n in range(12)]
    kinds = {"C": Kind.CONTAINER, "S": Kind.SOCKET, "E": Kind.ENGINE}
    nodes = tuple(Node(key=name, kind=kinds[name[0]], label=name) for name in names)
    pairs = [(f"C{n}", f"S{(n * 5) % 12}") for n in range(12)] + [(f"S{n}", f"E{(n * 7) % 12}") for n in range(12)]
    graph = Graph(nodes=nodes, edges=tuple(Edge(source=a, target=b) for a, b in pairs))
    placed = layout(graph, dict.fromkeys(names, (80, 30)))
    for left, right in (("C", "S"), ("S", "E")):
        ends = sorted(
            (r[0][1], r[-1][1]) for e, r in zip(graph.edges, placed.routes, strict=True) if e.source[0] == left
        )
        assert [end for _, end in ends] == sorted(end for _, end in ends), right


def test_the_same_bytes_each_time(tmp_path: Path) -> None:
    for document in (svg.document, dot.document, mermaid.document):
        assert document(graph_of(tmp_path, STACK)) == document(graph_of(tmp_path, STACK))


# --- folding ---


TIMES = folding.TIMES
JOB = """\
job{number}:
  image: docker:27-cli
  services: [{{name: "docker:27-dind", alias: docker}}]
  variables: {{DOCKER_HOST: "tcp://docker:2375", DOCKER_TLS_CERTDIR: ""}}
  script: [docker build .]
"""


def test_what_is_alike_is_drawn_once(tmp_path: Path) -> None:
    graph = graph_of(tmp_path, "".join(JOB.format(number=number) for number in range(20)), ".gitlab-ci.yml")
    assert len(graph.nodes) == 80
    few = folding.legible(graph)
    nodes = {node.label: node for node in few.nodes}
    assert set(nodes) == {
        f"20 {TIMES} job", f"job service 'docker' ({TIMES}20)", f"tcp://0.0.0.0:2375 ({TIMES}20)",
        f"the job's network ({TIMES}20)",
    }  # fmt: skip
    jobs = nodes[f"20 {TIMES} job"]
    assert len(jobs.members) == len(jobs.keys) == 20
    assert jobs.lines[1] == "job0, job1, job2, job3, job4, job5, …"
    assert len(few.edges) == 3


def test_of_too_much_the_gravest_ways_remain_and_it_says_so() -> None:
    acting = [
        Node(key=f"c{n}", kind=Kind.CONTAINER, label=f"service 'c{n}'", notes=(str(n),), severity=Severity(n % 5))
        for n in range(500)
    ]
    doors = [Node(key=f"s{n}", kind=Kind.SOCKET, label=f"/run/{n}.sock") for n in range(500)]
    host = Node(key="m", kind=Kind.MACHINE, label="the host")
    edges = [Edge(source=f"c{n}", target=f"s{n}", passes=n % 2 == 0) for n in range(500)]
    edges += [Edge(source=f"s{n}", target="m") for n in range(500)]
    nodes, ways = marked([*acting, *doors, host], edges)
    cut = folding.legible(Graph(nodes=nodes, edges=ways))
    kept = [node for node in cut.nodes if node.kind is Kind.CONTAINER]
    assert len(cut.nodes) <= folding.MOST
    assert len(kept) == 149
    assert all(node.root for node in kept)
    assert sum(node.severity is Severity.CRITICAL for node in kept) == 50
    assert cut.left_out == (
        "of those that reach something, the 351 least grave are left out: a picture takes 300 boxes",
    )
    assert cut.left_out[0] in svg.document(cut)


def test_the_gravest_way_is_the_shortest_of_the_gravest(tmp_path: Path) -> None:
    way = folding.gravest_way(graph_of(tmp_path, STACK))
    assert [node.label for node in way.nodes] == [
        "service 'portainer'", "/run/docker.sock", "docker engine of the host", "the host",
    ]  # fmt: skip
    assert len(mermaid.document(way)) < 2000
    assert folding.gravest_way(Graph()).nodes == ()


def test_a_comment_carries_the_gravest_way(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(STACK)
    page = render("markdown", scan(Options(paths=(tmp_path,), root=tmp_path)), ReportOptions())
    assert (
        "**6 of 8 containers can become root on a machine.** The gravest way:\n\n```mermaid\nflowchart LR\n" in page
    )
    (tmp_path / "compose.yaml").write_text("services: {a: {image: 'nginx:1.29'}}\n")
    assert "mermaid" not in render("markdown", scan(Options(paths=(tmp_path,), root=tmp_path)), ReportOptions())


# --- harmless ---

EVIL = 'a"]; x --> y\\N %%{init: {}}%% <script>alert(1)</script> `b` #quot; ]] }} \u202e\x1b[31m\n::error::x'


def hostile() -> Graph:
    kinds = tuple(Kind)
    nodes = tuple(
        Node(
            key=f"k{n}",
            kind=kind,
            label=EVIL,
            notes=(EVIL,),
            members=(EVIL, EVIL),
            paths=(EVIL,),
            severity=Severity.HIGH,
        )
        for n, kind in enumerate(kinds)
    )
    edges = tuple(Edge(source=a.key, target=b.key, label=EVIL, passes=False) for a, b in pairwise(nodes))
    return Graph(nodes=nodes, edges=edges, counts=(EVIL,), left_out=(EVIL,))


def test_svg_holds_our_elements_only() -> None:
    document = svg.document(hostile())
    found = {element.tag.rpartition("}")[2] for element in ET.fromstring(document).iter()}
    assert found == {"svg", "style", "g", "title", "text", "path", "rect", "circle"}
    assert not re.search(r"[\x00-\x08\x1b\u202e]|^::|href|url\(", document, re.MULTILINE)


def test_mermaid_and_dot_cannot_be_left() -> None:
    lines = mermaid.document(hostile()).splitlines()
    for line in lines:
        quoted = re.sub(r'"[A-Za-z0-9 _.,/…#;<br>-]*"', "", line)
        assert not re.search(r"script|alert|init|error", quoted) or line.startswith("  %% "), line
        assert re.fullmatch(r"[A-Za-z0-9 _.,/…#;<>|=()\[\]{}\"%:-]*", line), line
    assert not re.search(r"[\x00-\x09\x1b\u202e`]", "".join(lines))
    for line in dot.document(hostile()).splitlines():
        plain = re.sub(r'"(?:[^"\\]|\\.)*"', "", line)
        assert not re.search(r"script|alert|init|error|x --> y", plain), line
    assert r"\\N" in dot.document(hostile())


def test_a_secret_in_a_name_is_masked(tmp_path: Path) -> None:
    token = "ghp_" + "a1B2" * 9
    graph = graph_of(
        tmp_path, f"services:\n  a: {{image: x, volumes: ['/run/{token}/docker.sock:/var/run/docker.sock']}}\n"
    )
    assert token not in svg.document(graph) + dot.document(graph) + mermaid.document(graph)


# --- the command ---


@pytest.mark.parametrize(
    ("form", "start"), [("svg", "<?xml"), ("dot", "digraph"), ("mermaid", "flowchart LR"), ("json", "{")]
)
def test_the_model_command_draws(tmp_path: Path, form: str, start: str) -> None:
    (tmp_path / "compose.yaml").write_text(STACK)
    result = CliRunner().invoke(cli, ["model", "-f", form, str(tmp_path)])
    assert result.exit_code == 0
    assert result.output.startswith(start)
    if form == "json":
        graph = json.loads(result.output)["graph"]
        assert {"from", "to", "passes", "way_to_root"} <= set(graph["edges"][0])
        assert sum(node["can_become_root"] for node in graph["nodes"] if node["kind"] == "container") == 3
