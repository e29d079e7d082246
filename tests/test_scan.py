"""The pipeline itself: how deep it calls, where its files come from, and what a fault of its own costs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import dindguard
from dindguard.buffers import Buffers, Texts
from dindguard.errors import INCOMPLETE, INTERRUPTED
from dindguard.report import Report
from dindguard.rules import Severity
from dindguard.scanning import Options, Scan, scan
from dindguard.source import Gravity
from dindguard.working_tree import WorkingTree
from support import write_files

COMPOSE = "services: {a: {image: nginx, privileged: true}}\n"
OWN = {name: COMPOSE.replace("a:", f"{name}:", 1) for name in ("a", "b", "c", "new")}
"""A project for each, so that none is a copy of another."""
RULE = '''"""Stack: who called this rule.

## Why it matters
It does.
"""
import sys
from collections.abc import Iterator
from dindguard.api import Container, Problem, Severity, rule

@rule("stack", each=Container, severity=Severity.HIGH, category="c", since="1")
def check(container: Container) -> Iterator[Problem]:
    frame, names = sys._getframe().f_back, []
    while frame is not None:
        if "dindguard" in frame.f_code.co_filename.split("site-packages")[-1]:
            names.append(frame.f_code.co_name)
        frame = frame.f_back
    yield Problem(container, " ".join(names))
'''


def run(folder: Path, *arguments: str, code: str = "") -> subprocess.CompletedProcess[str]:
    start = f"{code}\nfrom dindguard.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", start, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )


def test_at_most_four_calls_lie_between_a_command_and_a_rule(tmp_path: Path) -> None:
    write_files(tmp_path, {"tree/compose.yaml": COMPOSE, "stack_rules/__init__.py": "", "stack_rules/s.py": RULE})
    done = run(tmp_path, "scan", "tree", "--rules-dir", "stack_rules", "--select", "local/stack", "-f", "json")
    import json

    (finding,) = json.loads(done.stdout)["findings"]
    calls = finding["message"].split()
    between = calls[: calls.index("command")]
    assert len(between) <= 4, between


def test_an_editors_text_is_scanned_before_it_is_saved(tmp_path: Path) -> None:
    write_files(tmp_path, {"compose.yaml": "services: {a: {image: nginx}}\n", "b/x.yaml": OWN["b"]})
    saved = WorkingTree(tmp_path)
    texts = {"compose.yaml": COMPOSE, "new/compose.yaml": OWN["new"], "b/compose.yaml": "services: {}\n"}
    report = scan(Options(paths=(tmp_path, tmp_path / "new/compose.yaml")), Buffers(saved, texts))
    assert [finding.span.path for finding in report.findings] == ["b/x.yaml", "compose.yaml", "new/compose.yaml"]
    files = Buffers(WorkingTree(tmp_path), texts)
    assert files.listing("b") == ("compose.yaml", "x.yaml")
    assert files.exists("new/compose.yaml")
    assert files.inside("new/compose.yaml")
    assert files.inside("../x") is None


def test_texts_of_a_folder_are_found_without_going_through_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_files(tmp_path, {"a/saved.yaml": ""})
    texts = Texts({"a/new.yaml": "", "b/new.yaml": "", "top.yaml": ""})
    files = Buffers(WorkingTree(tmp_path), texts)
    monkeypatch.setattr(Texts, "__iter__", lambda _: pytest.fail("it went through all"))
    assert files.listing("a") == ("new.yaml", "saved.yaml")
    assert files.listing("./a/") == ("new.yaml", "saved.yaml")
    assert files.listing("") == ("top.yaml",)
    texts["a/later.yaml"] = ""
    del texts["a/new.yaml"]
    assert files.listing("a") == ("later.yaml", "saved.yaml")
    assert texts.pop("b/new.yaml", None) == ""
    assert texts.pop("b/new.yaml", None) is None
    assert files.listing("b") == ()


def test_one_path_may_stand_by_itself(tmp_path: Path) -> None:
    write_files(tmp_path, {"compose.yaml": COMPOSE})
    for path in (tmp_path / "compose.yaml", str(tmp_path / "compose.yaml")):
        assert len(dindguard.scan(dindguard.Options(paths=path, root=tmp_path)).findings) == 1
    with pytest.raises(dindguard.UserError):
        dindguard.scan(dindguard.Options(paths=tmp_path / "no", root=tmp_path))


def test_severities_print_as_words() -> None:
    assert f"{Severity.HIGH} {Severity.LOW:>6}" == "high    low"
    assert str(Severity.CRITICAL) == "critical"


@pytest.mark.parametrize("where", ["reader", "shape"])
def test_a_file_that_a_reader_fails_on_costs_only_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    from dindguard.documents import yaml
    from dindguard.formats.compose import reader

    write_files(tmp_path, {f"{name}/compose.yaml": OWN[name] for name in "abc"})
    if where == "shape":
        read = yaml.read
        monkeypatch.setattr(yaml, "read", lambda source: 1 / 0 if source.path[0] == "b" else read(source))
    else:
        whole = reader.read
        monkeypatch.setattr(
            reader,
            "read",
            lambda documents, context: (
                1 / 0 if any(document.source.path[0] == "b" for document in documents) else whole(documents, context)
            ),
        )
    report = scan(Options(paths=(tmp_path,), root=tmp_path))
    assert [finding.span.path for finding in report.findings] == ["a/compose.yaml", "c/compose.yaml"]
    (notice,) = (notice for notice in report.notices if notice.gravity is Gravity.ERROR)
    assert notice.span.path == "b/compose.yaml"
    assert notice.message == "cannot be read, for a fault of dindguard's own: ZeroDivisionError: division by zero"


def test_files_that_fail_only_together_are_read_one_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dindguard.formats.compose import reader

    write_files(tmp_path, {f"{name}/compose.yaml": OWN[name] for name in "ab"})
    read = reader.read
    monkeypatch.setattr(reader, "read", lambda docs, context: 1 / 0 if len(docs) > 1 else read(docs, context))
    report = scan(Options(paths=(tmp_path,), root=tmp_path))
    assert len(report.findings) == 2
    assert report.incomplete


FAULT = "import dindguard.scanning as s\ns.infer = lambda *_: 1 / 0"


def test_a_fault_of_our_own_is_one_line_and_incomplete(tmp_path: Path) -> None:
    write_files(tmp_path, {"compose.yaml": COMPOSE})
    done = run(tmp_path, "scan", ".", code=FAULT)
    assert (done.returncode, done.stdout) == (INCOMPLETE, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(
        "dindguard: internal error: ZeroDivisionError: division by zero; run it again with --debug"
    )
    for arguments in (("--debug", "scan", "."), ("scan", ".", "--debug")):
        done = run(tmp_path, *arguments, code=FAULT)
        assert "Traceback" in done.stderr
        assert done.returncode == INCOMPLETE


def test_an_interrupt_has_the_shells_code(tmp_path: Path) -> None:
    write_files(tmp_path, {"compose.yaml": COMPOSE})
    slow = "import dindguard.scanning as s, time, sys\ndef slow(*_): print('up', flush=True); time.sleep(30)\ns.infer = slow"
    start = f"import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n{slow}\n"
    process = subprocess.Popen(
        [sys.executable, "-c", f"{start}from dindguard.cli import main; main()", "scan", "."],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    time.sleep(0.05)
    os.kill(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == INTERRUPTED
    assert "Traceback" not in errors


def test_a_pack_that_asks_for_what_the_model_lacks_is_refused(tmp_path: Path) -> None:
    faulty = RULE.replace("each=Container", "each=str")
    write_files(tmp_path, {"tree/compose.yaml": COMPOSE, "each_rules/__init__.py": "", "each_rules/s.py": faulty})
    done = run(tmp_path, "scan", "tree", "--rules-dir", "each_rules")
    assert done.returncode == 2
    assert "rule 'local/stack' has each=str, which the model has none of; there are" in done.stderr


def test_texts_of_a_large_tree_are_not_held_to_the_end_of_a_scan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dindguard.files.HELD", 0)
    ours = "services:\n  a:\n    image: docker:dind\n    privileged: true\n"
    (tmp_path / "compose.yaml").write_text(ours)
    (tmp_path / "prose.yaml").write_text("about: docker, privileged\n")
    this = Scan.of(Options(paths=(tmp_path,), root=tmp_path))
    found = this.find()
    judged = this.judge(found)
    assert judged.findings
    assert [source.path for source in found.sources if not source.rests] == []
    assert this.report(found, judged, this.apply(found, judged)).sources["compose.yaml"].text == ours


def _changed_while_it_is_judged(folder: Path) -> Report:
    (folder / "compose.yaml").write_text("services:\n  a:\n    image: docker:dind\n    privileged: true\n")
    this = Scan.of(Options(paths=(folder,), root=folder))
    found = this.find()
    judged = this.judge(found)
    (folder / "compose.yaml").write_text("services: {}\n")
    return this.report(found, judged, this.apply(found, judged))


def test_a_file_that_changes_during_a_scan_is_quoted_as_it_was_judged(tmp_path: Path) -> None:
    report = _changed_while_it_is_judged(tmp_path)
    assert not [each for each in report.notices if each.kind == "changed"]
    assert "privileged" in report.sources["compose.yaml"].text


def test_one_that_is_not_held_is_told_and_not_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dindguard.files.HELD", 0)
    report = _changed_while_it_is_judged(tmp_path)
    assert [each.span.path for each in report.notices if each.kind == "changed"] == ["compose.yaml"]
    assert "compose.yaml" not in report.sources


def test_a_tree_with_more_text_than_is_held_says_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "compose.yaml").write_text(OWN[name].replace("nginx", "docker:dind"))
    whole = [(each.span, each.message) for each in scan(Options(paths=(tmp_path,), root=tmp_path)).findings]
    monkeypatch.setattr("dindguard.discover.HELD", 60)
    assert len(whole) >= 3
    assert [(each.span, each.message) for each in scan(Options(paths=(tmp_path,), root=tmp_path)).findings] == whole
