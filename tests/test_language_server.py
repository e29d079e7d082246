"""The language server: a real client over its standard streams, and the project behind it against cold scans."""

from __future__ import annotations

import json
import random
import re
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from lsprotocol import types as lsp

from dindguard import memory, remembering
from dindguard.language_server import actions
from dindguard.language_server.positions import Places, Units
from dindguard.language_server.project import Project
from dindguard.model.mount import Storage
from dindguard.scanning import Options, scan
from dindguard.source import Source
from editor import Editor, made
from editor_states import said, typed
from fixture_files import FIXTURES

COMPOSE = """\
services:
  # \N{GRINNING FACE} a comment before it
  dind:
    image: docker:29.10.0-dind
    environment: {NOTE: "\N{GRINNING FACE}", DOCKER_TLS_CERTDIR: ""}
    ports: ["2375:2375"]
  job:
    image: docker:29-cli
    environment:
      DOCKER_HOST: tcp://dind:2375
"""
LINE = COMPOSE.splitlines()[4]
BLAMED = len(LINE[: LINE.index('""')].encode("utf-16-le")) // 2
"""Where the blamed value stands as an editor counts: behind an emoji, which is one code point and two of its units."""

PLAIN = "services:\n  a:\n    image: b\n    privileged: true\n    command: \N{GRINNING FACE}\n"


@pytest.fixture
def editor(tmp_path: Path) -> Iterator[Editor]:
    (tmp_path / ".git").mkdir()
    (tmp_path / "compose.yaml").write_text(COMPOSE, "utf-8")
    with Editor(tmp_path) as opened:
        yield opened
    assert opened.code == 0


def test_findings_of_the_whole_project_are_shown_without_opening_anything(editor: Editor) -> None:
    assert "unauthenticated-engine-api" in editor.shown("compose.yaml", bool)
    (finding,) = (each for each in editor.diagnostics["compose.yaml"] if each["code"] == "unauthenticated-engine-api")
    assert LINE.index('""') + 1 == BLAMED
    assert finding["range"] == {
        "start": {"line": 4, "character": BLAMED},
        "end": {"line": 4, "character": BLAMED + 2},
    }
    assert finding["severity"] == 1
    assert finding["source"] == "dindguard"
    assert {each["location"]["uri"] for each in finding["relatedInformation"]} == {editor.uri("compose.yaml")}


def test_what_is_typed_counts_before_it_is_saved(editor: Editor) -> None:
    editor.shown("compose.yaml", bool)
    editor.open("compose.yaml", COMPOSE)
    start, end = {"line": 4, "character": BLAMED}, {"line": 4, "character": BLAMED + 2}
    editor.change("compose.yaml", {"range": {"start": start, "end": end}, "text": '"/certs"'})
    rules = editor.shown("compose.yaml", lambda rules: "unauthenticated-engine-api" not in rules)
    assert "client-engine-tls-mismatch" in rules
    editor.close("compose.yaml")
    editor.shown("compose.yaml", lambda rules: "unauthenticated-engine-api" in rules)
    assert (editor.root / "compose.yaml").read_text("utf-8") == COMPOSE


def test_a_new_file_counts_before_it_is_saved_and_no_more_when_it_is_closed(editor: Editor) -> None:
    editor.open("new/compose.yaml", PLAIN)
    assert editor.shown("new/compose.yaml", bool) == ["privileged-container"]
    editor.close("new/compose.yaml")
    assert editor.shown("new/compose.yaml", lambda rules: not rules) == []


def test_a_change_on_disk_a_deletion_and_a_rename_count(editor: Editor) -> None:
    editor.shown("compose.yaml", bool)
    assert [each["method"] for each in editor.told] == ["client/registerCapability"]
    (editor.root / "compose.yaml").rename(editor.root / "docker-compose.yml")
    (editor.root / "other.yaml").write_text(PLAIN, "utf-8")
    editor.changed_on_disk("compose.yaml", "docker-compose.yml", "other.yaml")
    editor.shown("docker-compose.yml", lambda rules: "unauthenticated-engine-api" in rules)
    editor.shown("compose.yaml", lambda rules: not rules)
    (editor.root / "other.yaml").unlink()
    editor.changed_on_disk("other.yaml")
    editor.shown("other.yaml", lambda rules: not rules)


def test_hover_shows_the_page_and_what_is_believed(editor: Editor) -> None:
    text = editor.at("hover", "compose.yaml", 4, BLAMED + 1)["contents"]["value"]
    assert "**unauthenticated-engine-api**" in text
    assert "#### Why it matters" in text
    assert "service 'dind'" in text
    assert "service 'job'" in editor.at("hover", "compose.yaml", 7, 4)["contents"]["value"]


def test_from_one_end_of_a_finding_to_the_other(editor: Editor) -> None:
    there = editor.at("definition", "compose.yaml", 4, BLAMED + 1)
    lines = {each["range"]["start"]["line"] for each in there}
    assert 9 in lines
    back = editor.at("definition", "compose.yaml", 9, 22)
    assert {"line": 4, "character": BLAMED} in [each["range"]["start"] for each in back]


def test_a_fix_is_offered_and_ends_the_finding(editor: Editor) -> None:
    text = PLAIN.replace("privileged: true", "pid: host")
    editor.open("compose.yaml", text)
    assert editor.shown("compose.yaml", lambda rules: rules == ["host-pid-namespace"])
    fix, allow = editor.actions("compose.yaml", 3, 10)
    assert fix["title"] == "dindguard: gives the container a PID namespace of its own (changes what runs)"
    assert [each["code"] for each in fix["diagnostics"]] == ["host-pid-namespace"]
    (edits,) = fix["edit"]["changes"].values()
    assert made(text, edits) == text.replace("    pid: host\n", "")
    (edits,) = allow["edit"]["changes"].values()
    allowed = made(text, edits)
    assert "    pid: host  # dindguard: allow[host-pid-namespace] REASON\n" in allowed
    editor.change("compose.yaml", {"text": allowed})
    assert "allow-malformed" in editor.shown("compose.yaml", lambda rules: len(rules) > 1)
    editor.change("compose.yaml", {"text": allowed.replace("REASON", "it counts the host's processes, as agreed")})
    assert editor.shown("compose.yaml", lambda rules: not rules) == []


def test_a_charts_value_is_mended_for_all_that_take_it(tmp_path: Path) -> None:
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {{name: {}}}\nspec:\n  containers:\n  - name: c\n    image: example/x:1\n"
    takes = "    securityContext:\n      privileged: {{ .Values.privileged }}\n"
    for path, text in {
        "Chart.yaml": "name: c\nversion: 1.0.0\n",
        "values.yaml": "privileged: true\n",
        **{f"templates/{name}.yaml": pod.format(name) + takes for name in "ab"},
    }.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text, "utf-8")
    with Editor(tmp_path) as editor:
        editor.open("templates/a.yaml", pod.format("a") + takes)
        assert editor.shown("templates/a.yaml", lambda rules: rules == ["privileged-container"])
        fix, *_ = editor.actions("templates/a.yaml", 8, 20)
        ((uri, edits),) = fix["edit"]["changes"].items()
        assert (uri, made("privileged: true\n", edits)) == (editor.uri("values.yaml"), "privileged: false\n")


ALLOWED = {
    "behind a value in YAML": (
        "compose.yaml",
        "services:\n  a:\n    image: b\n    pid: host\n",
        "services:\n  a:\n    image: b\n    pid: host  # dindguard: allow[host-pid-namespace] REASON\n",
    ),
    "above a line with a comment": (
        "compose.yaml",
        "services:\n  a:\n    image: b\n    pid: host  # for now\n",
        "services:\n  a:\n    image: b\n    # dindguard: allow[host-pid-namespace] REASON\n    pid: host  # for now\n",
    ),
    "above an instruction of a Dockerfile, which has no comments behind": (
        "Dockerfile",
        "FROM docker:29.10.0-dind\r\nENV DOCKER_TLS_CERTDIR=\r\n",
        (
            "FROM docker:29.10.0-dind\r\n# dindguard: allow[unauthenticated-engine-api] REASON\r\n"
            "ENV DOCKER_TLS_CERTDIR=\r\n"
        ),
    ),
    "above a string of several lines in YAML": (
        "compose.yaml",
        'services:\n  a:\n    image: docker:29.10.0-dind\n    command: "dockerd\n      -H tcp://0.0.0.0:2375 --tls=false"\n',
        (
            "services:\n  a:\n    image: docker:29.10.0-dind\n    # dindguard: allow[unauthenticated-engine-api] REASON\n"
            '    command: "dockerd\n      -H tcp://0.0.0.0:2375 --tls=false"\n'
        ),
    ),
    "behind a step of a Jenkinsfile": (
        "Jenkinsfile",
        "node {\n  sh 'docker run --pid=host alpine'\n}\n",
        "node {\n  sh 'docker run --pid=host alpine'  // dindguard: allow[host-pid-namespace] REASON\n}\n",
    ),
    "nowhere in JSON": ("etc/docker/daemon.json", '{"hosts": ["tcp://0.0.0.0:2375"]}\n', None),
}  # fmt: skip


@pytest.mark.parametrize("name", ALLOWED)
def test_an_allow_is_written_where_it_is_a_comment(name: str, tmp_path: Path) -> None:
    path, text, wanted = ALLOWED[name]
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).write_bytes(text.encode())
    project = Project(str(tmp_path))
    report = project.check()
    places = Places(Units(), project.source, str)
    (finding,) = (
        each for each in report.open if each.rule.id in ("host-pid-namespace", "unauthenticated-engine-api")
    )
    offered = [
        action.edit.changes[path]
        for action in actions.for_finding(project, report, finding, places)
        if "allow" in action.title and action.edit is not None and action.edit.changes is not None
    ]
    if wanted is None:
        assert offered == []
    else:
        ((edit,),) = offered
        change = lsp.TextDocumentContentChangePartial(edit.range, edit.new_text)
        assert Units().changed(text, [change]) == wanted


def test_where_only_an_approval_silences_a_waiver_is_offered(editor: Editor) -> None:
    text = "services:\n  dind:\n    image: docker:29.10.0-dind\n    privileged: true\n"
    editor.open("compose.yaml", text)
    assert editor.shown("compose.yaml", lambda rules: rules == ["privileged-engine"])
    rootless, sysbox, waiver = editor.actions("compose.yaml", 3, 16)
    assert "without root" in rootless["title"]
    assert "Sysbox" in sysbox["title"]
    create, edit = waiver["edit"]["documentChanges"]
    assert create == {
        "kind": "create",
        "uri": editor.uri(".dindguard/waivers.yaml"),
        "options": {"ignoreIfExists": True},
    }
    record = edit["edits"][0]["newText"]
    assert "rule: privileged-engine" in record
    assert "fingerprint:" in record


def test_hover_shows_what_is_believed_of_the_engine_that_a_file_configures(editor: Editor) -> None:
    editor.open("etc/docker/daemon.json", '{\n  "hosts": ["tcp://127.0.0.1:2375"]\n}\n')
    text = editor.at("hover", "etc/docker/daemon.json", 1, 3)["contents"]["value"]
    assert "configured here; nothing shows how it starts" in text
    assert "tcp://127.0.0.1:2375" in text


def test_what_is_not_judged_is_a_hint_in_a_file_that_is_open(editor: Editor) -> None:
    text = "services:\n  a:\n    image: docker:dind\n    privileged: true\n   x\n"
    (editor.root / "notes.yaml").write_text(text)
    editor.changed_on_disk("notes.yaml")
    editor.open("other.yaml", text)
    assert editor.shown("other.yaml", bool) == ["blind-spot"]
    (hint,) = editor.diagnostics["other.yaml"]
    assert (hint["severity"], hint["range"]["start"]) == (4, {"line": 3, "character": 4})
    assert "notes.yaml" not in editor.diagnostics
    editor.change("other.yaml", {"text": "services: {a: {image: 'docker:29.10.0-dind', privileged: '${P}'}}\n"})
    assert "undecided" in editor.shown("other.yaml", lambda rules: "blind-spot" not in rules)


def test_a_faulty_configuration_is_said_once_and_findings_stay(editor: Editor) -> None:
    editor.shown("compose.yaml", bool)
    (editor.root / ".dindguard.yaml").write_text("exclude: [compose.yaml]\nnonsense: 1\n")
    editor.changed_on_disk(".dindguard.yaml")
    editor.changed_on_disk(".dindguard.yaml")
    assert editor.at("hover", "compose.yaml", 4, BLAMED + 1) is None
    (message,) = [each for each in editor.told if each["method"] == "window/showMessage"]
    assert "nonsense" in message["params"]["message"]
    (editor.root / ".dindguard.yaml").write_text("exclude: [compose.yaml]\n")
    editor.changed_on_disk(".dindguard.yaml")
    assert editor.shown("compose.yaml", lambda rules: not rules) == []


def test_a_configuration_that_is_faulty_while_one_types_it_is_marked_in_its_file(editor: Editor) -> None:
    editor.shown("compose.yaml", bool)
    editor.open(".dindguard.yaml", "exclude: []\nnonsense: 1\n")
    assert editor.shown(".dindguard.yaml", bool) == ["configuration"]
    (shown,) = editor.diagnostics[".dindguard.yaml"]
    assert (shown["range"]["start"]["line"], shown["severity"]) == (1, 1)
    assert shown["message"] == "there is no setting 'nonsense'"
    editor.change(".dindguard.yaml", {"text": "exclude: [compose.yaml]\n"})
    assert editor.shown(".dindguard.yaml", lambda rules: not rules) == []
    assert editor.shown("compose.yaml", lambda rules: not rules) == []
    assert not [each for each in editor.told if each["method"] == "window/showMessage"]


def test_each_folder_is_a_project_as_long_as_it_is_open(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name / ".git").mkdir(parents=True)
        (tmp_path / name / "compose.yaml").write_text(PLAIN, "utf-8")
    one, two = ({"uri": (tmp_path / name).as_uri(), "name": name} for name in ("one", "two"))
    with Editor(tmp_path, folders=["one", "two"]) as editor:
        assert editor.shown("one/compose.yaml", bool) == ["privileged-container"]
        assert editor.shown("two/compose.yaml", bool) == ["privileged-container"]
        editor.open("two/compose.yaml", PLAIN.replace("true", "false"))
        assert editor.shown("two/compose.yaml", lambda rules: not rules) == []
        editor.tell("workspace/didChangeWorkspaceFolders", event={"added": [], "removed": [one]})
        assert editor.shown("one/compose.yaml", lambda rules: not rules) == []
        editor.tell("workspace/didChangeWorkspaceFolders", event={"added": [one], "removed": [two]})
        assert editor.shown("one/compose.yaml", bool) == ["privileged-container"]


def test_the_first_report_is_announced_to_an_editor_that_shows_progress(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(PLAIN, "utf-8")
    with Editor(tmp_path, window={"workDoneProgress": True}) as editor:
        editor.shown("compose.yaml", bool)
        editor.open("compose.yaml", PLAIN.replace("true", "false"))
        editor.shown("compose.yaml", lambda rules: not rules)
        told = [each["params"]["value"]["kind"] for each in editor.told if each["method"] == "$/progress"]
        assert (told[0], told[-1], told.count("begin"), told.count("end")) == ("begin", "end", 1, 1)


def test_the_editors_part_is_named_where_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    from click.testing import CliRunner

    from dindguard.cli import cli

    monkeypatch.delitem(sys.modules, "dindguard.language_server.server", raising=False)
    monkeypatch.setitem(sys.modules, "pygls.lsp.server", None)
    result = CliRunner().invoke(cli, ["lsp"], prog_name="dindguard")
    assert "dindguard[lsp]" in str(result.exception)


EDITORS = Path(__file__).parent.parent / "editors"


def test_the_extension_is_started_by_every_language_that_it_speaks_of() -> None:
    package = json.loads((EDITORS / "vscode" / "package.json").read_text("utf-8"))
    source = (EDITORS / "vscode" / "extension.js").read_text("utf-8")
    languages = re.findall(r'"([\w-]+)"', source[source.index("LANGUAGES = [") : source.index("];")])
    assert package["activationEvents"] == [f"onLanguage:{each}" for each in languages]


def test_the_recipe_of_helix_names_servers_and_languages() -> None:
    page = (EDITORS.parent / "docs" / "editors.md").read_text("utf-8")
    recipe = tomllib.loads(page.partition("```toml\n")[2].partition("```")[0])
    assert recipe["language-server"] == {"dindguard": {"command": "dindguard", "args": ["lsp"]}}
    assert all(each["language-servers"][-1] == "dindguard" for each in recipe["language"])
    assert {"docker-compose", "yaml", "dockerfile"} <= {each["name"] for each in recipe["language"]}


# -- positions ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_positions_are_in_utf_16_whatever_ends_the_lines(newline: str) -> None:
    source = Source("a.yaml", newline.join(("\N{GRINNING FACE}: b", "a: \N{GRINNING FACE}c", "")))
    at = source.text.index("c")
    found = Units().range_of(source.span(at, at + 1), source)
    assert (found.start.line, found.start.character, found.end.character) == (1, 5, 6)
    assert Units().place_of(found.start, source) == (2, 5)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_columns_are_in_the_units_that_the_editor_prefers(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(COMPOSE, "utf-8")
    width = {"utf-8": 1, "utf-16": 2, "utf-32": 4}[encoding]
    codec = encoding if width == 1 else f"{encoding}-le"
    start, end = (len(LINE[: LINE.index('""') + more].encode(codec)) // width for more in (0, 2))
    with Editor(tmp_path, general={"positionEncodings": [encoding, "utf-16"]}) as editor:
        assert editor.capabilities["positionEncoding"] == encoding
        editor.shown("compose.yaml", lambda rules: "unauthenticated-engine-api" in rules)
        (found,) = (
            each for each in editor.diagnostics["compose.yaml"] if each["code"] == "unauthenticated-engine-api"
        )
        place = {"start": {"line": 4, "character": start}, "end": {"line": 4, "character": end}}
        assert found["range"] == place
        assert (
            "**unauthenticated-engine-api**" in editor.at("hover", "compose.yaml", 4, start + 1)["contents"]["value"]
        )
        editor.open("compose.yaml", COMPOSE)
        editor.change("compose.yaml", {"range": place, "text": '"/certs"'})
        editor.shown("compose.yaml", lambda rules: "unauthenticated-engine-api" not in rules)


@pytest.mark.parametrize("mark", ["\f", "\u2028", "\x85", "\x1c"])
def test_a_line_ends_where_it_does_for_the_editor(mark: str) -> None:
    def typed_over(start: int, end: int, text: str) -> lsp.TextDocumentContentChangePartial:
        at = lsp.Range(lsp.Position(1, start), lsp.Position(1, end))
        return lsp.TextDocumentContentChangePartial(at, text)

    first, second = typed_over(3, 4, "\N{GRINNING FACE}"), typed_over(5, 99, "d")
    assert Units().changed(f"a: '{mark}'\nb: c\n", [first, second]) == f"a: '{mark}'\nb: \N{GRINNING FACE}d\n"


def test_half_a_character_is_a_sign_until_the_other_half_is_typed() -> None:
    whole = lsp.TextDocumentContentChangeWholeDocument("a: \ud83d")
    assert Units().changed("", [whole]) == "a: \N{REPLACEMENT CHARACTER}"


# -- against cold scans ---------------------------------------------------------------------------------------

EDITS = 300
EVERY = 25


def test_random_edits_say_what_a_cold_scan_says(tmp_path: Path) -> None:
    """A project is edited at random; now and then its state is written elsewhere, and scanned from nothing."""
    rng = random.Random(7)
    live, cold = tmp_path / "live", tmp_path / "cold"
    names = copied(live, rng)
    shutil.copytree(live, cold)
    project = Project(str(live), Options(untrusted=True))
    texts: dict[str, str] = {}
    for number in range(1, EDITS + 1):
        name = rng.choice(names)
        text = texts.get(name, (live / name).read_text("utf-8"))
        texts[name] = text = typed(text, rng)
        project.edit(name, text)
        if number % 5 == 0:
            report = project.check()
        if number % EVERY == 0:
            for path, new in texts.items():
                (cold / path).write_bytes(new.encode())
            assert said(report) == said(scan(Options(paths=(cold,), root=cold, untrusted=True)))


def copied(folder: Path, rng: random.Random) -> list[str]:
    """Copy some fixtures, single files and whole folders (charts, projects of several files); return their files."""
    files = sorted(path for path in FIXTURES.glob("*/bad.*.y*ml") if path.is_file())
    folders = sorted(path for path in FIXTURES.glob("*/bad*") if path.is_dir())
    charts = [path for path in folders if any(path.rglob("Chart.yaml"))]
    for number, path in enumerate([*rng.sample(files, 25), *rng.sample(folders, 12), *rng.sample(charts, 3)]):
        target = folder / f"p{number}" / path.name
        if path.is_dir():
            shutil.copytree(path, target)
        else:
            target.parent.mkdir(parents=True)
            target.write_bytes(path.read_bytes())
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


ENGINE = "services:\n  dind:\n    image: docker:29.10.0-dind\n    privileged: {}\n"
CHART = {
    "web/Chart.yaml": "apiVersion: v2\nname: web\n",
    "web/values.yaml": "engine:\n  privileged: false\n",
    "web/templates/_x.tpl": '{{- define "x" -}}\nprivileged: {{ .Values.engine.privileged }}\n{{- end -}}\n',
    "web/templates/pod.yaml": (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n    - name: dind\n"
        '      image: docker:29.10.0-dind\n      securityContext:\n        {{- include "x" . | nindent 8 }}\n'
    ),
}
ELSEWHERE = {
    "a variable": ({"compose.yaml": ENGINE.format("${P}"), ".env": "P=false\n"}, ".env", "P=true\n"),
    "an included file": (
        {"compose.yaml": "include: [sub/other.yaml]\n", "sub/other.yaml": ENGINE.format("false")},
        "sub/other.yaml", ENGINE.format("true"),
    ),
    "an extended service": (
        {
            "compose.yaml": "services:\n  a: {extends: {file: base.yaml, service: dind}}\n",
            "base.yaml": ENGINE.format("false"),
        },
        "base.yaml", ENGINE.format("true"),
    ),
    "a chart's values": (CHART, "web/values.yaml", "engine:\n  privileged: true\n"),
    "a chart's helper": (CHART, "web/templates/_x.tpl", '{{- define "x" -}}\nprivileged: true\n{{- end -}}\n'),
    "a Dockerfile": (
        {"compose.yaml": "services: {a: {build: ., privileged: true}}\n", "Dockerfile": "FROM alpine\n"},
        "Dockerfile", "FROM docker:29.10.0-dind\n",
    ),
    "a pipeline's part": (
        {
            ".gitlab-ci.yml": "include: {local: part.yml}\njob: {extends: .base, script: [docker info]}\n",
            "part.yml": ".base: {image: alpine}\n",
        },
        "part.yml", ".base: {image: alpine, services: ['docker:29.10.0-dind'], variables: {DOCKER_TLS_CERTDIR: ''}}\n",
    ),
    "a Service of Kubernetes": (
        {
            "pod.yaml": (
                "apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {app: a}}\nspec:\n  containers:\n    - name: dind\n"
                "      image: docker:29.10.0-dind\n      env: [{name: DOCKER_TLS_CERTDIR, value: ''}]\n"
            ),
            "service.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {selector: {app: b}}\n",
        },
        "service.yaml",
        (
            "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n"
            "spec: {type: NodePort, selector: {app: a}, ports: [{port: 2375, nodePort: 32375}]}\n"
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ELSEWHERE)
def test_what_another_file_says_counts_at_once(name: str, tmp_path: Path) -> None:
    """What is kept of a file is made again when a file changes that it hangs on, and is as before when that is undone."""
    files, path, text = ELSEWHERE[name]
    for each, content in files.items():
        (tmp_path / each).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / each).write_text(content)
    options = Options(paths=(tmp_path,), root=tmp_path, untrusted=True)
    project = Project(str(tmp_path), Options(untrusted=True))
    before, old = said(project.check()), files[path]
    tried = said(project.edited({path: text}))
    assert said(project.check()) == before == said(scan(options))
    project.edit(path, text)
    after = said(project.check())
    (tmp_path / path).write_text(text)
    assert after == tried == said(scan(options))
    assert after != before
    project.edit(path, old)
    assert said(project.check()) == before


def test_a_file_that_is_mended_is_what_it_was_before_it_was_broken(tmp_path: Path) -> None:
    """What a project asked while one of its parts was broken is asked no more, and says nothing of that part."""
    files = {"compose.yaml": "include: [a.yaml, b.yaml]\n", "a.yaml": PLAIN, "b.yaml": "services: {\n"}
    for path, text in files.items():
        (tmp_path / path).write_text(text, "utf-8")
    project = Project(str(tmp_path), Options(untrusted=True))
    options = Options(paths=(tmp_path,), root=tmp_path, untrusted=True)
    for text in (PLAIN, PLAIN + "- x\n", PLAIN, PLAIN + "# more\n"):
        (tmp_path / "a.yaml").write_text(text, "utf-8")
        project.edit("a.yaml", text)
        assert said(project.check()) == said(scan(options))


def test_a_file_that_is_saved_has_only_that_file_read_again(tmp_path: Path) -> None:
    files = {"compose.yaml": PLAIN, "other/compose.yaml": PLAIN, "README.md": "# read\n"}
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text, "utf-8")
    project, options = (
        Project(str(tmp_path), Options(untrusted=True)),
        Options(paths=(tmp_path,), root=tmp_path, untrusted=True),
    )
    project.check()
    project.edit("compose.yaml", PLAIN.replace("true", "false"))
    (tmp_path / "compose.yaml").write_text(PLAIN.replace("true", "false"), "utf-8")
    assert not project.changed_on_disk("compose.yaml", as_before=True)
    assert not project.changed_on_disk(".git/index", as_before=True)
    project.close("compose.yaml")
    (tmp_path / "other/compose.yaml").write_text("services: {}\n")
    assert project.changed_on_disk("other/compose.yaml", as_before=True)
    assert not project.begins
    assert said(project.check()) == said(scan(options))
    (tmp_path / "compose.yaml").unlink()
    project.changed_on_disk("compose.yaml")
    assert project.begins
    assert said(project.check()) == said(scan(options))
    project.edit("new/compose.yaml", PLAIN)
    project.check()
    project.close("new/compose.yaml")
    assert said(project.check()) == said(scan(options))


VALUES = "note:\n  image: docker:dind\n  privileged: true\nname: a\n"
UNREAD = {
    "a part of a template that cannot be read": (
        "web/templates/hpa.yaml",
        (
            "apiVersion: {{ if .Values.old -}}\nautoscaling/v1\n{{- else -}}\nautoscaling/v2\n{{- end }}\n"
            "kind: HorizontalPodAutoscaler\n"
        ),
    ),
    "a template that takes what would be a blind spot": (
        "web/templates/settings.yaml",
        "image: docker:dind\nprivileged: {{ .Values.note.privileged }}\nnote: {{ .Values.note | quote }}\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", UNREAD)
def test_what_no_format_reads_keeps_its_part_when_another_file_changes(name: str, tmp_path: Path) -> None:
    path, text = UNREAD[name]
    pod = CHART["web/templates/pod.yaml"]
    for each, content in {**CHART, "web/values.yaml": VALUES, path: text}.items():
        (tmp_path / each).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / each).write_text(content)
    project = Project(str(tmp_path), Options(untrusted=True))
    project.check()
    for typed_more in ("", "#", "# more\n"):
        (tmp_path / "web/templates/pod.yaml").write_text(pod + typed_more)
        project.edit("web/templates/pod.yaml", pod + typed_more)
        assert said(project.check()) == said(scan(Options(paths=(tmp_path,), root=tmp_path, untrusted=True)))


def test_what_a_kept_reading_was_made_with_is_kept_as_long_as_that() -> None:
    kept, made = remembering.Memory(), []

    def inner() -> str:
        made.append("inner")
        return "inner"

    def scan_of(outer: str) -> None:
        with memory.opened(kept):
            memory.have(outer, (), lambda: memory.have("inner", (), inner))

    for outer in ["whole", *["broken"] * (remembering.SCANS + 2), "whole again"]:
        scan_of(outer)
    assert made == ["inner"]
    for _ in range(remembering.SCANS + 2):
        with memory.opened(kept):
            pass
    scan_of("later")
    assert made == ["inner", "inner"]


def test_a_volume_is_another_projects_as_long_as_that_one_declares_it(tmp_path: Path) -> None:
    service = "services: {a: {image: 'docker:29.10.0-dind', volumes: ['vol:/var/lib/docker']}}\nvolumes: {vol: {name: data%s}}\n"
    for name, more in (("a", ", external: true"), ("b", "2")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "compose.yaml").write_text(service % more)
    project = Project(str(tmp_path), Options(untrusted=True))

    def users() -> list[int]:
        return [len(storage.users) for storage in project.check().model.each(Storage) if storage.name == "vol"]

    assert users() == [1, 1]
    project.edit("b/compose.yaml", service % "")
    assert users() == [2]
    project.edit("b/compose.yaml", service % "2")
    assert users() == [1, 1]


CLAIMS = """\
apiVersion: v1
kind: Pod
metadata: {{name: {0}, namespace: ci}}
spec:
  containers:
    - name: dind
      image: docker:29.10.0-dind
      env: [{{name: DOCKER_TLS_CERTDIR, valueFrom: {{configMapKeyRef: {{name: tls, key: folder}}}}}}]
      volumeMounts: [{{name: data, mountPath: /var/lib/docker}}]
  volumes: [{{name: data, persistentVolumeClaim: {{claimName: layers}}}}]
"""
CLAIM = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: layers, namespace: ci}\nspec: {storageClassName: %s}\n"
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: tls, namespace: ci}\ndata: {folder: '%s'}\n"


def test_a_pod_that_is_kept_follows_what_other_objects_say(tmp_path: Path) -> None:
    """Two pods share a claim and take a value from a ConfigMap; after each edit all is as a scan from nothing says."""
    service = (
        "apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: ci}\n"
        "spec: {selector: {app: %s}, ports: [{port: 2375}]}\n"
    )
    labelled = CLAIMS.format("b").replace("name: b,", "name: b, labels: {app: b},")
    states = {
        "a.yaml": (
            CLAIMS.format("a"),
            CLAIMS.format("a") + "# more\n",
            "# first\n" + CLAIMS.format("a"),
            "kind: Pod\n",
        ),
        "b.yaml": (labelled, CLAIMS.format("b"), labelled + "---\n" + CLAIMS.format("c")),
        "claim.yaml": ("", CLAIM % "nfs", "# moved\n" + CLAIM % "nfs", CLAIM % "standard"),
        "map.yaml": ("", MAP % "", MAP % "/certs", MAP.replace("tls", "other") % ""),
        "service.yaml": (
            "",
            service % "b",
            service % "a",
            service.replace("spec: {", "spec: {type: NodePort, ") % "b",
        ),
    }
    for path, texts in states.items():
        (tmp_path / path).write_text(texts[0])
    project, options = (
        Project(str(tmp_path), Options(untrusted=True)),
        Options(paths=(tmp_path,), root=tmp_path, untrusted=True),
    )
    rng = random.Random(3)
    for _ in range(60):
        path = rng.choice([*states])
        text = rng.choice(states[path])
        (tmp_path / path).write_text(text)
        project.edit(path, text)
        report = project.check()
        assert said(report) == said(scan(options))
        shared = [each for each in report.model.each(Storage) if each.name == "layers"]
        assert len(shared) == len({id(each) for each in shared}) <= 1
