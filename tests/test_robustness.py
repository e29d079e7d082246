"""Any bytes in, a report out: nothing crashes, hangs, or gives another report the second time."""

from __future__ import annotations

import json
import os
import socket
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dindguard import budget, reports, working_tree
from dindguard.coverage import FileState, State
from dindguard.documents import yaml
from dindguard.errors import UserError
from dindguard.rules import Profile, Severity
from dindguard.scanning import Options, Report, scan
from dindguard.source import Gravity, Notice, Source
from fixture_files import FIXTURES

ENGINE = "services:\n  a:\n    image: docker:29-dind\n    privileged: true\n"


def looked_at(root: Path, *paths: Path) -> Report:
    """Scan with every rule; no rule may fail on anything."""
    report = scan(Options(paths=paths or (root,), root=root, profile=Profile.ALL, untrusted=True))
    assert not [notice for notice in report.notices if notice.kind == "rule-crashed"], report.notices
    for finding in report.findings:
        for place in finding.places:
            inside(report, place.path, place.line, place.column)
    return report


def inside(report: Report, path: str, line: int, column: int) -> None:
    source = report.sources.get(path)
    if source is not None:
        assert column <= len(source.line_text(line)) + 1, f"{path}:{line}:{column} lies outside the file"


def scan_bytes(folder: Path, data: bytes, name: str = "compose.yaml") -> Report:
    (folder / name).write_bytes(data)
    return looked_at(folder)


def errors(report: Report) -> list[Notice]:
    return [notice for notice in report.notices if notice.gravity is Gravity.ERROR]


# -- bytes ----------------------------------------------------------------------------------------------------

READABLE = {
    "UTF-8 with a mark": ENGINE.encode("utf-8-sig"),
    "UTF-16, little": b"\xff\xfe" + ENGINE.encode("utf-16-le"),
    "UTF-16, big": b"\xfe\xff" + ENGINE.encode("utf-16-be"),
    "UTF-32, little": b"\xff\xfe\x00\x00" + ENGINE.encode("utf-32-le"),
    "UTF-32, big": b"\x00\x00\xfe\xff" + ENGINE.encode("utf-32-be"),
    "windows": ENGINE.replace("\n", "\r\n").encode(),
    "lone carriage returns": ENGINE.replace("\n", "\r").encode(),
    "broken UTF-8": ENGINE.encode() + b"    hostname: \xff\xfe\xc3(\xed\xa0\x80\n",
    "control characters": ENGINE.encode() + b"    hostname: \x01\x7f\x1b[31m\n",
    "line separators": ENGINE.encode() + "    hostname: 'a\u2028b\u2029c\x85d'\n".encode(),
    "escapes that hide words": b'"\\x73ervices":\n  a:\n    "im\\u0061ge": docker:29-dind\n    "privile\\x67ed": true\n',
    "equal keys": ENGINE.encode() + b"    privileged: true\n    privileged: true\n",
    "an anchor defined twice": b"x: &a {}\ny: &a {}\n" + ENGINE.encode(),
    "an alias in a circle": b"x: &a [*a, {b: *a}]\n" + ENGINE.encode() + b"    environment: &e {<<: *e, K: *e}\n",
    "keys that are no texts": b"? [a, {b: c}]\n: d\n? {x: y}\n: z\nnull: 1\n" + ENGINE.encode(),
    "tags": ENGINE.encode() + b"    hostname: !!python/object/apply:os.system [id]\n    user: !!binary aGk=\n",
    "a directive": b"%YAML 1.1\n---\n" + ENGINE.encode() + b"...\n",
    "deep indentation": ENGINE.encode() + b"".join(b" " * i + b"x%d:\n" % i for i in range(1200)),
    "many documents": b"---\n" * 2000 + ENGINE.encode(),
    "a long line": ENGINE.encode() + b"    command: '" + b"x" * 1_900_000 + b"'\n",
    "many keys": ENGINE.encode() + b"".join(b"    k%d: 1\n" % i for i in range(20_000)),
    "many services": b"services:\n"
    + b"".join(b"  s%d: {image: 'docker:29-dind', privileged: true}\n" % i for i in range(300)),
}

UNREADABLE = {
    "100,000 brackets": b"a: " + b"[" * 100_000,
    "100,000 braces and the end": b"privileged: " + b"{a: " * 100_000 + b"}" * 100_000,
    "100,000 dashes": b"image:\n" + b"- " * 100_000,
    "100,000 question marks": b"image:\n" + b"? " * 100_000,
    "tabs": b"services:\n\ta:\n\t\timage: docker\n",
    "an open quote": b'services: {a: {image: "docker',
    "an unknown alias": b"services: {a: {image: *docker}}",
    "an unknown directive's end": b"%YAML 9.9\n---\nservices: {image: docker\n",
}


@pytest.mark.parametrize("data", READABLE.values(), ids=READABLE.keys())
def test_strange_but_readable(tmp_path: Path, data: bytes) -> None:
    report = scan_bytes(tmp_path, data)
    assert not errors(report)
    assert "privileged-engine" in {finding.rule.id for finding in report.findings}


@pytest.mark.parametrize("data", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_cannot_be_read_is_said(tmp_path: Path, data: bytes) -> None:
    report = scan_bytes(tmp_path, data)
    assert report.incomplete
    assert {notice.kind for notice in errors(report)} in ({"unreadable"}, {"budget"})
    assert all(notice.remedy for notice in errors(report))


def test_a_binary_file_is_counted_and_not_read(tmp_path: Path) -> None:
    report = scan_bytes(tmp_path, b"\x7fELF\0\0docker privileged: true", "docker")
    assert (report.files_read, report.coverage.count(State.OTHER)) == (0, 1)


def test_a_merge_bomb_costs_no_more_than_its_budget(tmp_path: Path) -> None:
    lines = ["a0: &a0 {" + ", ".join(f"k{i}: x" for i in range(50)) + "}"]
    lines += [f"a{i}: &a{i} {{<<: [{', '.join([f'*a{i - 1}'] * 9)}]}}" for i in range(1, 20)]
    report = scan_bytes(tmp_path, "\n".join([*lines, "services: {a: {image: x, <<: *a19}}"]).encode())
    assert "budget" in {notice.kind for notice in errors(report)}


def test_an_alias_bomb_costs_what_is_looked_at(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 30)]
    bomb = (
        "\n".join([*lines, ENGINE])
        + "    command: *a29\n    environment: *a29\n    volumes: *a29\n    labels: *a29\n"
    )
    scan_bytes(tmp_path, bomb.encode())


@pytest.mark.parametrize("size", [budget.FILE_SIZE.most, budget.FILE_SIZE.most + 1])
def test_the_size_cap(tmp_path: Path, size: int) -> None:
    report = scan_bytes(tmp_path, (ENGINE + "#").encode().ljust(size, b"x"))
    small = size <= budget.FILE_SIZE.most
    assert bool(report.findings) == small
    assert [notice.kind for notice in errors(report)] == ([] if small else ["budget"])
    assert report.files_unreadable == (0 if small else 1)


OTHERS = {
    "Dockerfile": b"FROM docker:dind\nRUN <<A <<B\n"
    + b"x\\\n" * 5000
    + b"ENV "
    + b"A${A:-" * 3000
    + b"\nCOPY --from=\n",
    "run.sh": b"docker run " + b"$(" * 3000 + b" --privileged\n" + b"if " * 3000 + b"\n<<A\n" + b"'\"`" * 999,
    "Makefile": b"a:\n\tdocker run $(shell " + b"$(" * 3000 + b"\n\ndefine x\n\tdocker run --privileged a\n",
    "daemon.json": b'{"hosts": ' + b"[" * 100_000,
    "config.toml": b"[[runners]]\nexecutor='docker'\n[runners.docker]\nprivileged = " + b"[" * 5000,
    ".gitlab-ci.yml": b"a:\n  extends: b\n  script: [docker info]\nb:\n  extends: [a, b]\ninclude: .gitlab-ci.yml\n",
    ".github/workflows/w.yml": b"on: push\njobs:\n  a: {uses: ./.github/workflows/w.yml}\n"
    b"  b: {needs: b, runs-on: x, steps: [1, {run: docker run ${{ }}}]}\n",
    "kustomization.yaml": b"resources: [., .., ./kustomization.yaml, /etc, a\\b]\npatches: [{path: .}, {patch: '- op: x'}]\n",
    "k8s.yaml": b"apiVersion: v1\nkind: List\nitems: &i\n- apiVersion: v1\n  kind: List\n  items: *i\n"
    b"- {apiVersion: v1, kind: Pod, spec: {containers: [{image: docker:dind, securityContext: {privileged: 7}}]}}\n",
}


@pytest.mark.parametrize(("name", "data"), OTHERS.items(), ids=OTHERS.keys())
def test_hostile_files_of_every_format(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    scan_bytes(tmp_path, data, name)


def test_references_in_a_circle(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(
        "include: [other.yaml, compose.yaml]\nservices:\n  a: {extends: {file: other.yaml, service: b}}\n"
    )
    (tmp_path / "other.yaml").write_text(
        "include: compose.yaml\nservices:\n  b: {extends: {file: compose.yaml, service: a}, image: 'docker:dind'}\n"
    )
    looked_at(tmp_path)


# -- what stands in the folder --------------------------------------------------------------------------------


def test_a_folder_with_a_files_name(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").mkdir()
    (tmp_path / "compose.yaml/.env").mkdir()
    (tmp_path / "override").mkdir()
    (tmp_path / "override/compose.yaml").write_text(ENGINE)
    assert list(looked_at(tmp_path).sources) == ["override/compose.yaml"]


def test_pipes_and_sockets_are_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening a pipe that nobody writes to would wait for ever."""
    (tmp_path / "compose.yaml").write_text(
        ENGINE + "    env_file: pipe.env\n    extends: {file: pipe.yaml, service: a}\n"
    )
    for name in (
        ".gitignore",
        ".dindguardignore",
        ".env",
        "pipe.yaml",
        "pipe.env",
    ):
        os.mkfifo(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("compose.override.yaml")
        report = scan(Options(paths=(tmp_path,), root=tmp_path))
    assert "privileged-engine" in {finding.rule.id for finding in report.findings}


@pytest.mark.parametrize("name", [".dindguard.yaml", "pyproject.toml"])
def test_a_configuration_that_is_a_pipe_is_the_users_to_mend(tmp_path: Path, name: str) -> None:
    (tmp_path / "compose.yaml").write_text(ENGINE)
    os.mkfifo(tmp_path / name)
    with pytest.raises(UserError, match="no regular file"):
        scan(Options(paths=(tmp_path,), root=tmp_path))


def test_links_in_a_circle(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(
        ENGINE + "    env_file: [loop.env]\n    extends: {file: loop.yaml, service: a}\n"
    )
    (tmp_path / "again").symlink_to(tmp_path)
    (tmp_path / "loop.yaml").symlink_to(tmp_path / "loop.yaml")
    (tmp_path / "loop.env").symlink_to(tmp_path / "loop.yaml")
    (tmp_path / ".gitignore").symlink_to(tmp_path / ".gitignore")
    assert list(looked_at(tmp_path).sources) == ["compose.yaml"]


def test_a_file_that_vanishes_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "compose.yaml").write_text(ENGINE)
    (tmp_path / "stack.yaml").write_text(ENGINE)
    read = working_tree._bytes_of

    def gone(path: str) -> bytes:
        if path.endswith("stack.yaml"):
            raise FileNotFoundError(2, "No such file or directory", path)
        return read(path)

    monkeypatch.setattr(working_tree, "_bytes_of", gone)
    report = looked_at(tmp_path)
    assert not errors(report)
    assert report.coverage.of(State.LEFT_OUT) == (
        FileState("stack.yaml", State.LEFT_OUT, "vanished during the scan"),
    )
    assert list(report.sources) == ["compose.yaml"]


def test_a_file_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root may read everything, so the refusal is played."""
    (tmp_path / "compose.yaml").write_text(ENGINE)

    def refused(path: str) -> bytes:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(working_tree, "_bytes_of", refused)
    report = looked_at(tmp_path)
    assert [(notice.kind, notice.message) for notice in errors(report)] == [
        ("unreadable", "cannot be read: Permission denied")
    ]
    assert report.incomplete


def test_ten_thousand_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the one that can matter is read as YAML, and opened again when it is quoted; every other is opened once."""
    for folder in range(100):
        (tmp_path / str(folder)).mkdir()
        for number in range(100):
            (tmp_path / str(folder) / f"{number}.yaml").write_bytes(b"a: b\n")
    (tmp_path / "50/compose.yaml").write_text(ENGINE)
    parsed, opened = [], []
    compose, read = yaml.read, working_tree._bytes_of
    monkeypatch.setattr(yaml, "read", lambda source: parsed.append(source.path) or compose(source))
    monkeypatch.setattr(working_tree, "_bytes_of", lambda path: opened.append(path) or read(path))
    report = looked_at(tmp_path)
    assert (report.files_read, report.coverage.count(State.NOTHING)) == (1, 10_000)
    assert parsed == ["50/compose.yaml"]
    twice = [path for path, times in Counter(opened).items() if times > 1]
    assert len(set(opened)) == 10_001
    assert len(opened) <= 10_002
    assert set(twice) <= {str(tmp_path / "50/compose.yaml")}


def test_names_that_are_no_text(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path)
    for name in (b"\xff\xfe.yaml", b"a\nb.yaml", b"\x1b[31m.yaml", "\u202e.yaml".encode(), b"compose.yaml"):
        Path(os.fsdecode(folder + b"/" + name)).write_text(ENGINE)
    report = looked_at(tmp_path)
    assert report.files_read == 5
    for form in reports.FORMATS:
        document = render(form, report)
        document.encode("utf-8")
        assert "\x1b" not in document
        assert "\u202e" not in document


# -- the same bytes every time -------------------------------------------------------------------------------------


def render(form: str, report: Report) -> str:
    return reports.render(form, report, reports.Options(verbose=True, silenced=True, fail_on=Severity.HIGH))


@pytest.mark.parametrize("form", list(reports.FORMATS))
def test_two_scans_give_the_same_bytes(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    paths = tuple(sorted(FIXTURES.iterdir())[::7])
    first = scan(Options(paths=paths, root=FIXTURES, profile=Profile.ALL, untrusted=True))
    second = scan(Options(paths=paths[::-1], root=FIXTURES, profile=Profile.ALL, untrusted=True))
    assert first.findings
    assert render(form, first) == render(form, second)


def test_the_hash_seed_decides_nothing(tmp_path: Path) -> None:
    """Sets have another order in another process."""
    import subprocess
    import sys

    command = [sys.executable, "-m", "dindguard", "scan", "--exit-zero", "--profile", "all", "-f", "json"]
    documents = []
    for seed in ("1", "2"):
        done = subprocess.run(
            [*command, str(FIXTURES / "privileged-engine")], capture_output=True, check=False,
            env=os.environ | {"PYTHONHASHSEED": seed}, cwd=FIXTURES,
        )  # fmt: skip
        documents.append(json.loads(done.stdout))
        documents[-1].pop("seconds", None)
    assert documents[0] == documents[1]


# -- trees made of the formats' own words --------------------------------------------------------------------------

KEYS = [
    "services", "a", "image", "build", "privileged", "volumes", "environment", "command", "entrypoint", "ports", "extends",
    "cap_add", "security_opt", "devices", "network_mode", "pid", "depends_on", "deploy", "user", "runtime", "networks",
    "secrets", "configs", "healthcheck", "profiles", "file", "service", "source", "target", "type", "include", "x-y", "<<",
    "apiVersion", "kind", "metadata", "spec", "template", "containers", "initContainers", "name", "securityContext",
    "hostPath", "path", "volumeMounts", "mountPath", "emptyDir", "hostPID", "runtimeClassName", "env", "value", "args",
    "capabilities", "add", "items", "data", "daemon.json", "jobs", "steps", "on", "runs-on", "container", "options", "run",
    "uses", "with", "script", "variables", "default", "stages", "before_script", "tags", "rules", "runs", "using", "replicas",
    "parallel", "matrix", "strategy", "tmpfs", "driver_opts", "external", "labels", "annotations", "namespace",
]  # fmt: skip
WORDS = [
    "docker:dind", "docker:29-dind-rootless", "docker", "moby/buildkit:rootless", "true", "false", "yes", "null", "~", "0", "-1",
    "1.5", "${P}", "${P:-true}", "${{ x }}", "$$", "{{ .x }}", "/var/run/docker.sock", "/var/run/docker.sock:/s:ro", "/:/host",
    "a:/var/lib/docker", "2375:2375", "0.0.0.0:2375", "tcp://dind:2376", "host", "service:a", "container:a", "v1", "Pod", "List",
    "Deployment", "ConfigMap", "StatefulSet", "Kustomization", "docker run --privileged -v /:/h x", "dockerd -H tcp://0.0.0.0:2375",
    "DOCKER_TLS_CERTDIR=", "DOCKER_HOST=tcp://docker:2375", "DOCKER_TLS_CERTDIR", "seccomp=unconfined", "SYS_ADMIN", "ALL",
    "sysbox-runc", "unix:///x", "1000:1000", "root", "tmpfs", "bind", "volume", "a", "b", "", " ", "é", "../..", "./a.yaml",
    '{"hosts": ["tcp://0.0.0.0:2375"], "insecure": 1}', "x" * 300, "1h", "10.0.0.0/8", "always", "on", "docker-container",
]  # fmt: skip
SCALARS = st.sampled_from(WORDS) | st.none() | st.booleans() | st.integers(-3, 70000) | st.text(max_size=5)
TREES = st.recursive(
    SCALARS,
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.sampled_from(KEYS), below, max_size=6),
    max_leaves=25,
)
WITH_IMAGE = st.dictionaries(st.sampled_from(KEYS), TREES, max_size=8).map(
    lambda more: {"image": "docker:29-dind", **more}
)
NAMED = st.dictionaries(st.sampled_from(["a", "b", "docker", "default"]), WITH_IMAGE | TREES, min_size=1, max_size=3)
DOCUMENTS = st.one_of(
    st.tuples(st.just("compose.yaml"), st.fixed_dictionaries({"services": NAMED, "volumes": TREES, "networks": TREES})),
    st.tuples(st.just("pod.yaml"), st.fixed_dictionaries(
        {"apiVersion": st.just("v1"), "kind": st.sampled_from(["Pod", "Deployment", "List", "ConfigMap", "Service"]),
         "metadata": TREES, "items": TREES, "data": TREES,
         "spec": st.fixed_dictionaries({"containers": st.lists(WITH_IMAGE, max_size=2), "volumes": TREES, "template": TREES})},
    )),
    st.tuples(st.just(".gitlab-ci.yml"), st.fixed_dictionaries(
        {"a": st.fixed_dictionaries({"script": TREES, "image": TREES, "services": TREES, "variables": TREES, "extends": TREES}),
         "include": TREES, "default": TREES, "variables": TREES},
    )),
    st.tuples(st.just(".github/workflows/w.yml"), st.fixed_dictionaries(
        {"on": TREES, "jobs": st.fixed_dictionaries({"a": st.fixed_dictionaries(
            {"runs-on": TREES, "container": TREES, "services": TREES, "steps": st.lists(TREES, max_size=3)})})},
    )),
    st.tuples(st.sampled_from(["daemon.json", "x.yaml", "kustomization.yaml", "action.yml"]), TREES),
)  # fmt: skip


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(document=DOCUMENTS)
def test_only_notices_come_out_of_any_tree(document: tuple[str, object]) -> None:
    name, data = document
    scanned = scan(
        Options(paths=(), root=FIXTURES, stdin=(name, json.dumps(data).encode()), profile=Profile.ALL, untrusted=True)
    )
    assert not [notice for notice in scanned.notices if notice.kind == "rule-crashed"], (data, scanned.notices)
    text = Source(name, json.dumps(data))
    for finding in scanned.findings:
        assert finding.subjects
        assert finding.span.line >= 1
        assert finding.span.path != name or finding.span.end_column <= len(text.text) + 1
    for form in ("text", "json", "sarif"):
        render(form, scanned)
