"""JSON with comments into located trees."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dindguard.documents import json as reader
from dindguard.documents.tree import Node
from dindguard.source import Source


def plain(node: Node) -> object:
    """Return what a node says, with numbers and words as they are typed."""
    if node.is_mapping:
        return {key.content: plain(value) for key, value in node.pairs()}
    return [plain(item) for item in node] if node.is_sequence else node.content


def expected(value: object) -> object:
    if isinstance(value, dict):
        return {key: expected(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [expected(inner) for inner in value]
    return value if isinstance(value, str) else json.dumps(value)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(VALUES, st.sampled_from([None, 2]), st.booleans())
def test_any_json_reads_as_the_standard_library_reads_it(value, indent, ascii_only):
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    tree = reader.read(Source("x.json", text))
    assert tree.notices == []
    assert plain(tree.documents[0]) == expected(value)


@given(st.text(alphabet='{}[]",:/*\\ntrue0-.e \n', max_size=40))
def test_junk_never_raises_and_never_passes_for_json(text):
    tree = reader.read(Source("x.json", text))
    try:
        json.loads(text, strict=False)
    except ValueError:
        return
    assert tree.readable


@given(st.text(max_size=20))
def test_each_character_of_a_string_keeps_its_place(value):
    text = '{"k": ' + json.dumps(value) + "}"
    (root,) = reader.read(Source("x.json", text)).documents
    inside = root["k"].document()
    assert inside.text == value
    for offset, char in enumerate(value):
        span = inside.span(offset, offset + 1)
        assert 8 <= span.column <= len(text)
        origin = text[span.column - 1]
        assert origin in (char, "\\")


def test_comments_and_trailing_commas():
    text = '// head\n{ /* a { */ "a": [1, 2, ], // "b": 3\n "c": "x // no comment", }\n'
    (root,) = reader.read(Source("x.json", text)).documents
    assert plain(root) == {"a": ["1", "2"], "c": "x // no comment"}
    assert (root["c"].span.line, root["c"].span.column) == (3, 7)
    assert root["a"][1].route == "a[1]"
    assert root["c"].name == "c"


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ('{"a": 1\n "b": 2}', 2, 2, "',' or '}' is missing"),
        ('{"a" 1}', 1, 6, "':' is missing"),
        ("{a: 1}", 1, 2, "a name in double quotes"),
        ('{"a": }', 1, 7, "a value is missing"),
        ('{"a": 01}', 1, 8, "',' or '}' is missing"),
        ('{"a": "x\n', 1, 7, "unterminated string"),
        ('{"a": 1', 1, 8, "ends too early"),
        ("{} {}", 1, 4, "more text after the end"),
        ("{} /* x", 1, 4, "more text"),
        ("[" * 100_000, 1, 201, "nests more than 200"),
        ("tru", 1, 1, "a value is missing"),
    ],
)
def test_errors_have_a_place(text, line, column, words):
    tree = reader.read(Source("daemon.json", text))
    (notice,) = tree.notices
    assert words in notice.message
    assert (notice.span.line, notice.span.column) == (line, column)
    assert not tree.readable
    assert tree.documents == []


@pytest.mark.parametrize("text", ["", " \n", "// nothing\n", "\ufeff"])
def test_a_blank_text_has_no_document(text):
    tree = reader.read(Source("x.json", text))
    assert (tree.documents, tree.notices) == ([], [])


@pytest.mark.parametrize("value", ["$MTU", "${MTU:-1500}", "$(ip mtu)"])
def test_a_scripts_variable_is_a_value_that_nobody_knows(value: str) -> None:
    script = Source("x.sh", f'{{"mtu": {value}, "hosts": ["a"]}}')
    tree = reader.read(script.part(0, len(script.text), hint="daemon.json"))
    (root,) = tree.documents
    assert root["mtu"].value.unknown
    assert root["mtu"].value.variable in value
    assert root["hosts"][0].content == "a"
    assert not reader.read(script).readable, "in a file of its own it is an error"
