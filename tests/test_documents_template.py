"""Templates read in place: what their actions become, which values they take, and under which conditions things stand."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from pathlib import PurePosixPath

import pytest

from dindguard.documents import yaml
from dindguard.documents.template.actions import Act, Dialect, actions
from dindguard.documents.template.answers import Known, of_node
from dindguard.documents.template.blocks import Blocks
from dindguard.documents.template.neutral import FILLERS, Neutral
from dindguard.documents.template.reading import Templates
from dindguard.documents.tree import Node
from dindguard.documents.yaml import Tree
from dindguard.model.condition import come_together, exclude_each_other
from dindguard.model.values import UNKNOWN_PIECE, How
from dindguard.source import Source

CHART = "apiVersion: v2\nname: agent\nversion: 1.0.0\nappVersion: '2.3'\n"


class Texts:
    """Files by path, as a scan would give them."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.sources = {path: Source(path, text) for path, text in texts.items()}

    def open(self, path: str) -> Source | None:
        return self.sources.get(path)

    def listing(self, folder: str) -> tuple[str, ...]:
        here = PurePosixPath(folder)
        return tuple(sorted(PurePosixPath(path).name for path in self.sources if PurePosixPath(path).parent == here))

    def folders(self, folder: str) -> tuple[str, ...]:
        prefix = "" if folder == "." else f"{folder}/"
        below = {path[len(prefix) :].partition("/") for path in self.sources if path.startswith(prefix)}
        return tuple(sorted({name for name, slash, _ in below if slash}))


def read(text: str, values: str | None = None, dialect: Dialect = Dialect.GO, **more: str) -> Tree:
    """Read a template of a chart with these values; without values, one that belongs to no chart."""
    files = {"c/templates/t.yaml": text, **{name.replace("__", "/"): each for name, each in more.items()}}
    if values is not None:
        files |= {"c/Chart.yaml": CHART, "c/values.yaml": values}
    texts = Texts(files)
    return Templates(texts).read(texts.sources["c/templates/t.yaml"], dialect)


def only(text: str, values: str | None = None, dialect: Dialect = Dialect.GO, **more: str) -> Node:
    tree = read(text, values, dialect, **more)
    assert not tree.notices, tree.notices
    assert len(tree.documents) == 1
    return tree.documents[0]


def plain(node: Node) -> object:
    """Return a tree as plain data; ``...`` stands for what is not known."""
    if node.is_mapping:
        return {key.content: plain(value) for key, value in node.pairs()}
    if node.is_sequence:
        return [plain(item) for item in node.items()]
    text = node.value
    return text.value if text.known else ...


def trail(node: Node) -> list[str]:
    return [f"{step.what} {step.span.path}:{step.span.line}" for step in node.value.span.trail]


# -- actions --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dialect", "text", "acts"),
    [
        (Dialect.GO, '{{ .a }} {{- "}}" -}} {{/* {{ }} */}}', [Act.OUTPUT, Act.OUTPUT, Act.COMMENT]),
        (Dialect.GO, "{{if .a}}{{else if .b}}{{else}}{{end}}", [Act.OPEN, Act.ELSE, Act.ELSE, Act.END]),
        (Dialect.GO, "{{ $x := 1 }}{{ $x = 2 }}{{ range $k, $v := .a }}{{ break }}", [Act.SET, Act.SET, Act.OPEN, Act.SET]),
        (Dialect.GO, "{{ `}}` }}{{ '}' }}", [Act.OUTPUT, Act.OUTPUT]),
        (Dialect.GO, "{{ iffy }}{{ endpoint }}", [Act.OUTPUT, Act.OUTPUT]),
        (Dialect.JINJA, "{% if a %}{{ '%}' }}{# {{ #}", [Act.OPEN, Act.OUTPUT, Act.COMMENT]),
        (Dialect.JINJA, "{% if a %}{% elif b %}{%- endif -%}", [Act.OPEN, Act.ELSE, Act.END]),
        (Dialect.JINJA, "{% set a = 1 %}{% set a %}x{% endset %}", [Act.SET, Act.OPEN, Act.END]),
        (Dialect.JINJA, "{% raw %}{{ no }}{% endraw %}{{ yes }}", [Act.SET, Act.SET, Act.OUTPUT]),
        (Dialect.ERB, "<% if @a -%><%= @b %><%# c %><% else %>", [Act.OPEN, Act.OUTPUT, Act.COMMENT, Act.ELSE]),
        (Dialect.ERB, "<%% no %><% end -%>", [Act.END]),
        (Dialect.ERB, "<% @a.each do |x| %><%= x %><% end %>", [Act.OPEN, Act.OUTPUT, Act.END]),
        (Dialect.ERB, "<% if $a { -%><% } elsif $b { %><% } else { -%><% } -%>", [Act.OPEN, Act.ELSE, Act.ELSE, Act.END]),
        (Dialect.ERB, "<% $a.each |$x| { %><% } %><% case $a { %><% 'b': { %>", [Act.OPEN, Act.END, Act.OPEN, Act.OPEN]),
        (Dialect.ENVSUBST, "$A ${B} $$ ${C:-d}", [Act.OUTPUT, Act.OUTPUT]),
    ],
)  # fmt: skip
def test_actions_are_found_and_told_apart(dialect: Dialect, text: str, acts: list[Act]) -> None:
    assert [action.act for action in actions(text, dialect)] == acts


@pytest.mark.parametrize("dialect", list(Dialect))
def test_an_action_without_an_end_ends_the_search(dialect: Dialect) -> None:
    for text in ("a {{ b", "a {% b", "a {# b", "a <% b", 'a {{ "b }}', "a {{ `b", "{{", "{%-", "<%="):
        assert actions(text, dialect) == [] or text == 'a {{ "b }}'


def test_every_character_keeps_its_offset() -> None:
    text = 'a: {{ .x }}\n{{- if .y }}\r\nb: "{{ .z }}-{{ .w }}"\n{{- else }}\nc: é\n{{- end }}\n{{ include "x" . | nindent 2 }}\n'
    found = actions(text, Dialect.GO)
    neutral = Neutral(text, found, Dialect.GO)
    assert len(neutral.text) == len(text)
    inside = {offset for action in found for offset in range(action.start, action.end)}
    assert all(neutral.text[offset] == char for offset, char in enumerate(text) if offset not in inside)
    assert neutral.text.count(neutral.filler) == sum(len(word) for word in ("{{ .x }}", "{{ .z }}", "{{ .w }}"))


def test_blocks_know_their_branches() -> None:
    text = "{{ if .a }}1{{ else if .b }}2{{ else }}3{{ end }}4{{ end }}{{ with .c }}5"
    blocks = Blocks(actions(text, Dialect.GO), len(text))
    at = {digit: blocks.at(text.index(digit)) for digit in "12345"}
    assert [(at[d].word, at[d].expression, len(at[d].before)) for d in "1235"] == [
        ("if", ".a", 0), ("if", ".b", 1), ("if", "", 2), ("with", ".c", 0),
    ]  # fmt: skip
    assert at["4"] is blocks.root
    assert at["1"].group == at["2"].group == at["3"].group
    assert at["5"].end == len(text)


def test_a_text_that_has_the_usual_filler_gets_another() -> None:
    root = only('a: "\N{CURRENCY SIGN} {{ .Values.x }}"\nb: \N{CURRENCY SIGN}\N{NOT SIGN}\n', "x: 1\n")
    assert plain(root) == {"a": "\N{CURRENCY SIGN} 1", "b": "\N{CURRENCY SIGN}\N{NOT SIGN}"}


# -- values ---------------------------------------------------------------------------------------------------


def test_a_value_of_the_chart_is_a_default_with_its_place() -> None:
    root = only(
        'image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"\n',
        "image: {repository: docker}\n",
    )
    image = root["image"].value
    assert (image.value, image.how) == ("docker:2.3", How.DEFAULT)
    assert image.raw == "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
    assert trail(root["image"]) == ["set here c/values.yaml:1", "set here c/Chart.yaml:4"]
    assert (root["image"].span.column, root["image"].span.line) == (8, 1)


def test_values_that_a_template_has_asked_for_go_with_their_last_user() -> None:
    """What a place is taken for is kept with it: an answer that held its place would keep a chart's values."""
    gc.collect()
    gc.disable()
    try:
        [values] = yaml.read(Source("values.yaml", "a: {b: [1, {c: d}]}\n")).documents
        asked = [of_node(node) for node in values.walk()]
        assert [each.value for each in asked if isinstance(each, Known) and isinstance(each.value, (int, str))] == [
            1,
            "d",
        ]
        assert of_node(values["a"]).steps is of_node(values["a"]).steps
        del values, asked
        assert gc.collect() == 0
    finally:
        gc.enable()


@pytest.mark.parametrize(
    ("expression", "values", "value"),
    [
        (".Values.p", "p: true", "true"),
        ("$.Values.p", "p: yes", "true"),
        (".Values.p", "p: 'yes'", "yes"),
        (".Values.p", "p:", ""),
        (".Values.p", "q: 1", None),
        (".Values.p | default true", "q: 1", "true"),
        ('default "x" .Values.p', "p: ''", "x"),
        (".Values.p | default true", "p: false", "true"),
        (".Values.p | quote", "p: 5", "5"),
        ("ternary 1 2 .Values.p", "p: true", "1"),
        ('printf "%s-%d" .Values.a .Values.b', "{a: x, b: 3}", "x-3"),
        ('if_not_known .Values.p', "p: 1", None),
        (".Release.Name | default \"x\"", "p: 1", None),
        ("index .Values \"a\" \"b\"", "{a: {b: 4}}", "4"),
        ("coalesce .Values.a .Values.b", "b: z", "z"),
        (".Values.p | trunc 3 | trimSuffix \"-\"", "p: ab-cd", "ab"),
        ("and .Values.a .Values.b | ternary \"y\" \"n\"", "{a: 1, b: 0}", "n"),
        ('and (not .Values.a) .Values.b | ternary "y" "n"', "{a: false, b: 1}", "y"),
        ("(.Values.a).b", "a: {b: x}", "x"),
        ('has "x" .Values.l | ternary "y" "n"', "l: [w, x]", "y"),
        ("(index .Values.l 1).name", "l: [{name: a}, {name: b}]", "b"),
        ('tpl .Values.t $', "{t: '{{ .Values.u }}-1', u: v}", "v-1"),
    ],
)  # fmt: skip
def test_expressions_of_go(expression: str, values: str, value: str | None) -> None:
    assert only(f"a: {{{{ {expression} }}}}\n", values)["a"].value.value == value


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("x", None), ("x | default(true)", "true"), ("x | d('a') | upper", "A"), ("'a' if true else 'b'", "a"),
        ("x is defined", None), ("'a' ~ 'b'", "ab"), ("not false", "true"), ("x.y[0] | default(3, true)", "3"),
        ("'1' == '1'", "true"), ("lookup('env', 'HOME')", None), ("a b", None),
    ],
)  # fmt: skip
def test_expressions_of_jinja(expression: str, value: str | None) -> None:
    assert only(f"a: {{{{ {expression} }}}}\n", dialect=Dialect.JINJA)["a"].value.value == value


def test_what_nobody_decides_is_unknown_and_says_what_would_have_to_be_known() -> None:
    root = only("a: {{ .Values.p }}\nb: {{ .Release.Name }}-x\nc: <{{ .Values.q.r }}>\n", "q: {}\n")
    assert [(root[key].value.known, root[key].value.variable) for key in "abc"] == [
        (False, ".Values.p"), (False, ".Release.Name"), (False, ".Values.q.r"),
    ]  # fmt: skip
    assert root["a"].flag().unknown
    assert root["b"].value.pattern == f"{UNKNOWN_PIECE}-x"
    assert root["b"].content == "{{ .Release.Name }}-x"


def test_a_name_is_its_expression_with_blanks_normalised() -> None:
    root = only('metadata:\n  name: {{-   include  "c.name"   . -}}\nkind: {{ .Values.kind }}\n', "kind: Pod\n")
    assert root["metadata"]["name"].content == '{{ include "c.name" . }}'
    assert root["kind"].content == "Pod"


def test_no_filler_is_left_in_a_tree() -> None:
    text = 'a: {{ .x }}\n{{ .k }}: v\nb: "x {{ .y }}{{ .z }}"\nc:\n  - {{ .w }}\n  {{- if .v }}\n  - |\n    {{ .u }} t\n{{ end }}'
    for node in only(text).walk():
        assert not any(filler in node.content for filler in FILLERS)


def test_values_of_a_subchart_come_from_its_parent_and_global() -> None:
    tree = Texts(
        {
            "p/Chart.yaml": "name: p\nversion: 1\ndependencies: [{name: s, alias: t}]\n",
            "p/values.yaml": "t: {a: 1, gone: null}\nglobal: {g: 2}\n",
            "p/charts/s/Chart.yaml": "name: s\nversion: 1\n",
            "p/charts/s/values.yaml": "a: 0\nb: 3\ngone: 4\n",
            "p/charts/s/templates/t.yaml": "x: {{ .Values.a }}{{ .Values.b }}{{ .Values.global.g }}\ny: {{ .Values.gone }}\n",
        }
    )
    root = Templates(tree).read(tree.sources["p/charts/s/templates/t.yaml"], Dialect.GO).documents[0]
    assert plain(root) == {"x": "132", "y": ...}
    assert trail(root["x"]) == [
        "set here p/values.yaml:1",
        "set here p/charts/s/values.yaml:2",
        "set here p/values.yaml:2",
    ]


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("s.enabled", ["only when 's.enabled', false by default p/Chart.yaml:3"]),
        ("s.on", []),
        ("s.nobody", []),
        ("s.nobody, s.enabled", ["only when 's.enabled', false by default p/Chart.yaml:3"]),
    ],
)
def test_a_chart_that_its_parent_leaves_out_by_default_says_so(condition: str, said: list[str]) -> None:
    tree = Texts(
        {
            "p/Chart.yaml": f"name: p\nversion: 1\ndependencies: [{{name: s, condition: '{condition}'}}]\n",
            "p/values.yaml": "s: {enabled: false, on: true}\n",
            "p/charts/s/Chart.yaml": "name: s\nversion: 1\n",
            "p/charts/s/templates/t.yaml": "x: {{ .Values.y }}\n",
        }
    )
    root = Templates(tree).read(tree.sources["p/charts/s/templates/t.yaml"], Dialect.GO).documents[0]
    assert trail(root["x"]) == said


# -- grafts ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "action",
    [
        "a: {{- toYaml .Values.sc | nindent 2 }}",
        "a:\n  {{- toYaml .Values.sc | nindent 2 }}",
        "a:\n{{ toYaml .Values.sc | indent 2 }}",
        "a: {{ toYaml .Values.sc }}",
        "a: {{ .Values.sc | toJson }}",
        "{{- with .Values.sc }}\na:\n  {{- toYaml . | nindent 2 }}\n{{- end }}",
        "{{- if .Values.sc }}\na: {{ toYaml .Values.sc | nindent 2 }}\n{{- end }}",
        'a: {{- include "common.tplvalues.render" (dict "value" .Values.sc "context" $) | nindent 2 }}',
        "{{- toYaml (dict \"a\" .Values.sc) }}",
    ],
)  # fmt: skip
def test_a_part_of_the_values_is_grafted(action: str) -> None:
    root = only(f"{action}\nb: 1\n", "sc: {privileged: true, capabilities: {add: [SYS_ADMIN]}}\n")
    assert plain(root) == {"a": {"privileged": "true", "capabilities": {"add": ["SYS_ADMIN"]}}, "b": "1"}
    privileged = root["a"]["privileged"]
    assert privileged.flag().on
    assert privileged.span.path == "c/templates/t.yaml"
    assert "set here c/values.yaml:1" in trail(privileged)
    assert privileged.route == "a.privileged"


def test_grafts_join_what_stands_beside_them() -> None:
    text = (
        "labels:\n  app: x\n  {{- toYaml .Values.labels | nindent 2 }}\n"
        "containers:\n  - name: a\n  {{- toYaml .Values.more | nindent 2 }}\n  - name: b\n"
        "args:\n- one\n{{- toYaml .Values.args | nindent 0 }}\nlast: 1\n"
    )
    root = only(text, "labels: {tier: y}\nmore: [{name: c}, {name: d}]\nargs: [two]\n")
    assert plain(root) == {
        "labels": {"app": "x", "tier": "y"},
        "containers": [{"name": name} for name in "acdb"],
        "args": ["one", "two"],
        "last": "1",
    }
    assert [item.route for item in root["containers"]] == [f"containers[{index}]" for index in range(4)]


def test_what_a_named_template_writes_stands_where_it_is_written() -> None:
    helpers = (
        '{{- define "c.engine" -}}\n- name: dind\n  image: {{ .image }}\n  securityContext:\n    privileged: true\n'
        '{{- end }}\n{{- define "c.image" -}}\n{{- $tag := .Values.tag | default .Chart.AppVersion -}}\n'
        "{{ .Values.repository }}:{{ $tag }}\n{{- end }}\n"
    )
    engine = '{{- include "c.engine" (dict "image" "docker:29-dind") | nindent 2 }}'
    text = f'image: {{{{ include "c.image" . | quote }}}}\ncontainers:\n  {engine}\n'
    root = only(text, "repository: example/agent\n", **{"c/templates/_helpers.tpl": helpers})
    assert root["image"].value.value == "example/agent:2.3"
    engine = root["containers"][0]
    assert plain(engine) == {"name": "dind", "image": "docker:29-dind", "securityContext": {"privileged": "true"}}
    privileged = engine["securityContext"]["privileged"]
    assert (privileged.span.path, privileged.span.line, privileged.span.column) == ("c/templates/_helpers.tpl", 5, 17)
    assert trail(privileged) == ["used here c/templates/t.yaml:3"]


def test_a_named_template_that_calls_itself_ends() -> None:
    text = '{{ define "a" }}\nk:\n  {{- include "a" . | nindent 2 }}\n{{ end }}\nx:\n  {{- include "a" . | nindent 2 }}\n'
    node, levels = only(text)["x"], 0
    while node.present and levels < 200:
        node, levels = node["k"], levels + 1
    assert levels < 100


def test_an_unknown_graft_leaves_its_key_unknown() -> None:
    root = only(
        'securityContext: {{- include "other.context" . | nindent 2 }}\nenv: {{ toYaml .Values.env | nindent 2 }}\n',
        "a: 1\n",
    )
    privileged = root["securityContext"]["privileged"].flag("privileged")
    assert (privileged.unknown, privileged.variable) == (True, 'include "other.context" .')
    assert root["env"]["x"].flag().unknown
    assert (
        only("securityContext: {{- toYaml .Values.sc | nindent 2 }}\n", "sc: {}\n")["securityContext"]["privileged"]
        .flag()
        .off
    )


def test_every_part_of_a_graft_has_a_place_of_its_own() -> None:
    """What walks a tree knows a cycle by its place, and all parts of a graft stand at one action."""
    text = (
        'spec: {{- toYaml .Values.spec | nindent 2 }}\nmade: {{ dict "a" (dict "b" (list 1 (list 2))) | toYaml }}\n'
    )
    root = only(text, "spec: {a: {b: {c: [{d: 1}]}}}\n")
    contents = [node.content for node in root.walk() if node.is_scalar]
    assert contents == ["1", "1", "2"]
    deep = root["spec"]["a"]["b"]["c"][0]["d"]
    assert (deep.route, deep.span.column, deep.span.end_column) == ("spec.a.b.c[0].d", 7, 45)


@pytest.mark.parametrize(
    ("hint", "lines"),
    [
        ("shell", ["docker run ${Values_opts} alpine:3", "echo ${include_x}"]),
        ("config.json", ["docker run {{ .Values.opts }} alpine:3", 'echo {{ include "x" . }}']),
    ],
)
def test_a_document_in_a_template_keeps_its_places(hint: str, lines: list[str]) -> None:
    text = (
        "run: |\n  {{- if .Values.x }}\n  docker run {{ .Values.opts }} {{ .Values.image }}:3\n  {{- end }}\n"
        '  echo {{ include "x" . }}\n'
    )
    document = only(text, "image: alpine\n")["run"].document(hint)
    assert [line.strip() for line in document.text.splitlines() if line.strip()] == lines
    assert document.position(document.text.index("docker run")) == (3, 3)
    assert document.position(document.text.index(" alpine") + 1) == (3, 33)
    assert document.position(document.text.index(":3")) == (3, 52)


# -- branches -------------------------------------------------------------------------------------------------

EITHER = "{{ if .Values.rootless }}\nprivileged: false\n{{ else }}\nprivileged: true\n{{ end }}\n"


def test_a_branch_that_is_off_by_default_is_read_and_says_so() -> None:
    root = only(
        "a: 1\n{{- if .Values.dind.enabled }}\nb: {privileged: true}\n{{- end }}\n", "dind: {enabled: false}\n"
    )
    assert root["b"]["privileged"].flag().on
    condition = root["b"]["privileged"].conditions[0]
    assert (condition.text, condition.holds) == ("dind.enabled", False)
    assert trail(root["b"]["privileged"]) == ["only when 'dind.enabled', false by default c/templates/t.yaml:2"]
    assert root["a"].conditions == ()


@pytest.mark.parametrize(("values", "state"), [("rootless: false", True), ("rootless: true", None), ("x: 1", True)])
def test_alternatives_of_one_setting(values: str, state: bool | None) -> None:
    """The default decides; but a *yes* that another choice brings is never taken for a *no*."""
    flag = only(EITHER, values)["privileged"].flag("privileged")
    assert flag.state is state
    assert only(EITHER)["privileged"].flag().unknown


def test_branches_of_one_if_exclude_each_other_and_no_others() -> None:
    text = "l:\n{{ if .a }}\n- one\n{{ else }}\n- two\n{{ end }}\n{{ if .a }}\n- three\n{{ end }}\n"
    one, two, three = only(text)["l"].items()
    assert exclude_each_other(one.conditions, two.conditions)
    assert not exclude_each_other(two.conditions, three.conditions)
    assert not exclude_each_other(one.conditions, ())


def test_alternatives_of_a_mapping_are_joined_key_by_key() -> None:
    text = "{{ if .a }}\nsc: {privileged: true, x: 1}\n{{ else }}\nsc: {privileged: true, y: 2}\n{{ end }}\n"
    assert plain(only(text)["sc"]) == {"privileged": "true", "x": "1", "y": "2"}


def test_branches_that_do_not_fit_together_are_read_one_by_one() -> None:
    text = "a: 1\n---\nk: [\n{{ if .a }}\n  1 ]\n{{ else }}\n  2 ]\n{{ end }}\n---\nb: 2\n"
    assert [plain(document) for document in read(text).documents] == [{"a": "1"}, {"k": ["1"]}, {"b": "2"}]


def test_what_cannot_be_read_is_told_without_false_advice() -> None:
    tree = read("a: 1\n---\nb: {{ .x }}: c: d\n  e\n---\nf: 2\n")
    assert [plain(document) for document in tree.documents] == [{"a": "1"}, {"f": "2"}]
    assert [(notice.kind, notice.span.line) for notice in tree.notices] == [("undecided", 3)]
    assert "mend" not in tree.notices[0].remedy


@pytest.mark.parametrize(
    ("values", "names"),
    [("l: [{name: a}, {name: b}]", ["a", "b"]), ("l: []", [...]), ("x: 1", [...]), ("l: {p: {name: c}}", ["c"])],
)
def test_a_loop_is_gone_through_as_far_as_the_files_tell(values: str, names: list[object]) -> None:
    root = only("c:\n  {{- range .Values.l }}\n  - name: {{ .name }}\n    priv: true\n  {{- end }}\n", values)
    assert [plain(item["name"]) for item in root["c"]] == names
    assert all(item["priv"].flag().on for item in root["c"])


def test_a_round_of_a_loop_has_only_what_its_item_is_given() -> None:
    text = 'c:\n{{ range .Values.l }}\n{{ if eq .name "a" }}\n- {is: a}\n{{ else }}\n- {is: other}\n{{ end }}\n{{ end }}\n'
    assert plain(only(text, "l: [{name: a}, {name: b}]\n")["c"]) == [{"is": "a"}, {"is": "other"}]


def test_keys_of_a_loop_over_a_mapping() -> None:
    text = "labels:\n  {{- range $k, $v := .Values.labels }}\n  {{ $k }}: {{ $v | quote }}\n  {{- end }}\n"
    assert plain(only(text, "labels: {a: x, b: y}\n")["labels"]) == {"a": "x", "b": "y"}


def test_a_value_with_a_condition_inside() -> None:
    text = 'image: docker:{{ if .Values.v }}{{ .Values.v }}{{ else }}latest{{ end }}\nb: "{{ if .Values.w }}x{{ end }}y"\n'
    assert plain(only(text, "v: 29-dind\n")) == {"image": "docker:29-dind", "b": "y"}
    assert only(text)["image"].value.unknown


def test_a_mapping_that_set_fills() -> None:
    helpers = (
        '{{- define "c.sc" -}}\n{{- $sc := dict -}}\n{{- if .Values.host -}}\n'
        '{{- $sc := set $sc "privileged" true -}}\n{{- end -}}\n{{- toYaml $sc }}\n{{- end -}}\n'
    )
    text = 'sc: {{- include "c.sc" . | nindent 2 }}\n'
    root = only(text, "host: true\n", **{"c/templates/_helpers.tpl": helpers})
    assert root["sc"]["privileged"].flag().on
    assert "set here c/templates/_helpers.tpl:4" in trail(root["sc"]["privileged"])


# -- texts ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "syntax", "text", "plain_text"),
    [
        ("run.sh.j2", "shell", "docker run {{ image | default('alpine') }}\n", "docker run alpine\n"),
        ("run.sh.j2", "shell", "docker run {{ a }}:{{b}}\n", "docker run {{ a }}:{{ b }}\n"),
        ("run.sh.j2", "shell", "{% if x %}\nls {# no #}\n{% endif %}\n", "          \nls         \n           \n"),
        ("Makefile.j2", "makefile", "up:\n\tdocker run {{ a.b  }}\n", "up:\n\tdocker run ${a_b}\n"),
        ("c.toml.j2", "toml", 'a = {{ a }}\nb = "{{ b }}"\n', 'a = "${a}"\nb = "${b}"\n'),
        (
            "Dockerfile.erb",
            "dockerfile",
            "FROM <%= @base %>\n<%- if @x %>RUN a\n",
            "FROM ${base}\n            RUN a\n",
        ),
        ("Dockerfile.tmpl", "dockerfile", "FROM {{ .Base }}\n", "FROM ${Base}\n"),
        ("Dockerfile.j2", "dockerfile", "{{ shared }}\nFROM {{ base }}\n", "            \nFROM ${base}\n"),
        ("Dockerfile.j2", "dockerfile", "RUN a \\\n{{ b }}\nRUN c\n", "RUN a \\\n${b}\nRUN c\n"),
        (
            "Dockerfile.template",
            "dockerfile",
            '{{ include "shared" -}}\nRUN a; \\\n{{ if .b == "c" then ( -}}\n\tb; \\\n{{ ) else "" end -}}\n\td\n',
            "                       \nRUN a; \\\n" + " " * 25 + "\\\n\tb; \\\n" + " " * 19 + "\\\n\td\n",
        ),
        (
            "Dockerfile.j2",
            "dockerfile",
            "RUN a && \\\n{% if x %}\nb\n{% else %}\nc\n{% endif %}\nRUN d\n",
            "RUN a && \\\n         \\\nb \\\n         \\\nc\n           \nRUN d\n",
        ),
        ("plain.sh.j2", "shell", "docker ps\n", "docker ps\n"),
    ],
)
def test_a_text_keeps_its_places(name: str, syntax: str, text: str, plain_text: str) -> None:
    plain = Templates(Texts({})).text(Source(name, text), syntax)
    assert plain.text == plain_text
    assert not plain.embedded
    word = plain_text.rsplit(maxsplit=1)[-1]
    at = plain_text.index(word)
    span = plain.span(at, at + len(word))
    assert (span.line, span.end_line) == (plain_text.count("\n", 0, at) + 1,) * 2
    lines = text.split("\n")
    assert lines[span.line - 1][span.column - 1 : span.end_column - 1].strip('"')[:1] in ("{", "<", word[:1])


BRANCHES = [
    ("a.sh.j2", "{% if a %}A{% endif %}B", True),
    ("a.sh.j2", "{% if a %}A B{% endif %}", True),
    ("a.sh.j2", "{% if a %}A{% if b %}B{% endif %}{% endif %}", True),
    ("a.sh.j2", "{% if a %}A{% endif %}{% if a %}B{% endif %}", True),
    ("a.sh.j2", "{% if a %}A{% else %}B{% endif %}", False),
    ("a.sh.j2", "{% if a %}A{% elif b %}B{% endif %}", False),
    ("a.sh.j2", "{% if a %}A{% endif %}{% if b %}B{% endif %}", False),
    ("a.sh.j2", "{% if a %}{% elif b %}{% else %}A{% endif %}{% if a %}{% elif b %}{% else %}B{% endif %}", False),
    ("a.sh.erb", "<% if @a %>A<% else %>B<% end %>", False),
    ("a.sh.erb", "<% if @a %>A B<% else %><% end %>", True),
    ("a.sh.epp", "<% if $a { %>A<% } else { %>B<% } %>", False),
    ("a.sh.epp", "<% if $a { %>A<% if $b { %>B<% } } %>", True),
    ("a.sh.epp", "<% case $a { %><% 'b': { %>A<% } %><% 'c': { %>B<% } %><% } %>", False),
    ("a.sh.gotmpl", "{{ if .a }}A{{ else }}B{{ end }}", False),
    ("a.sh.gotmpl", "{{ if .a }}A B{{ end }}", True),
    ("a.sh", "A B", True),
]


@pytest.mark.parametrize(("name", "text", "together"), BRANCHES)
def test_what_branches_of_a_text_write_says_under_what(name: str, text: str, together: bool) -> None:
    plain = Templates(Texts({})).text(Source(name, text), "shell")
    places = [plain.part(plain.text.index(each), plain.text.index(each) + 1) for each in "AB"]
    one, other = (each.span(0, 1) for each in places)
    assert come_together(one, other) is come_together(other, one) is together


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ('{\n{% if a %}\n"x": 1\n{% else %}\n"y": 2\n{% endif %}\n}\n', ["x", "y"]),
        ('{\n{% if a %}\n"x": 1,\n{% else %}\n"y": 2,\n{% endif %}\n"z": 3\n}\n', ["x", "y", "z"]),
        ('{\n{% if a %}\n"x": 1\n{% elif b %}\n"y": 2\n{% else %}\n"z": 3\n{% endif %}\n}\n', ["x", "y", "z"]),
        ('{\n{% if a %}\n{% else %}\n"y": 2\n{% endif %}\n}\n', ["y"]),
        ('{"x": {% if a %}1{% else %}2{% endif %}, "y": 2}\n', ["x", "y"]),
        ('{"x": ["1" {% if a %}, "2" {% else %} {% endif %}], "y": 2}\n', ["x", "y"]),
    ],
)
def test_branches_of_json_that_end_without_a_comma_are_read_all_the_same(text: str, keys: list[str]) -> None:
    root = Templates(Texts({})).read(Source("a.json.j2", text), Dialect.JINJA).documents[0]
    assert list(root.keys()) == keys
    at = text.index(f'"{keys[-1]}"')
    assert root[keys[-1]].key_span.line == text.count("\n", 0, at) + 1
