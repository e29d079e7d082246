"""The language server: a real client over its standard streams, and the project behind it against cold scans."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from dindguard.language_server.positions import place_of, range_of
from dindguard.language_server.project import Project
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


def test_where_only_an_approval_silences_a_waiver_is_offered(editor: Editor) -> None:
    text = "services:\n  dind:\n    image: docker:29.10.0-dind\n    privileged: true\n"
    editor.open("compose.yaml", text)
    assert editor.shown("compose.yaml", lambda rules: rules == ["privileged-engine"])
    fix, waiver = editor.actions("compose.yaml", 3, 16)
    assert "Sysbox" in fix["title"]
    create, edit = waiver["edit"]["documentChanges"]
    assert create == {
        "kind": "create",
        "uri": editor.uri(".dindguard/waivers.yaml"),
        "options": {"ignoreIfExists": True},
    }
    record = edit["edits"][0]["newText"]
    assert "rule: privileged-engine" in record
    assert "fingerprint:" in record


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


def test_the_editors_part_is_named_where_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    from click.testing import CliRunner

    from dindguard.cli import cli

    monkeypatch.delitem(sys.modules, "dindguard.language_server.server", raising=False)
    monkeypatch.setitem(sys.modules, "pygls.lsp.server", None)
    result = CliRunner().invoke(cli, ["lsp"], prog_name="dindguard")
    assert "dindguard[lsp]" in str(result.exception)


# -- positions ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_positions_are_in_utf_16_whatever_ends_the_lines(newline: str) -> None:
    source = Source("a.yaml", newline.join(("\N{GRINNING FACE}: b", "a: \N{GRINNING FACE}c", "")))
    at = source.text.index("c")
    found = range_of(source.span(at, at + 1), source)
    assert (found.start.line, found.start.character, found.end.character) == (1, 5, 6)
    assert place_of(found.start, source) == (2, 5)


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
