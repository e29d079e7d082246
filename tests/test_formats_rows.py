"""Formats declare themselves: their rows agree, and a new format is one package."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dindguard_rules
from dindguard.discover import Criteria, discover
from dindguard.documents.syntax import by_name
from dindguard.formats import _index, registry
from dindguard.formats.interest import Interest
from dindguard.formats.recognition import Recogniser, formats_in
from dindguard.reading import read_all
from dindguard.scanning import Options, scan
from dindguard.source import Source
from dindguard.working_tree import WorkingTree
from fixture_files import FIXTURES, fixtures

SOURCE = Path(registry.__file__).parent.parent


def test_the_index_holds_what_the_packages_declare() -> None:
    assert [registry.index_row(row) for row in registry.declared()] == list(_index.ROWS)
    assert [row.name for row in registry.rows()] == [
        row.name for row in sorted(registry.declared(), key=lambda row: (row.evidence, row.name))
    ]


@pytest.mark.parametrize("row", registry.rows(), ids=lambda row: row.name)
def test_a_row_is_whole(row) -> None:
    assert row.title
    assert registry.by_name(row.name) is row
    assert row.package == row.name.replace("-", "_")
    assert row.names or row.shape or row.first_line, "nothing tells its files"
    literals = [word if isinstance(word, str) else word[0] for word in row.words]
    assert [literal.lower() for literal in literals] == literals
    assert callable(registry.load(row).read)


@pytest.mark.parametrize("expression", _index.LITERALS)
def test_whatever_an_expression_finds_holds_one_of_its_literals(expression: str) -> None:
    """Else a file would not be known by its name, only because its format's expression was never compiled."""

    @given(st.from_regex(re.compile(expression, re.ASCII), alphabet=st.characters(max_codepoint=0x7F)))
    def holds(path: str) -> None:
        assert any(literal in path.lower() for literal in _index.LITERALS[expression])

    assert _index.LITERALS[expression], "it is compiled for every path"
    holds()


@pytest.mark.parametrize(
    ("expression", "name"), [(each, name) for each in _index.NAMES for name in _index.NAMES[each]]
)
@given(
    folder=st.sampled_from(["", "a/", "a.b/c d/", "\n/", "compose/", "Ä/"]) | st.text().map(lambda text: f"{text}/")
)
def test_a_usual_name_is_found_in_every_folder(expression: str, name: str, folder: str) -> None:
    """Else a file would be taken for a format's own only because nobody asked the expression."""
    assert re.search(expression, folder + name) is not None


@pytest.mark.parametrize(
    ("name", "syntax"),
    [
        ("a.yaml", "yaml"), ("a.YML", "yaml"), ("a.yaml.j2", "yaml"), ("a.yml.example", "yaml"), ("a.json.in", "json"),
        ("a.jsonc", "json"), ("a.toml.tpl", "toml"), ("a.tf", "hcl"), ("a.tf.example", ""), ("a.groovy.tpl", ""),
        ("yaml", ""), ("a.j2", ""), (".yaml", "yaml"), ("c/templates/_helpers.tpl", "yaml"), ("c/_helpers.tpl", ""),
        ("c/templates/_start.sh.tpl", ""), ("c/templates/_engine.v2.tpl", "yaml"), ("vm/templates/boot.sh.tpl", ""),
        ("a.yaml.j2.j2", ""), ("yaml.j2", ""), ("a.sh", ""),
    ],
)  # fmt: skip
def test_a_name_tells_its_syntax(name: str, syntax: str) -> None:
    assert by_name(name) == syntax


def test_no_two_formats_claim_a_document_of_any_fixture() -> None:
    for fixture in fixtures():
        sources = [Source(path.relative_to(FIXTURES).as_posix(), path.read_text("utf-8")) for path in fixture.files]
        _, notices = read_all(sources, WorkingTree(FIXTURES))
        assert not [notice for notice in notices if notice.kind == "ambiguous"], fixture.id


def test_no_two_names_claim_a_file_of_any_fixture() -> None:
    for path in (path.relative_to(FIXTURES).as_posix() for path in FIXTURES.rglob("*")):
        claims = [row.name for row in registry.rows() if row.named(path)]
        assert len(claims) < 2, (path, claims)


def test_documents_that_two_formats_claim_are_told(tmp_path: Path) -> None:
    (tmp_path / "daemon.json").write_text('{"DockerRootDir": "/x", "ServerVersion": "29"}')
    (notice,) = scan(Options(paths=(tmp_path,), root=tmp_path)).notices
    assert notice.message == "looks like daemon-json and like engine-snapshot; it was read as daemon-json"
    assert notice.remedy == "say which: --type engine-snapshot=daemon.json"


TOLD_BY_BYTES = pytest.mark.parametrize(
    ("data", "interesting"),
    [
        (b"image: docker", True), (b"a: b", False), (b"\\x64ocker", True), (b"\\U00000064", True), (b"DOCKER=1", True),
        (b"memcachedindex", False), (b"dind", True), (b"x: /:/host", True), (b"privileged: ${P}", True), (b"docker\0", False),
        (b"\xff\xfed\0o\0", True), (b"", False), (b"cmd: helm  upgrade -f x", True), (b"cmd: helm\tlist", False),
        (b"supervisor", True), (b"super visor", False),
    ],
)  # fmt: skip


@TOLD_BY_BYTES
def test_the_byte_test(tmp_path: Path, data: bytes, interesting: bool) -> None:
    (tmp_path / "x").write_bytes(data)
    files = WorkingTree(tmp_path)
    result = discover(files.below([str(tmp_path)]), files, Criteria(interest=Interest(Recogniser().must_be_read)))
    assert len(result.sources) == interesting


@TOLD_BY_BYTES
def test_of_a_long_file_each_word_is_looked_at_once(data: bytes, interesting: bool) -> None:
    """However it is looked at, what it holds counts the same."""
    interest = Interest(Recogniser().must_be_read)
    assert interest("x", data + b"\n" + b"words of no  interest\n" * 1000) == (interesting or b"\0" in data)


def test_every_fixture_passes_the_byte_test() -> None:
    """A file that a format reads by its shape alone may have no word: then it has nothing to report either."""
    interest = Interest(Recogniser().must_be_read)
    for fixture in (each for each in fixtures() if each.bad):
        blamed = {name for name, _, _ in fixture.expected()}
        for name in blamed:
            data = (fixture.root / name).read_bytes()
            if formats_in(Source(name, data.decode())):  # others are opened by who names them, whatever they say
                assert interest(name, data), f"{fixture.id}: {name}"


@pytest.mark.parametrize(
    ("form", "name", "text", "rule"),
    [
        ("compose", "x.txt", "services: {a: {image: 'docker:dind', privileged: true}}", "privileged-engine"),
        ("kubernetes", "x.tpl", "spec: {hostPID: true, containers: [{name: a, image: b}]}", "host-pid-namespace"),
        ("gitlab-ci", "x", "a: {script: ['docker run --privileged x']}", "privileged-container"),
        ("github-actions", "x", "jobs: {a: {steps: [{run: docker run --privileged x}]}}", "privileged-container"),
        ("dockerfile", "x.j2", "FROM a\nRUN --security=insecure b\n", "insecure-build-entitlement"),
        ("shell", "x.py", "docker run --privileged x\n", "privileged-container"),
        ("makefile", "x.mak", "a:\n\tdocker run --privileged x\n", "privileged-container"),
        ("daemon-json", "x.conf", '{"hosts": ["tcp://0.0.0.0:99"]}', "any"),
        ("gitlab-runner", "x", "[[runners]]\nexecutor = 'docker'\n[runners.docker]\nprivileged = true\n", "any"),
        ("buildkitd-toml", "x", "insecure-entitlements = ['security.insecure']\n", "any"),
        (
            "engine-snapshot",
            "x",
            '[{"Id": "a", "HostConfig": {"Privileged": true}, "Config": {"Image": "b"}}]',
            "any",
        ),
    ],
)
def test_type_works_for_every_format(tmp_path: Path, form: str, name: str, text: str, rule: str) -> None:
    """Also for a file whose name and bytes would have nobody read it."""
    (tmp_path / name).write_text(text)
    report = scan(Options(paths=(tmp_path,), root=tmp_path, type_overrides=((name, form),)))
    assert report.files_read == 1
    assert rule == "any" or rule in {finding.rule.id for finding in report.findings}, report.findings
    assert report.findings or report.model.workloads or report.model.engines, report.notices
    assert not report.incomplete, report.notices


@pytest.mark.parametrize("form", registry.names())
def test_every_format_has_a_bad_fixture_or_an_example_above(form: str) -> None:
    (mark,) = (m for m in test_type_works_for_every_format.pytestmark if m.name == "parametrize")
    bad = (path for fixture in fixtures() if fixture.bad for path in fixture.files)
    assert form in {case[0] for case in mark.args[1]} or any(form in names_of(path) for path in bad)


def names_of(path: Path) -> set[str]:
    name = path.relative_to(FIXTURES).as_posix()
    return {row.name for row in formats_in(Source(name, path.read_text("utf-8", errors="replace")))}


TOY = {
    "__init__.py": """
from dindguard.formats.row import FormatRow


def is_toy(source, node):
    return node["toy"].is_mapping


FORMAT = FormatRow(name="toy", title="Toys", syntaxes=("yaml",), keys=("toy",), words=("toybox",), shape=is_toy)
""",
    "reader.py": """
from dindguard.formats import Reading
from dindguard.source import Embedded


def read(documents, context):
    reading = Reading()
    reading.embedded += [Embedded(each.content["toy"]["toybox"].document("shell")) for each in documents]
    return reading
""",
}


def test_a_new_format_is_one_package(tmp_path: Path) -> None:
    """A copy of the tree and one more folder in it: nothing else is edited, and the index does not know it yet."""
    shutil.copytree(SOURCE, tmp_path / "dindguard", ignore=shutil.ignore_patterns("__pycache__"))
    package = tmp_path / "dindguard/formats/toy"
    package.mkdir()
    for name, text in TOY.items():
        (package / name).write_text(f'"""Toys."""\n{text}')
    scanned = tmp_path / "scanned"
    scanned.mkdir()
    (scanned / "x.yaml").write_text("toy: {toybox: 'docker run --privileged -v /:/host x'}\n")
    paths = [str(tmp_path), str(Path(dindguard_rules.__path__[0]).parent), *sys.path]
    code = f"import sys; sys.path[:0] = {paths!r}; from dindguard.cli import main; main(sys.argv[1:])"
    done = subprocess.run(
        [sys.executable, "-c", code, "scan", str(scanned)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "x.yaml:1:27 critical privileged-container" in done.stdout
    listed = subprocess.run(
        [sys.executable, "-c", code, "scan", "--help"], capture_output=True, text=True, check=False
    )
    assert "toy" in listed.stdout


def test_nobody_else_knows_a_format_by_name() -> None:
    """The names of formats stand in their own packages only; what a name also means elsewhere is listed."""
    also = {"compose", "kubernetes", "shell", "dockerfile", "makefile"}
    names = {name for name in registry.names() if name not in also}
    for module in ("discover.py", "reading.py", "scanning.py", "formats/registry.py", "formats/recognition.py",
                   "formats/interest.py", "formats/row.py", "policy/application.py", "cli/options.py"):  # fmt: skip
        text = (SOURCE / module).read_text("utf-8")
        code = text.split('"""', 2)[2]
        assert not [name for name in names if f'"{name}"' in code], module
