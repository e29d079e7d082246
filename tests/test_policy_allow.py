"""Allows: what is a comment, what one covers, and what is wrong with one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dindguard.documents.brackets import closings
from dindguard.documents.comments import find
from dindguard.findings import Status
from dindguard.source import Source
from policy_tree import own, scanned, statuses, tree, write

CAP = "dangerous-capability"
REASON = "mounts images for the tests"

COMMENTS = {
    "yaml": (
        (
            'a:\n  # D: one\n\n  # x\n  b: 1\n  c: "# D: no" # D: two\n  d: |\n    # D: no\n    x\n  e: it\'s # D: three\n'
            "  f: a#D:no\n  g: 'a\n    # D: no\n    b' # D: four\n  # D: five\n  h: >-  # D: six\n    x\n    y\n"
        ),
        [(2, {2, 5}), (6, {6}), (10, {10}), (14, {14}), (15, {15, 16, 17, 18}), (16, {16, 17, 18})],
    ),
    "shell": (
        (
            "# D: one\ndocker run \\\n  x\necho 'it # D: no' \"x # D: no\n # D: no\" # D: two\ncat <<EOF  # D: three\n"
            "# D: no\nEOF\nx=${#y} # don't\ny # D: four\ncat <<A <<-B\n# D: no\nA\n # D: no\n\tB\nz \\\n w # D: five\n"
        ),
        [(1, {1, 2, 3}), (5, {5}), (6, {6}), (10, {10}), (17, {16, 17})],
    ),
    "dockerfile": (
        (
            "# D: one\nFROM x\nRUN a \\\n  # D: two\n  b \\\n  c # D: the shell's\nCOPY <<EOF /x\n# D: no\nEOF\n# D: three\n"
            "ENV a=b\n"
        ),
        [(1, {1, 2}), (4, {4, 5, 6}), (10, {10, 11})],
    ),
    "json": ('{"a": "// D: no", // D: one\n "b": 1 /* D: two */\n}', [(1, {1}), (2, {2})]),
    "toml": ('a = "# D: no"\nb = """\n# D: no\n""" # D: one\n# D: two\nc = 1\n', [(4, {4}), (5, {5, 6})]),
    "justfile": ("a: b\n    # D: one\n    docker run \\\n     x\n", [(2, {2, 3, 4})]),
    "powershell": (
        "# D: one\ndocker run `\n  x # D: two\n$a = '# D: no' + \"`\" # D: no\"\n@'\n# D: no\n'@\n<# D: no\n# D: no #>\n",
        [(1, {1, 2, 3}), (3, {2, 3})],
    ),
    "batch": (
        "@rem D: one\ndocker run ^\n  x\necho # D: no\n:: D: two\nREM D: three\nstart y\n",
        [(1, {1, 2, 3}), (5, {5, 7}), (6, {6, 7})],
    ),
    "makefile": ("a: b\n\t# D: one\n\tdocker run \\\n\t x\n", [(2, {2, 3, 4})]),
    "": ('a = "x // D: no" // D: one\n', [(1, {1})]),
}


@pytest.mark.parametrize("syntax", COMMENTS)
def test_only_real_comments_count(syntax: str) -> None:
    text, expected = COMMENTS[syntax]
    for linebreak in ("\n", "\r\n"):
        found = list(find(Source("f", text.replace("\n", linebreak)), syntax, "D:"))
        assert [(each.span.line, set(each.lines)) for each in found] == expected
        assert not any("no" in each.text for each in found)


def test_a_comment_behind_a_dockerfile_instruction_is_none() -> None:
    (found,) = find(Source("Dockerfile", "FROM docker:dind # D: x\n"), "dockerfile", "D:")
    assert "lines of their own" in found.fault


@pytest.mark.parametrize(
    "text", ["a: 'open # D:\n", "a: [\n# D: x\n", "\x00# D:", "<<EOF # D:\n", '"\\', "RUN <<A <<B"]
)
@pytest.mark.parametrize("syntax", [*COMMENTS, "unheard-of"])
def test_no_text_is_too_broken(text: str, syntax: str) -> None:
    list(find(Source("f", text), syntax, "D:"))


def compose(comment: str, line: str = "cap_add: [SYS_ADMIN]", above: str = "") -> str:
    start = f"services:\n  web:\n    image: nginx:1.29\n{above}    {line}"
    return f"{start} {comment}\n" if comment else f"{start}\n"


@pytest.mark.parametrize(
    "text",
    [
        compose(f"# dindguard: allow[{CAP}] {REASON}"),
        compose(f"# dindguard: allow[{CAP}] until=2026-11-23 {REASON}"),
        compose(f"# dindguard: allow[{CAP}] {REASON} until=2026-12-01"),
        compose("", above=f"    # dindguard: allow[{CAP}]: {REASON}\n"),
        compose("", above=f"    # dindguard: allow[{CAP}] {REASON}\n\n    # more words\n"),
        compose("", line="cap_add:\n      # dindguard: allow[dangerous-capability] mounts images\n      - SYS_ADMIN"),
    ],
    ids=range(6),
)
def test_an_allow_beside_any_place_silences(tmp_path: Path, text: str) -> None:
    report = scanned(tree(tmp_path, compose_dot_yaml=text))
    assert statuses(report) == {CAP: Status.ALLOWED}
    assert own(report) == []
    assert "1 allowed" in report.policy_summary


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (compose(f"# dindguard: allow[{CAP}]"), "allow-malformed"),
        (compose(f"# dindguard: allow[{CAP}] ok"), "allow-malformed"),
        (compose(f"# dindguard: allow {CAP} {REASON}"), "allow-malformed"),
        (compose(f"# dindguard: allow[] {REASON}"), "allow-malformed"),
        (compose(f"# dindguard: allow[*] {REASON}"), "allow-malformed"),
        (compose(f"# dindguard: allow[dangerous-capabilty] {REASON}"), "allow-malformed"),
        (compose(f"# dindguard: allow[allow-unused] {REASON}"), "allow-malformed"),
        (compose(f"# dindguard: allow[{CAP}] until=soon {REASON}"), "allow-malformed"),
        (compose(f"# dindguard: allow[{CAP}] until=20270301 {REASON}"), "allow-malformed"),
        (compose(f"# dindguard: allow[{CAP}] until=2027-01-01 until=2028-01-01 {REASON}"), "allow-malformed"),
        (compose(f"# dindguard: allow[{CAP}] until=2026-11-22 {REASON}"), "allow-expired"),
        (compose("", above=f"    # dindguard: allow[{CAP}] {REASON}\n    restart: always\n"), "allow-unused"),
        (compose(f"# dindguard: allow[privileged-container] {REASON}"), "allow-unused"),
        (compose("", line=f"cap_add: ['SYS_ADMIN']\n    command: 'x # dindguard: allow[{CAP}] {REASON}'"), ""),
    ],
)
def test_an_allow_that_does_not_count_is_a_finding(tmp_path: Path, text: str, problem: str) -> None:
    report = scanned(tree(tmp_path, compose_dot_yaml=text))
    assert statuses(report)[CAP] is Status.OPEN
    assert own(report) == ([problem] if problem else [])


def test_one_unused_rule_of_several_is_named(tmp_path: Path) -> None:
    text = compose(f"# dindguard: allow[{CAP}, privileged-container] {REASON}")
    report = scanned(tree(tmp_path, compose_dot_yaml=text))
    assert [f.message for f in report.open] == ["the allow of privileged-container silences nothing"]


def test_a_misspelt_rule_is_told_the_nearest(tmp_path: Path) -> None:
    report = scanned(tree(tmp_path, compose_dot_yaml=compose(f"# dindguard: allow[dangerous-capabilty] {REASON}")))
    assert any("did you mean 'dangerous-capability'" in f.message for f in report.findings)


def test_a_type_hint_is_no_allow(tmp_path: Path) -> None:
    report = scanned(tree(tmp_path, compose_dot_yaml="# dindguard: type=compose\n" + compose("")))
    assert own(report) == []


def test_an_allow_does_not_stand_in_for_an_approval(tmp_path: Path) -> None:
    text = (
        "services:\n  r:\n    image: runner:1\n    volumes:\n"
        "      # dindguard: allow[host-engine-socket] the runner needs it\n"
        "      - /var/run/docker.sock:/var/run/docker.sock\n"
    )
    report = scanned(tree(tmp_path, compose_dot_yaml=text))
    assert statuses(report)["host-engine-socket"] is Status.OPEN
    assert own(report) == ["allow-not-enough"]
    write(tmp_path, ".dindguard.yaml", "approval: {require: []}\n")
    report = scanned(tmp_path)
    assert statuses(report)["host-engine-socket"] is Status.ALLOWED
    assert own(report) == []


def test_untrusted_trees_cannot_allow_themselves_anything(tmp_path: Path) -> None:
    report = scanned(tree(tmp_path, compose_dot_yaml=compose(f"# dindguard: allow[{CAP}] {REASON}")), untrusted=True)
    assert statuses(report) == {CAP: Status.OPEN}
    assert own(report) == []


ANCHORED = """\
x-base: &base
  image: nginx:1.29
  cap_add: [SYS_ADMIN]{anchor}
services:
  one:
    <<: *base{one}
  two:
    <<: *base{two}
"""


@pytest.mark.parametrize(
    ("places", "status"),
    [
        ({"anchor"}, Status.ALLOWED),
        ({"one"}, Status.OPEN),
        ({"one", "two"}, Status.ALLOWED),
    ],
)
def test_one_setting_of_two_services_is_silenced_when_both_are(
    tmp_path: Path, places: set[str], status: Status
) -> None:
    texts = {
        name: f"  # dindguard: allow[{CAP}] {REASON}" if name in places else "" for name in ("anchor", "one", "two")
    }
    report = scanned(tree(tmp_path, compose_dot_yaml=ANCHORED.format(**texts)))
    assert statuses(report) == {CAP: status}
    assert own(report) == []


OTHERS = {
    "Dockerfile": "FROM debian:13\n# dindguard: allow[docker-group-access] ci user builds\nRUN usermod -aG docker ci\n",
    "build.sh": "#!/bin/sh\n# dindguard: allow[dangerous-capability] a test host\ndocker run --rm \\\n"
    "  --cap-add SYS_ADMIN alpine:3.22 true\n",
    "ci.gitlab-ci.yml": "build:\n  image: alpine:3.22\n  script:\n    - |\n"
    "      # dindguard: allow[dangerous-capability] a test host\n"
    "      docker run --cap-add SYS_ADMIN alpine:3.22 true\n",
    "Makefile": "test:\n\t# dindguard: allow[dangerous-capability] a test host\n"
    "\tdocker run --cap-add SYS_ADMIN alpine:3.22 true\n",
}


@pytest.mark.parametrize("name", OTHERS)
def test_every_format_with_comments(tmp_path: Path, name: str) -> None:
    (tmp_path / ".git").mkdir()
    write(tmp_path, name, OTHERS[name])
    report = scanned(tmp_path)
    silenced = {f.rule.id for f in report.findings if f.status is Status.ALLOWED}
    assert silenced, [f.message for f in report.findings]
    assert own(report) == []
    write(tmp_path, name, "\n".join(line for line in OTHERS[name].split("\n") if "dindguard:" not in line))
    assert silenced <= {f.rule.id for f in scanned(tmp_path).open}


def test_a_json_file_has_a_sidecar(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    write(tmp_path, "daemon.json", json.dumps({"insecure-registries": ["0.0.0.0/0"]}))
    entry = {"rules": ["any-registry-insecure"], "at": "insecure-registries", "reason": "an air-gapped test bench"}
    write(tmp_path, "daemon.json.allow.yaml", json.dumps({"allow": [entry]}))
    for paths in ((), ("daemon.json",)):
        report = scanned(tmp_path, *paths)
        assert statuses(report) == {"any-registry-insecure": Status.ALLOWED}
        assert own(report) == []
    assert statuses(scanned(tmp_path, untrusted=True)) == {"any-registry-insecure": Status.OPEN}


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ({"rules": ["any-registry-insecure"], "at": "hosts", "reason": "a test bench"}, "allow-unused"),
        ({"rules": ["any-registry-insecure"], "reason": "a test bench"}, "allow-malformed"),
        ({"rules": ["any-registry-insecure"], "at": "insecure-registries"}, "allow-malformed"),
        ({"rules": [], "at": "insecure-registries", "reason": "a test bench"}, "allow-malformed"),
        ({"rule": "any-registry-insecure", "at": "a", "reason": "a test bench"}, "allow-malformed"),
        ({"rules": ["any-registry-insecure"], "at": "insecure-registries", "reason": "a test bench",
          "until": "2026-01-01"}, "allow-expired"),
        ("words", "allow-malformed"),
    ],
)  # fmt: skip
def test_a_faulty_sidecar_says_so(tmp_path: Path, entry: object, problem: str) -> None:
    (tmp_path / ".git").mkdir()
    write(tmp_path, "daemon.json", json.dumps({"insecure-registries": ["0.0.0.0/0"]}))
    write(tmp_path, "daemon.json.allow.yaml", json.dumps({"allow": [entry]}))
    report = scanned(tmp_path)
    assert statuses(report) == {"any-registry-insecure": Status.OPEN}
    assert own(report) == [problem]


BLOCKS = {
    "above a list": ("    # D\n    cap_add:\n      - SYS_ADMIN\n", True),
    "above a list that is not indented": ("    # D\n    cap_add:\n    - NET_RAW\n    - SYS_ADMIN\n    restart: always\n", True),
    "at the end of the line that begins it": ("    cap_add: # D\n\n      # words\n      - SYS_ADMIN\n", True),
    "above another item": ("    cap_add:\n      # D\n      - NET_RAW\n      - SYS_ADMIN\n", False),
    "above another block": ("    # D\n    labels:\n      a: b\n    cap_add:\n      - SYS_ADMIN\n", False),
    "above another list that is not indented": (
        "    # D\n    ports:\n    - 80:80\n    cap_add:\n    - SYS_ADMIN\n", False
    ),
    "behind it": ("    cap_add:\n      - SYS_ADMIN\n    # D\n    labels:\n      a: b\n", False),
}  # fmt: skip


@pytest.mark.parametrize("name", BLOCKS)
def test_an_allow_above_a_block_covers_the_block(tmp_path: Path, name: str) -> None:
    text, holds = BLOCKS[name]
    service = text.replace("# D", f"# dindguard: allow[{CAP}] {REASON}")
    report = scanned(tree(tmp_path, compose_dot_yaml=f"services:\n  web:\n    image: nginx:1.29\n{service}"))
    assert statuses(report) == {CAP: Status.ALLOWED if holds else Status.OPEN}
    assert own(report) == ([] if holds else ["allow-unused"])


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("services:\n  # D\n  web:\n    image: nginx:1.29\n    cap_add:\n      - SYS_ADMIN\n", True),
        ("# D\nservices:\n  web:\n    image: nginx:1.29\n    cap_add:\n      - SYS_ADMIN\n", False),
        ("# D\nx-b: &b\n  cap_add:\n    - SYS_ADMIN\nservices:\n  web:\n    image: nginx:1.29\n    <<: *b\n", True),
    ],
)
def test_a_block_of_containers_is_not_covered_as_one(tmp_path: Path, text: str, holds: bool) -> None:
    text = text.replace("# D", f"# dindguard: allow[{CAP}] {REASON}")
    report = scanned(tree(tmp_path, compose_dot_yaml=text))
    assert statuses(report) == {CAP: Status.ALLOWED if holds else Status.OPEN}


BRACKETED = {
    "main.tf": (
        'resource "docker_container" "a" {\n  name = "a"\n  image = "nginx:1.29"\n  # D\n  capabilities {\n'
        '    drop = ["ALL"] # ]\n    add = ["SYS_ADMIN"]\n  }\n}\n'
    ),
    "config.toml": (
        '[[runners]]\n  executor = "docker"\n  [runners.docker]\n    image = "nginx:1.29"\n    # D\n    cap_add = [\n'
        '      "NET_RAW", # \'[\n      "SYS_ADMIN",\n    ]\n'
    ),
    ".devcontainer/devcontainer.json": (
        '{\n  "image": "nginx:1.29",\n  // D\n  "capAdd": [\n    "NET_RAW",\n    "SYS_ADMIN"\n  ],\n  "remoteUser": "me"\n}\n'
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BRACKETED)
def test_an_allow_above_brackets_covers_what_they_hold(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    allow = f"dindguard: allow[{CAP}] {REASON}"
    file.write_text(BRACKETED[name].replace("D\n", f"{allow}\n", 1))
    report = scanned(tmp_path)
    assert statuses(report)[CAP] is Status.ALLOWED
    assert own(report) == []


@pytest.mark.parametrize(
    ("text", "closed"),
    [
        ('a = [\n  "]",\n  # ]\n  1 ]\nb = 2\n', {0: 3}),
        ("a = [1]\nb = [\n]\n", {1: 2}),
        ("a {\n  b = [\n  ]\n}\nc = 1\n", {0: 3, 1: 2}),
        ("a({\n  b = 1\n})\n", {0: 2}),
        ("a = [\n  1,\n", {}),
        ("a = 1\n}\n", {}),
        ("[1\n], [\n2]\n", {0: 1, 1: 2}),
        ('x = """\n]\n"""\ny = [\n]\n', {3: 4}),
        ("a {\n  b = <<-END\n    )]}\n  END\n}\n", {0: 4}),
    ],
)
def test_where_brackets_close(text: str, closed: dict[int, int]) -> None:
    assert closings(text) == closed


def test_an_allow_above_a_list_covers_the_engine_that_an_entry_hands_over(tmp_path: Path) -> None:
    text = (
        "services:\n  web:\n    image: nginx:1.29\n    # dindguard: allow[host-engine-socket] it lists containers\n"
        "    volumes:\n      - /var/run/docker.sock:/var/run/docker.sock\n"
    )
    assert own(scanned(tree(tmp_path, compose_dot_yaml=text))) == ["allow-not-enough"]


def test_an_allow_above_a_mount_in_long_syntax_covers_it(tmp_path: Path) -> None:
    text = (
        "services:\n  web:\n    image: nginx:1.29\n    volumes:\n"
        "      # dindguard: allow[host-root-mount] the backup reads all\n"
        "      - type: bind\n        source: /\n        target: /host\n"
        "      - type: bind\n        source: /etc\n        target: /etc-of-the-host\n"
    )
    report = scanned(tree(tmp_path, compose_dot_yaml=text))
    assert statuses(report)["host-root-mount"] is Status.ALLOWED
    assert own(report) == []


ALLOW = "dindguard: allow[host-pid-namespace] it lists the node's processes"
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  ABOVE
  hostPID: true BEHIND
  containers:
    - {name: a, image: example/a}
"""
IN_TEMPLATES = {
    "above, in Helm's sign": ("c/templates/p.yaml", f"{{{{- /* {ALLOW} */ -}}}}", ""),
    "above a condition": ("c/templates/p.yaml", f"{{{{/* {ALLOW} */}}}}\n  {{{{- if .Values.x }}}}{{{{ end }}}}", ""),
    "behind, in Helm's sign": ("c/templates/p.yaml", "{{ if .x }}\n  {{ end }}", f"{{{{/* {ALLOW} */}}}}"),
    "behind, in YAML's sign": ("c/templates/p.yaml", "{{- include `x` . | nindent 2 }}", f"# {ALLOW}"),
    "above, in Jinja's sign": ("p.yaml.j2", f"{{% if x %}}{{% endif %}}\n  {{# {ALLOW} #}}", ""),
    "above, in ERB's sign": ("p.yaml.erb", f"<%# {ALLOW} %>", ""),
}


def test_an_allow_in_a_script_s_template(tmp_path: Path) -> None:
    write(tmp_path, ".git/HEAD", "")
    write(tmp_path, "run.sh.j2", f"{{# {ALLOW} #}}\ndocker run --pid host {{{{ image | default('x') }}}}\n")
    assert [each.status for each in scanned(tmp_path).findings] == [Status.ALLOWED]


@pytest.mark.parametrize("case", IN_TEMPLATES)
def test_an_allow_in_a_template(tmp_path: Path, case: str) -> None:
    name, above, behind = IN_TEMPLATES[case]
    text = POD.replace("ABOVE", above).replace("BEHIND", behind)
    write(tmp_path, ".git/HEAD", "")
    write(tmp_path, "c/Chart.yaml", "name: c\nversion: 1\n")
    write(tmp_path, name, text)
    assert [each.status for each in scanned(tmp_path).findings] == [Status.ALLOWED]
    write(tmp_path, name, text.replace("dindguard:", "never:"))
    assert [each.status for each in scanned(tmp_path).findings] == [Status.OPEN]


def test_an_allow_in_a_batch_file(tmp_path: Path) -> None:
    text = f"rem dindguard: allow[{CAP}] {REASON}\ndocker run --cap-add=SYS_ADMIN x\n"
    root = tree(tmp_path)
    write(root, "x.bat", text)
    write(root, "y.ps1", text.replace("rem", "#").replace("--cap-add", "`\n  --cap-add"))
    found = [each for each in scanned(root).findings if each.rule.id == CAP and each.span.path != "compose.yaml"]
    assert len(found) == 2
    assert {each.status for each in found} == {Status.ALLOWED}
