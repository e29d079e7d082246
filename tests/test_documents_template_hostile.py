"""Templates that somebody wrote to stop their reader: work stays in proportion to the text."""

from __future__ import annotations

import itertools
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dindguard import budget
from dindguard.documents.template.actions import Dialect
from dindguard.documents.template.neutral import FILLERS
from dindguard.source import Source
from support import steps
from test_documents_template import read

HOSTILE = {
    "nested ifs": lambda size: "{{ if .a }}\n" * size + "a: 1\n" + "{{ end }}\n" * size,
    "ifs beside each other": lambda size: "{{ if .a }}\na: 1\n{{ else }}\na: 2\n{{ end }}\n" * size,
    "unclosed actions": lambda size: "a: {{ b\n" * size,
    "unclosed comments": lambda size: "a: {{ /* b\n" * size,
    "unclosed strings": lambda size: 'a: {{ "b `c\n' * size,
    "actions in one line": lambda size: "a: " + "{{ .b }}" * size + "\n",
    "keys in one line": lambda size: "{" + ", ".join(f"k{n}: {{{{ .b }}}}" for n in range(size)) + "}\n",
    "blanks": lambda size: "a:\n" + "{{ include `x` . | nindent 2 }}\n" * size + "b: 1\n",
    "assignments": lambda size: "".join(f"{{{{ $v{n + 1} := $v{n} }}}}\n" for n in range(size)) + f"a: {{{{ $v{size} }}}}\n",
    "doubling": lambda size: "{{ $a := `xx` }}\n" + "{{ $a = print $a $a }}\n" * size + "a: {{ $a }}\n",
    "appending": lambda size: "{{ $a := list }}\n" + "{{ $a = append $a .b }}\n" * size + "a: {{ $a }}\n",
    "brackets": lambda size: "a: {{ " + "(" * size + ".b" + ")" * size + " }}\n",
    "named templates": lambda size: "".join(f"{{{{ define `d{n}` }}}}a: 1{{{{ end }}}}\n" for n in range(size))
    + "b: {{ include `d1` . }}\n",
}  # fmt: skip


def walked(text: str, dialect: Dialect) -> None:
    for document in read(text, "a: 1\n", dialect).documents:
        for _ in document.walk():
            pass


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("dialect", [Dialect.GO, Dialect.JINJA])
def test_work_grows_with_the_text(kind: str, dialect: Dialect) -> None:
    small, large = (steps(partial(walked, HOSTILE[kind](size), dialect)) for size in (150, 600))
    assert large < 4 * small * 1.6, f"{small} steps became {large}"


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_text_is_read_to_its_end(kind: str) -> None:
    for document in read(HOSTILE[kind](10_000), "a: 1\n").documents:
        for _ in document.walk():
            pass


LIMITS = {
    "template-rounds": ("a:\n{{ range .Values.l }}\n- {{ . }}\n{{ end }}\n", "l: [" + "1, " * 200 + "]\n"),
    "template-calls": ("{{ define `x` }}1{{ end }}\n" + "a: {{ include `x` (list .) }}\n" * 5_100, "a: 1\n"),
}


@pytest.mark.parametrize("name", LIMITS)
def test_a_limit_that_is_met_is_said(name: str) -> None:
    with budget.opened() as ledger:
        for document in read(*LIMITS[name]).documents:
            for _ in document.walk():
                pass
    limit = next(limit for limit in budget.limits() if limit.name == name)
    assert [notice.message for notice in ledger.notices] == [limit.notice(Source("c", "").whole()).message]


# -- texts that nobody thought of -----------------------------------------------------------------------------

PIECES = st.sampled_from(
    [
        "a: ", "b:", "- ", "  ", "    ", "\n", "\r\n", "x", '"', "'", "|\n", ">-\n", "#", "{", "}", "[", "]", ",", ": ", "---\n",
        "&a ", "*a", "<<: ", "!t ", "\t", "é", "{{ .Values.m }}", "{{ .Values.l }}", "{{ .Values.s }}", "{{ . }}", "{{ $x }}",
        "{{- toYaml .Values.m | nindent 2 }}", "{{ include `d` . | nindent 4 }}", "{{ include `d` . }}", "{{ template `t` . }}",
        "{{ if .Values.s }}", "{{- if not .Values.s -}}", "{{ else }}", "{{ else if .y }}", "{{ end }}", "{{- end }}",
        "{{ range .Values.l }}", "{{ range $k, $v := .Values.m }}", "{{ with .Values.m }}", "{{ $x := .Values.s }}",
        "{{ $x = 1 }}", "{{/* c */}}", "{{ define `d` }}", "{{ define `t` }}", "{{", "}}", "{{ (((", "{{ ` }}", "{% if a %}",
        "{% endif %}", "{% for i in l %}", "{% endfor %}", "{# c #}", "{{ a | default('b') }}", "<%= @a %>", "<% if b %>",
        "<% end %>", "${A}", "{{ $k }}: {{ $v }}", "{{ set $x `k` 1 }}", "{{ printf `%s-%d` .Values.s 3 }}",
    ]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES, max_size=40), st.sampled_from(list(Dialect)))
def test_any_text_is_read_and_every_place_is_in_it(pieces: list[str], dialect: Dialect) -> None:
    text = "".join(pieces)
    tree = read(text, "m: {k: v, n: {o: [1]}}\nl: [1, {name: x}]\ns: text\n", dialect)
    lines = text.count("\n") + 1
    for document in tree.documents:
        for node in itertools.islice(document.walk(), 2_000):
            assert not any(filler in node.content for filler in FILLERS)
            assert 1 <= node.span.line <= lines + 1
            if node.is_scalar:
                node.value, node.flag(), node.document("shell"), node.document("x.json")
    assert all(notice.span.line <= lines + 1 for notice in tree.notices)
