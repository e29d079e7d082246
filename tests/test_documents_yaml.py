"""Located YAML: every node, key, alias and character stands where the tree says."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml as pyyaml
from hypothesis import given, settings
from hypothesis import strategies as st

from dindguard import budget
from dindguard.documents import yaml, yaml_loaders
from dindguard.documents.tree import Kind, Node
from dindguard.documents.yaml import Tree
from dindguard.formats.compose.interpolation import ComposeScope
from dindguard.formats.kubernetes.placeholders import Placeholders
from dindguard.records import replace
from dindguard.source import Gravity, Source, Span
from fixture_files import FIXTURES


def is_yaml(path: Path) -> bool:
    """Whether a fixture is YAML and no template, whose places have tests of their own."""
    return (
        path.is_file() and "templates" not in path.relative_to(FIXTURES).parts and "{%" not in path.read_text("utf-8")
    )


YAML_FIXTURES = sorted(path for path in FIXTURES.rglob("*.y*ml") if is_yaml(path))


def read(text: str) -> Tree:
    return yaml.read(Source("f.yaml", text))


def only(text: str) -> Node:
    tree = read(text)
    assert not tree.notices, tree.notices
    assert len(tree.documents) == 1
    return tree.documents[0]


def words(node: Node, span: Span | None = None) -> str:
    """Return the characters that a one-line span covers."""
    span = span or node.span
    assert span.line == span.end_line
    return node.source.line_text(span.line)[span.column - 1 : span.end_column - 1]


def shape(node: Node) -> object:
    """Return a tree as plain data with places."""
    place = (node.start, node.end, node.route, tuple((step.what, step.span) for step in node.trail))
    if node.is_mapping:
        return (place, [(shape(key), shape(value)) for key, value in node.pairs()])
    if node.is_sequence:
        return (place, [shape(item) for item in node.items()])
    return (place, node.content, node.style)


# -- places ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "steps", "covered"),
    [
        ("a: b\n", ("a",), "b"),
        ("a: 'b''c'\n", ("a",), "'b''c'"),
        ('a: "b\\tc"  # x\n', ("a",), '"b\\tc"'),
        ("a: {b: c, d: [e, f]}\n", ("a", "d", 1), "f"),
        ("- a\n- b\n", (1,), "b"),
        ("? a\n: b\n", ("a",), "b"),
        ("a: !!str b\n", ("a",), "b"),
        ("a: &x b\n", ("a",), "b"),
        ("日本: 語\n", ("日本",), "語"),
        ("😀: {é: ü}\n", ("😀", "é"), "ü"),
        ("---\na: b\n...\n", ("a",), "b"),
        ("a:\r\n  b: c\r\n", ("a", "b"), "c"),
    ],
)
def test_a_value_stands_where_its_span_says(text: str, steps: tuple[str | int, ...], covered: str) -> None:
    node = only(text).at(*steps)
    assert covered in words(node)
    assert words(node).lstrip("&x! str") == covered.lstrip("&x! str")


def test_a_block_collection_ends_with_its_last_leaf() -> None:
    """PyYAML's end mark lies at the next token, comments and blank lines later."""
    root = only("a:\n  - b\n  - c\n\n# comment\n\nd: e\n")
    assert root["a"].span == Span("f.yaml", 2, 3, 3, 6)
    assert root.span.end_line == 7


@pytest.mark.parametrize(
    ("text", "steps", "route"),
    [
        ("services: {web: {volumes: [a, b]}}", ("services", "web", "volumes", 1), "services.web.volumes[1]"),
        ('a.b: {\'c d\': {"q\\"": x}}', ("a.b", "c d", 'q"'), '["a.b"]["c d"]["q\\""]'),
        ("- [x]", (0, 0), "[0][0]"),
        ("a/b-c_d: x", ("a/b-c_d",), "a/b-c_d"),
    ],
)
def test_routes(text: str, steps: tuple[str | int, ...], route: str) -> None:
    assert only(text).at(*steps).route == route


def test_a_hole_stands_where_the_thing_above_it_stands() -> None:
    root = only("a:\n  b: c\n")
    hole = root["a"]["x"]["y"][3]
    assert (hole.kind, hole.present) == (Kind.HOLE, False)
    assert hole.route.startswith("a.x")
    assert hole.span == root["a"].span
    assert hole.text == ""
    assert hole.flag().off
    assert not hole.flag().set
    assert hole.listed() == hole.items() == hole.keys() == []


def test_keys_have_places() -> None:
    root = only("services:\n  web:\n    image: x\n")
    assert words(root, root["services"]["web"]["image"].key_span) == "image"
    assert root["services"]["web"].name == "web"


def test_every_document_of_a_stream_is_read() -> None:
    tree = read("a: 1\n---\nb: 2\n---\n- c\n")
    assert [document.kind for document in tree.documents] == [Kind.MAPPING, Kind.MAPPING, Kind.SEQUENCE]
    assert tree.documents[1]["b"].span.line == 3


def test_documents_before_a_fault_are_kept_and_the_fault_has_a_place() -> None:
    tree = read("a: 1\n---\nb: [\n")
    assert [document["a"].content for document in tree.documents] == ["1"]
    assert [(notice.kind, notice.gravity) for notice in tree.notices] == [("unreadable", Gravity.ERROR)]
    assert tree.notices[0].span.line >= 3
    assert not tree.readable


# -- what is typed --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["yes", "0660", "22:22", "1e3", "null", "~", "2001-01-01", "0x1F", "=", "1_000"])
def test_nothing_is_constructed(typed: str) -> None:
    assert only(f"a: {typed}\n")["a"].content == typed


def test_tags_are_kept_and_never_run() -> None:
    root = only("a: !!python/object/apply:os.system ['false']\nb: !reset null\n")
    assert root["a"].is_sequence
    assert root["b"].tag == "!reset"


def test_a_plain_null_and_a_quoted_one() -> None:
    root = only("a:\nb: ~\nc: 'null'\nd: ''\n")
    assert [root[key].is_null for key in "abcd"] == [True, True, False, False]


def test_the_last_of_two_equal_keys_wins() -> None:
    root = only("a: 1\na: 2\n")
    assert root["a"].content == "2"
    assert root.keys() == ["a", "a"]


# -- anchors, aliases, merge keys -------------------------------------------------------------------------------


def test_an_alias_points_at_the_anchor_and_remembers_its_use() -> None:
    root = only("x: &env\n  A: 1\nservices:\n  web:\n    environment: *env\n")
    value = root.at("services", "web", "environment", "A")
    assert value.span.line == 2
    assert [(step.what, step.span.line, words(root, step.span)) for step in value.span.trail] == [
        ("used here", 5, "environment")
    ]
    assert value.route == "services.web.environment.A"


def test_an_alias_in_a_list() -> None:
    root = only("x: &v /run\nlist:\n  - *v\n  - b\n  - *v\n")
    assert [item.content for item in root["list"]] == ["/run", "b", "/run"]
    assert [[step.span.line for step in item.span.trail] for item in root["list"]] == [[3], [], [5]]


def test_a_merge_key_brings_what_is_not_written() -> None:
    root = only("x: &base {privileged: true, image: a}\nweb:\n  <<: *base\n  image: b\n")
    web = root["web"]
    assert {key: web[key].content for key in web.keys()} == {"privileged": "true", "image": "b"}
    assert web["privileged"].span.line == 1
    assert [(step.what, step.span.line) for step in web["privileged"].span.trail] == [("merged here", 3)]
    assert web["image"].span.line == 4


def test_the_first_of_several_merged_mappings_wins() -> None:
    root = only("a: &a {k: 1, only: a}\nb: &b {k: 2}\nc:\n  <<: [*a, *b]\n")
    assert root["c"]["k"].content == "1"
    assert root["c"]["only"].content == "a"


def test_an_anchor_may_be_defined_again() -> None:
    assert [item.content for item in only("[&a 1, *a, &a 2, *a]")] == ["1", "1", "2", "2"]


def test_an_alias_of_nothing_costs_no_more_than_itself() -> None:
    tree = read("a: {<<: *lost, image: x}\nb: [*gone, y]\nc: *lost\n---\nd: 1\n")
    (fault,) = tree.notices
    first, second = tree.documents
    assert (fault.gravity, fault.span.column) == (Gravity.ERROR, 9)
    assert "undefined alias" in fault.message
    assert first["a"]["image"].content == "x"
    assert [item.content for item in first["b"].items()] == ["", "y"]
    assert first["c"].is_null
    assert second["d"].content == "1"


def test_a_quoted_merge_key_is_a_key() -> None:
    assert only("a: &a {k: 1}\nb:\n  '<<': *a\n")["b"].keys() == ["<<"]


def test_an_anchor_that_holds_itself_is_read_once() -> None:
    with budget.opened() as ledger:
        root = only("a: &a\n  b: *a\n  c: [*a, *a, x]\n  <<: *a\nd: *a\n")
        assert root.at("a", "b").pairs() == []
        assert [item.content for item in root.at("d", "c").items()] == ["", "", "x"]
        assert len(list(root.walk())) < 30
    assert not ledger.notices, "nothing is lost"


def aliases(items: int, uses: int) -> str:
    """A list, and mappings in each of which an alias stands for it; the last has a value of its own besides."""
    return "a: &a [" + "x, " * items + "]\nuses:\n" + "".join(f"  u{n}: {{l: *a, own: {n}}}\n" for n in range(uses))


@pytest.mark.parametrize(("uses", "read"), [(3, 3), (4, 3), (9, 3)])
def test_aliases_are_followed_until_they_repeat_too_much(
    uses: int, read: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budget, "ALIASED_VALUES", replace(budget.ALIASED_VALUES, most=30))
    with budget.opened() as ledger:
        root = only(aliases(10, uses))
        assert not ledger.notices
        assert [len(use["l"].items()) for use in root["uses"].values()] == [10] * read + [0] * (uses - read)
    assert [use["own"].content for use in root["uses"].values()] == [str(n) for n in range(uses)]
    assert [notice.span.line for notice in ledger.notices] == ([1] if uses > read else [])


def test_aliases_of_aliases_count_as_what_they_come_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "ALIASED_VALUES", replace(budget.ALIASED_VALUES, most=40))
    root = only("a: &a [1, 2, 3]\nb: &b [*a, *a, *a]\nc: [*b, *b, *b, *a]\n")
    assert [len(list(item.walk())) for item in root["b"]] == [4, 4, 4]
    assert [len(item.items()) for item in root["c"]] == [3, 3, 0, 3], (
        "9 + 12 + 12 values, a third 12 is too many, 3 are not"
    )


def test_who_looks_at_aliases_first_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "ALIASED_VALUES", replace(budget.ALIASED_VALUES, most=15))
    first, second = only(aliases(10, 2)), only(aliases(10, 2))
    second.at("uses", "u1", "l").items()
    assert [[len(use["l"].items()) for use in each["uses"].values()] for each in (first, second)] == [[10, 0]] * 2


def test_merging_stops_at_its_budget() -> None:
    lines = ["a0: &a0 {" + ", ".join(f"k{i}: x" for i in range(100)) + "}"]
    lines += [f"a{level}: &a{level} {{<<: [{', '.join([f'*a{level - 1}'] * 10)}]}}" for level in range(1, 12)]
    with budget.opened() as ledger:
        tree = read("\n".join(lines))
        assert len(list(tree.documents[0].walk())) <= budget.MERGED_KEYS.most * 2
    assert [notice.kind for notice in ledger.notices] == ["budget"]


# -- every character of an embedded text has its place ----------------------------------------------------------


def misplaced(node: Node) -> list[tuple[int, str, str]]:
    """Return the visible characters of a scalar's text that are not where they are said to stand."""
    document = node.document()
    assert document.text == node.content
    found = []
    for index, char in enumerate(document.text):
        origin = document.origin(index)
        there = node.source.text[origin : origin + 1]
        escaped = node.style == "double" and there == "\\"
        if not char.isspace() and char != there and not escaped and char != "\ufffd":
            found.append((index, char, there))
    return found


def scalars(root: Node) -> Iterator[Node]:
    return (node for node in root.walk() if node.is_scalar)


@pytest.mark.parametrize("path", YAML_FIXTURES, ids=lambda path: path.relative_to(FIXTURES).as_posix())
def test_every_character_of_every_fixture_has_its_place(path) -> None:
    tree = yaml.read(Source(path.name, path.read_text("utf-8")))
    assert tree.documents
    for root in tree.documents:
        for node in scalars(root):
            assert not misplaced(node), (node, misplaced(node))


BLOCKS = {
    "literal": "a: |\n  docker run x\n\n    more\n  end\nb: 1\n",
    "literal with an indentation indicator": "a: |2-\n    docker\n   run\nb: 1\n",
    "literal that keeps its end": "a: |+\n  docker\n\n\nb: 1\n",
    "folded": "a: >\n  docker run\n  --privileged\n  x\n\n  next\nb: 1\n",
    "folded and stripped": "a: >-\n  docker\n    run\n  x\nb: 1\n",
    "folded, the same words twice": "a: >-\n  run\n  run\n  run --it\nb: 1\n",
    "literal, the same line twice": "a: |\n  run\n  run\nb: 1\n",
    "literal, a line within another": "a: |\n  docker run\n  run\n  er r\nb: 1\n",
    "literal, a comment behind the indicator": "a: | # docker\n  docker\nb: 1\n",
    "plain over several lines": "a: docker run\n  --privileged\n\n  x\nb: 1\n",
    "double quoted over several lines": 'a: "docker run\n  --priv\\\n  ileged \\x41 \\u00e9 \\n x\n\n  y"\nb: 1\n',
    "single quoted over several lines": "a: 'docker ''run''\n  it''s\n\n  y'\nb: 1\n",
    "literal under windows": "a: |\r\n  docker run\r\n  x\r\nb: 1\r\n",
    "folded under windows": "a: >\r\n  docker run\r\n  x\r\n\r\n  y\r\nb: 1\r\n",
    "folded with surplus blanks": "a: >-\n  docker   run  \n  x\nb: 1\n",
    "literal with tabs": "a: |\n  docker\trun\n  \tx\nb: 1\n",
    "literal ending with the file": "a: |\n  docker run\n  x",
}


@pytest.mark.parametrize("text", BLOCKS.values(), ids=BLOCKS.keys())
def test_characters_of_block_and_folded_scalars(text: str) -> None:
    node = only(text)["a"]
    assert node.content.strip()
    assert not misplaced(node)


LINE = st.text(alphabet="ab-:#'\"\\ \té😀&*{}$", max_size=12)
VALUES = st.lists(LINE, min_size=1, max_size=5).map("\n".join)


@settings(deadline=None, max_examples=300)
@given(
    values=st.lists(VALUES, min_size=1, max_size=3),
    style=st.sampled_from([None, "|", ">", '"', "'"]),
    width=st.sampled_from([10, 20, 80]),
    unicode=st.booleans(),
    windows=st.booleans(),
    nested=st.booleans(),
)
def test_characters_of_written_yaml(
    values: list[str], style: str | None, width: int, unicode: bool, windows: bool, nested: bool
) -> None:
    data = {"services": [{"command": value} for value in values]} if nested else values
    text = pyyaml.safe_dump(data, default_style=style, width=width, allow_unicode=unicode)  # type: ignore[call-overload]
    if windows:
        text = text.replace("\n", "\r\n")
    root = only(text)
    items = root["services"].items() if nested else root.items()
    nodes = [item["command"] for item in items] if nested else items
    read = pyyaml.safe_load(text)  # not always what was dumped: ``>`` breaks a line that begins with a blank
    assert [node.content for node in nodes] == ([item["command"] for item in read["services"]] if nested else read)
    for node in scalars(root):
        assert not misplaced(node), (text, misplaced(node))


# -- two loaders, one tree --------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", YAML_FIXTURES, ids=lambda path: path.relative_to(FIXTURES).as_posix())
def test_both_loaders_give_the_same_tree(path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = Source(path.name, path.read_text("utf-8"))
    fast = [shape(root) for root in yaml.read(source).documents]
    monkeypatch.setattr(yaml_loaders, "FastLoader", yaml_loaders.pure())
    assert [shape(root) for root in yaml.read(source).documents] == fast


def test_the_fast_loader_is_there() -> None:
    assert issubclass(yaml_loaders.FastLoader, pyyaml.cyaml.CParser), (
        "this PyYAML has no libyaml: the parity test compares nothing"
    )


@pytest.mark.parametrize("kept", [slice(1), slice(0)], ids=["one user left", "no user left"])
def test_nodes_go_with_their_last_user_and_wait_for_no_collector(kept: slice) -> None:
    """A megabyte of text is fifty of nodes: in cycles they would stay until the collector runs."""
    text = "a: &x {b: [1, 2]}\nc: *x\n---\nkind: CustomResourceDefinition\n---\nd: {<<: {e: 1}}\n"
    first, last = text.index("---\n") + 4, text.rindex("---\n")
    gc.collect()
    gc.disable()
    try:
        for tree in (read(text), yaml.read_without(Source("f.yaml", text), [(first, last)])):
            routes = [node.route for root in tree.documents for node in root.walk()]
            assert "a.b[1]" in routes
            users = tree.documents[kept]
            del tree
            users.clear()
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_in_a_scope_what_it_may_mean_something_to_is_copied_and_all_else_stays() -> None:
    text = 'a: ${X}\nb: plain\n"${K}": {c: "\\u0024{Y}", d: [x, "{{ .z }}"]}\n'
    [root] = yaml.read(Source("a.yaml", text)).documents
    scoped = root.scoped(Placeholders())
    inner = scoped["${K}"]
    for node, name in ((scoped["a"], "X"), (inner["c"], "Y"), (inner["d"][1], ".z")):
        assert (node.value.unknown, node.value.variable) == (True, name)
    assert scoped["b"] is root["b"]
    assert inner["d"][0] is root["${K}"]["d"][0]
    assert inner.key is not None
    assert inner.key.value.unknown
    assert not root["a"].value.unknown
    compose = root.scoped(ComposeScope({}, "folder"))
    assert isinstance(compose["b"].scope, ComposeScope)
    assert root["b"].scope is None
