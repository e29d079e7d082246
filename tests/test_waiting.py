"""What waits for its format is let go of beyond a measure, and made again: nothing that is found differs for it."""

from __future__ import annotations

import gc
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from dindguard import reports, waiting
from dindguard.coverage import Book
from dindguard.documents import yaml
from dindguard.documents.template.reading import Templates
from dindguard.documents.tree import Node
from dindguard.formats import Document
from dindguard.formats.kubernetes.reader import look
from dindguard.formats.recognition import Recogniser
from dindguard.report import Report
from dindguard.scanning import Options, scan
from dindguard.source import Gravity, Source
from dindguard.stowing import stow
from dindguard.trees import Trees
from dindguard.working_tree import WorkingTree

FIXTURES = Path(__file__).parent.parent / "fixtures"
LIMITS = (
    "trees.HELD",
    "trees.TEXTS_HELD",
    "waiting.HELD",
    "waiting.RECENT",
    "files.HELD",
    "stowing.SHORT",
    "formats.kubernetes.kustomize._MANY",
    "formats.kubernetes.cluster._MANY_LENT",
    "documents.template.reading._CALLED",
)


@pytest.fixture
def no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in LIMITS:
        monkeypatch.setattr(f"dindguard.{name}", 0)


def told(report: Report) -> str:
    """Return all that a report tells."""
    return "".join(reports.pieces("json", report, reports.Options()))


@pytest.mark.parametrize("rule", ["host-engine-socket", "unauthenticated-engine-api", "shared-data-root"])
def test_what_is_found_is_the_same_without_any_room(rule: str, request: pytest.FixtureRequest) -> None:
    options = Options(paths=(str(FIXTURES / rule),), untrusted=True)
    before = told(scan(options))
    request.getfixturevalue("no_room")
    assert told(scan(options)) == before
    assert len(scan(options).findings) > 10


@pytest.mark.usefixtures("no_room")
def test_charts_and_overlays_are_made_again_with_all_that_explains_them(tmp_path: Path) -> None:
    for rule in ("host-engine-socket", "privileged-container"):
        for folder in sorted((FIXTURES / rule).glob("*")):
            if folder.is_dir():
                shutil.copytree(folder, tmp_path / rule / folder.name)
    found = {finding.span.path for finding in scan(Options(paths=(str(tmp_path),), untrusted=True)).findings}
    assert {path.split("/")[1] for path in found} >= {"bad-values", "bad-helm-install", "bad-kind"}


def test_a_tree_that_was_let_go_of_is_made_again_when_somebody_asks() -> None:
    source = Source("a.yaml", "a: {b: [1, 2]}\n---\nc: d\n")
    made: list[yaml.Tree] = []

    def again() -> yaml.Tree:
        made.append(yaml.read(source))
        return made[-1]

    first, second = (light := waiting.let_go(yaml.read(source), again)).documents
    assert (len(made), light.maker) == (0, None)
    assert first["a"]["b"].items()[1].content == "2"
    assert (second["c"].content, second["c"].span.line, len(made)) == ("d", 3, 1)
    assert first.keys() == ["a"]


def held_by(whoever: object) -> Iterator[object]:
    """Yield all that somebody holds, but for code."""
    seen, waiting = set[int](), [whoever]
    while waiting:
        each = waiting.pop()
        if (
            id(each) in seen
            or isinstance(each, (type, ModuleType))
            or (isinstance(each, dict) and "__name__" in each)
        ):
            continue
        seen.add(id(each))
        yield each
        waiting += gc.get_referents(each)


POD = """apiVersion: v1
kind: Pod
metadata: {name: p}
spec: {containers: [{name: c, image: "docker:$TAG", args: ["<<"], securityContext: {privileged: true}}]}
"""
LISTED = POD.replace("\n", "\n  ").rstrip()


@pytest.mark.parametrize(
    "text",
    [
        POD,
        POD.replace("$TAG", "dind"),
        POD.replace("<<", "-H"),
        POD.replace("{name: p}", "{name: p, <<: {labels: {app: a}}}"),
        f"apiVersion: v1\nkind: List\nitems:\n- {LISTED}\n",
        f"apiVersion: v1\nkind: Template\nparameters: [{{name: TAG, value: dind}}]\nobjects:\n- {LISTED}\n",
    ],
)
def test_what_was_said_of_a_document_holds_nothing_of_it(text: str) -> None:
    source = Source("a.yaml", text)
    tree = yaml.read(source)
    document = Document(source, tree.documents[0])
    seen = look(document)
    waiting.let_go(tree, lambda: yaml.read(source))
    nodes = [each for each in held_by((document, seen)) if isinstance(each, Node)]
    assert len(nodes) == (2 if seen is not None and "$TAG" in text else 1)
    if seen is None:
        return
    own = seen.objects[0].afresh()  # of a document that holds nothing now
    assert own.resource.node["spec"]["containers"][0]["name"].content == "c"
    own.resource.node.fold()
    if "<<:" not in text:  # what is merged stays until the tree is let go of
        nodes = [each for each in held_by((document, seen, own)) if isinstance(each, Node)]
        assert len(nodes) == (3 if "$TAG" in text else 1)
    assert own.resource.node["spec"]["containers"][0]["name"].content == "c"


def test_of_texts_that_were_woken_the_last_ones_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dindguard.files.HELD", 0)
    monkeypatch.setattr("dindguard.files.AWAKE", 2)
    files = WorkingTree(str(tmp_path))
    sources = []
    for name in "abcde":
        (tmp_path / name).write_text(name)
        sources.append(files.open(name))
        files.rest(name, read=False)
    assert [each.text for each in sources if each is not None] == [*"abcde"]
    assert [each.rests for each in sources if each is not None] == [True, True, True, False, False]
    files.rest("d", read=False)
    assert [each.text for each in sources if each is not None] == [*"abcde"]  # one that rests already stays at rest


def test_a_stowed_text_is_the_same_at_the_same_places() -> None:
    script = "".join(f"docker run 'é\U0001f40b{number}'\n" for number in range(50))
    text = "".join(f"  {line}\n" for line in script.splitlines())
    whole, stowed = (
        yaml.read(Source("a.yaml", f"run: |\n{text}")).documents[0]["run"].document("shell") for _ in "ab"
    )
    stow(stowed)
    assert (stowed.rests, stowed.size, stowed.speaks) == (True, len(script), False)
    assert stowed.span(700, 710) == whole.span(700, 710)
    assert (stowed.rests, stowed.text, stowed.segments) == (False, whole.text, whole.segments)
    stow(short := Source("a.yaml", "docker ps").part(0, 6))
    assert not short.rests


@pytest.mark.parametrize(("lines", "rests"), [(4, False), (40, True)])
def test_where_a_text_stands_takes_room_as_the_text_does(
    lines: int, rests: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dindguard.trees.TEXTS_HELD", 2000)
    text = "run: |\n" + "".join(f"  docker run {number:02}\n" for number in range(lines))
    script = yaml.read(Source("a.yaml", text)).documents[0]["run"].document("shell")
    assert len(script.text) < 2000
    Trees(WorkingTree(str(tmp_path)), Recogniser(), Book()).waits(script)
    assert script.rests is rests


@pytest.mark.usefixtures("no_room")
def test_a_file_that_changes_while_it_waits_is_told_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, securityContext: {privileged: true}}]}\n"
    for name in ("a.yaml", "b.yaml", "c.yaml"):
        (tmp_path / name).write_text(pod)
    read, asked = WorkingTree.read, list[str]()

    def changed(tree: WorkingTree, path: str) -> bytes:
        asked.append(path)
        return (
            read(tree, path).replace(b"p}", b"q}") if path == "a.yaml" and asked.count(path) > 1 else read(tree, path)
        )

    monkeypatch.setattr(WorkingTree, "read", changed)
    report = scan(Options(paths=(str(tmp_path),), untrusted=True))
    errors = [notice for notice in report.notices if notice.gravity is Gravity.ERROR]
    assert [(each.span.path, each.message) for each in errors] == [
        ("a.yaml", "this file changed while it was scanned, so it was not read")
    ]
    assert report.findings[0].span.path == "b.yaml"


@pytest.mark.usefixtures("no_room")
def test_charts_are_let_go_of_when_their_values_have_been_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b"):
        (chart := tmp_path / name / "templates").mkdir(parents=True)
        (tmp_path / name / "Chart.yaml").write_text(f"apiVersion: v2\nname: {name}\nversion: 1.0.0\n")
        (tmp_path / name / "values.yaml").write_text("privileged: true\nother: {hostNetwork: true}\n")
        (chart / "pod.yaml").write_text(
            f"apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec:\n  containers:\n  - name: {name}\n"
            "    image: docker:dind\n    securityContext:\n      privileged: {{ .Values.privileged }}\n"
        )
    gone: list[str] = []

    def noted(self: Templates) -> None:
        gone.extend(path for path in ("a/values.yaml", "b/values.yaml") if self.uses(path))
        let_go(self)

    let_go = Templates.let_go
    monkeypatch.setattr(Templates, "let_go", noted)
    report = scan(Options(paths=(str(tmp_path),), untrusted=True))
    assert {finding.span.path for finding in report.findings} == {"a/templates/pod.yaml", "b/templates/pod.yaml"}
    assert gone.count("a/values.yaml") > gone.count("b/values.yaml")  # the last one stays
