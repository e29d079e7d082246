"""Keys of YAML that are told without composing it, JSON at a glance, and texts that both say to be nobody's."""

from __future__ import annotations

from pathlib import Path

import pytest

from dindguard.documents import json, readers, syntax
from dindguard.documents.json_glance import glance
from dindguard.documents.top_keys import actions_in_texts_alone, may_have, top_keys
from dindguard.documents.tree import Node
from dindguard.formats import registry
from dindguard.formats.recognition import Recogniser
from dindguard.nobodys import is_nobodys
from dindguard.source import Source

FIXTURES = Path(__file__).parent.parent / "fixtures"
LONG = "".join(f"word{number}: of docker\n" for number in range(200))


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("a: 1\nb:\n  c: 2\n", {"a", "b"}),
        ("# of what\n\n---\na:\n- x\n- y: 1\nb :\n", {"a", "b"}),
        ("a: {\n  x: 1,\n}\nb: 2\n", {"a", "b"}),
        ("a: 1\n---\nb: 2\n", {"a", "b"}),
        ("a: a text\n that goes on\nb: 1\n", {"a", "b"}),
        ("a: 'in quotes\nb: also'\n", {"a", "b"}),
        ("a:b\n", None),
        ("'a': 1\n", None),
        ("a: 1\n'b': 1\n", None),
        ("a: 1\n? b\n: 1\n", None),
        ("a: 1\n<<: *base\n", None),
        ("a: 1\n!!str b: 1\n", None),
        ("a: 1\n&b b: 1\n", None),
        ("a: 1\n*b : 1\n", None),
        ("a: 1\n.b: 1\n", None),
        ("  a: 1\n  b: 1\n", None),
        ("{a: 1}\n", None),
        ("- a: 1\n", None),
        ("--- {a: 1}\n", None),
        ("%YAML 1.1\n---\na: 1\n", None),
        ("a: 1\r\nb: 1\r\n", None),
        ("a: 1\n{{ more }}\n", None),
        ("a: 1\nb{{ more }}: 1\n", None),
    ],
)
def test_top_keys(text: str, keys: set[str] | None) -> None:
    assert top_keys(text) == keys


@pytest.mark.parametrize(
    "text",
    [
        "containers:\n", "x:\n  containers : []\n", "{'containers': []}\n", '{"containers": []}\n',
        "? containers # of it\n: []\n", "? containers\n: []\n", "x: &c containers\n*c : []\n",
        '"c\\x6fntainers": []\n', '? "contain\\\ners"\n: []\n',
        'a: "\\x41"\n"contain\\u0065rs": []\n',
    ],
)  # fmt: skip
def test_a_key_may_stand_in_a_text_however_it_is_written(text: str) -> None:
    assert may_have(text, ("containers",))


@pytest.mark.parametrize(
    "text",
    ["x: containers\n", "x: the containers of a pod\n", 'x: "\\x41 text"\n', "# *bold* : x\n", "x: [*a, *b]\n"],
)
def test_what_is_no_key_is_none(text: str) -> None:
    assert not may_have(text, ("containers",))
    assert not may_have("containers: []\n", ())


@pytest.mark.parametrize(
    "text", ["a: text {{ x }}\n", "a: 'of {{ x }}'\n", "- a {% if x %}\n", "- a: of <% x %>, {{ y }}\n"]
)
def test_an_action_within_a_text_brings_no_key(text: str) -> None:
    assert actions_in_texts_alone(text)


@pytest.mark.parametrize(
    "text",
    [
        "a: {{ x }}\n",
        "{{ x }}\n",
        "a:\n  {% if x %}\n",
        "- {{ x }}\n",
        "a: [{{ x }}]\n",
        "a: &b {{ x }}\n",
        "a: |{{ x }}\n",
    ],
)
def test_an_action_that_begins_a_value_may_bring_keys(text: str) -> None:
    assert not actions_in_texts_alone(text)


def told(node: Node) -> object:
    if node.is_mapping:
        return [(key.content, told(value)) for key, value in node.pairs()]
    return [told(item) for item in node.items()] if node.is_sequence else (node.content, node.style, node.is_null)


@pytest.mark.parametrize(
    "text",
    ['{"a": [1, -2.5e3, true, false, null, "x\\u0041"], "b": {"c": {}}, "a": 1}', "[]", '"x"', "null", '[{"a": []}]'],
)
def test_json_at_a_glance_is_json(text: str) -> None:
    source = Source("x.json", text)
    seen = glance(source)
    assert seen is not None
    assert told(seen) == told(json.read(source).documents[0])


@pytest.mark.parametrize("text", ['{"a": 1,}', "// of what\n{}", '{"a": NaN}', "", "[" * 100_000, '{"a": $B}'])
def test_what_is_no_strict_json_takes_a_reader(text: str) -> None:
    assert glance(Source("x.json", text)) is None


def test_every_format_says_by_which_keys_it_may_be_known() -> None:
    for row in registry.rows():
        if {syntax.YAML, syntax.JSON} & set(row.syntaxes):
            assert row.shape is None or row.keys, row.name
            assert row.part is None or row.within, row.name


def test_of_the_fixtures_nobodys_are_those_that_no_format_claims() -> None:
    recogniser = Recogniser()
    nobodys = 0
    for path in sorted(FIXTURES.rglob("*")):
        written = syntax.by_name(path.name)
        if not path.is_file() or written not in (syntax.YAML, syntax.JSON):
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        source = Source("x/" + path.name, text)
        if is_nobodys(source, recogniser):
            nobodys += 1
            for node in readers.reader(written)(source).documents:
                assert not recogniser.formats_of(source, node), path
                assert recogniser.idle_format(source, node) is None, path
    assert nobodys > 5


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x.yaml", LONG),
        ("x.yaml", LONG + "metrics:\n  tasks: 1\n"),
        ("x.yaml", LONG + "swagger: '2.0'\ninfo: {}\npaths:\n  a: {image: b, containers: [{image: x}]}\n"),
        ("x.yaml", LONG + "openapi: 3.1.0\nservers: []\npaths: {}\n"),
        ("x.json", '{"words": [' + ", ".join(['"of docker"'] * 400) + "]}"),
    ],
)
def test_nobodys(name: str, text: str) -> None:
    assert is_nobodys(Source(name, text), Recogniser())


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x.yaml", LONG + "services:\n  a: {image: x}\n"),
        ("x.yaml", LONG + "tasks:\n  a: [docker ps]\n"),
        ("x.yaml", LONG + "of:\n  a:\n    containers: []\n"),
        ("x.yaml", LONG + "a: {image: b}\n"),
        ("x.yaml", LONG + "a:\n  script: [docker ps]\n"),
        ("x.yaml", LONG + "'services': {}\n"),
        ("x.yaml", LONG + ".b: {image: a, services: [docker:dind]}\n"),
        ("x.yaml", LONG + "openapi: {image: x}\npaths: {image: y}\n"),
        ("x.yaml", LONG + "openapi: 3.1.0\npaths: {}\nservices: {}\n"),
        ("x.yaml", LONG + "openapi: 3.1.0\npaths: {}\n---\na: {image: b}\n"),
        ("values.yaml", LONG),
        ("compose.yaml", LONG),
        ("x.yaml", LONG + "a: {{ services }}\n"),
        ("x.yaml.j2", LONG + "a: text {{ services }}\n"),
        ("x.json", '{"words": [' + ", ".join(['"of docker"'] * 400) + '], "containers": [{"image": "x"}]}'),
    ],
)
def test_what_may_be_somebodys(name: str, text: str) -> None:
    assert not is_nobodys(Source(name, text), Recogniser())
