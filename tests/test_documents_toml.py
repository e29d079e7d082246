"""TOML with places: the values are tomllib's, and every scalar stands where its span says."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dindguard.documents import toml
from dindguard.documents.tree import Kind, Node
from dindguard.source import Source

TEXT = '''# runner
concurrent = 4
title.short = 'a\\b'

[[runners]]
name = "docker \\"one\\" é"  # comment
[runners.docker]
privileged = true
volumes = [
  "/cache",  # first
  '/var/run/docker.sock:/var/run/docker.sock',
]
security_opt = { a = 1, "b c" = [1.5, 2020-01-01 10:00:00] }

[[runners]]
pre_build_script = """
docker info \\
    --format x
echo "hi"
"""
[runners.kubernetes.node_selector]
"a.b/c" = "d"
[runners.kubernetes]
privileged = false
'''


def read(text: str) -> Node:
    tree = toml.read(Source("config.toml", text))
    assert tree.readable, tree.notices
    return tree.documents[0]


def plain(node: Node) -> Any:
    if node.kind is Kind.MAPPING:
        return {key.content: plain(value) for key, value in node.pairs()}
    return [plain(item) for item in node] if node.kind is Kind.SEQUENCE else node.content


def as_typed(value: Any) -> Any:
    """Return tomllib's result with scalars as this reader keeps them: as text."""
    if isinstance(value, dict):
        return {key: as_typed(each) for key, each in value.items()}
    if isinstance(value, list):
        return [as_typed(each) for each in value]
    return str(value).lower() if isinstance(value, bool) else str(value)


def test_values_are_those_of_tomllib() -> None:
    assert plain(read(TEXT)) == as_typed(tomllib.loads(TEXT))
    assert plain(read(TEXT.replace("\n", "\r\n")))["runners"][0]["name"] == 'docker "one" é'


def test_everything_stands_where_its_span_says() -> None:
    root = read(TEXT)
    lines = TEXT.split("\n")
    scalars = [node for node in root.walk() if node.is_scalar and node.span.line == node.span.end_line]
    assert len(scalars) > 10
    for node in scalars:
        span = node.span
        typed = lines[span.line - 1][span.column - 1 : span.end_column - 1]
        assert typed.strip("'\"").replace('\\"', '"') == node.content.strip('"').replace("\\", "\\")
    docker = root["runners"][0]["docker"]
    assert (docker.span.line, docker.key_span.column, docker.route) == (7, 10, "runners[0].docker")
    assert root["runners"][1]["kubernetes"].span.line == 23, "the header of a table, also if a part of it came first"
    assert root["nothing"]["at"]["all"].present is False


def test_a_script_keeps_its_places() -> None:
    document = read(TEXT).at("runners", 1, "pre_build_script").document("shell")
    at = document.text.index("echo")
    assert document.text.startswith("docker info --format x")
    assert (document.span(at, at + 4).line, document.span(at, at + 4).column) == (19, 1)


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [("a = ", 1, 5), ("a = 1\nb = [1,\n", 3, 1), ("a = 1\r\n\r\na = 2\r\n", 3, 6), ("[a]\n[a]\n", 2, 3)],
)
def test_faults_have_their_place(text: str, line: int, column: int) -> None:
    tree = toml.read(Source("config.toml", text))
    assert not tree.documents
    assert (tree.notices[0].span.line, tree.notices[0].span.column) == (line, column)


def test_deep_nesting_is_a_notice() -> None:
    assert not toml.read(Source("config.toml", "a = " + "[" * 5000 + "]" * 5000)).readable


PIECES = [
    "a",
    '"b"',
    "=",
    "=",
    "1",
    "[",
    "]",
    "{",
    "}",
    "\n",
    "\n",
    ".",
    ",",
    "'x'",
    '"""',
    "'''",
    "\\n",
    "é",
    " ",
    "#",
]


@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join) | st.text(max_size=30))
def test_any_text_is_read_or_noticed(text: str) -> None:
    tree = toml.read(Source("config.toml", text))
    if tree.readable:
        assert plain(tree.documents[0]).keys() == tomllib.loads(text).keys()
    else:
        assert tree.notices
