"""The baseline: it survives edits that change no danger, dies with the danger, and shrinks by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from dindguard.errors import UserError
from dindguard.findings import Status
from dindguard.policy import BASELINE_FILE, baseline
from policy_tree import COMPOSE, own, scanned, statuses, tree, write

TEXT = """\
services:
  a:
    image: nginx:1.29
    cap_add: [SYS_ADMIN, SYS_MODULE]
  b:
    image: nginx:1.29
    cap_add:
      - SYS_ADMIN
"""


def based(folder: Path) -> Path:
    report = scanned(folder, without_baseline=True)
    entries = baseline.entries_of(report.findings, report.config.approval.modes)
    write(folder, BASELINE_FILE, baseline.write(entries))
    return folder


def test_what_is_known_does_not_count(tmp_path: Path) -> None:
    report = scanned(based(tree(tmp_path, compose_dot_yaml=TEXT)))
    assert set(statuses(report).values()) == {Status.BASELINE}
    assert own(report) == []
    assert report.worst_open() is None
    untrusted = scanned(tmp_path, untrusted=True)
    assert set(statuses(untrusted).values()) == {Status.OPEN}
    named = scanned(tmp_path, untrusted=True, baseline=tmp_path / BASELINE_FILE)
    assert set(statuses(named).values()) == {Status.BASELINE}


def test_it_survives_ten_edits_that_change_no_danger(tmp_path: Path) -> None:
    folder = based(tree(tmp_path, compose_dot_yaml=TEXT))
    edits = (
        ("services:\n", "# a comment\n\nservices:\n"),
        ("    image: nginx:1.29\n", "    image: nginx:1.30\n"),
        ("[SYS_ADMIN, SYS_MODULE]", "[SYS_MODULE, SYS_ADMIN]"),
        ("      - SYS_ADMIN", "          - SYS_ADMIN"),
        ("  b:\n", "  b:\n    restart: always\n"),
        ("services:\n", "name: project\nservices:\n"),
        ("[SYS_MODULE, SYS_ADMIN]", "[SYS_MODULE, 'SYS_ADMIN']"),
        ("services:\n", "services:\n  first: {image: 'redis:8'}\n"),
        ("    restart: always\n", "    restart: always\n    labels: {a: b}\n"),
        ("    cap_add: [", "    cap_add:\n      ["),
    )
    text = TEXT
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
        write(folder, "compose.yaml", text)
        report = scanned(folder)
        assert set(statuses(report).values()) == {Status.BASELINE}, (new, [f.message for f in report.open])
        assert own(report) == []
    first, _, second = TEXT.partition("  b:\n")
    write(folder, "compose.yaml", first.replace("services:\n", f"services:\n  b:\n{second}"))
    assert set(statuses(scanned(folder)).values()) == {Status.BASELINE}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("SYS_MODULE]", "SYS_RAWIO]"),
        ("      - SYS_ADMIN", "      - ALL"),
        ("  b:\n", "  c:\n"),
    ],
)
def test_it_dies_when_the_danger_changes(tmp_path: Path, old: str, new: str) -> None:
    folder = based(tree(tmp_path, compose_dot_yaml=TEXT))
    write(folder, "compose.yaml", TEXT.replace(old, new, 1))
    report = scanned(folder)
    assert [f for f in report.open if f.rule.category != "policy"]
    assert own(report) == ["baseline-entry-gone"]
    (gone,) = (f for f in report.findings if f.rule.id == "baseline-entry-gone")
    assert gone.span.path == BASELINE_FILE
    assert '"danger"' in (folder / BASELINE_FILE).read_text().splitlines()[gone.span.line - 1]


def test_a_second_equal_danger_is_not_hidden_by_the_first(tmp_path: Path) -> None:
    folder = based(tree(tmp_path, compose_dot_yaml=TEXT))
    write(folder, "compose.yaml", TEXT.replace("      - SYS_ADMIN", "      - SYS_ADMIN\n      - CAP_SYS_MODULE"))
    assert len([f for f in scanned(folder).open if f.rule.category != "policy"]) == 1


def test_a_graver_danger_is_another_one(tmp_path: Path) -> None:
    folder = based(tree(tmp_path, compose_dot_yaml=TEXT))
    write(folder, ".dindguard.yaml", "severity: {dangerous-capability: critical}\n")
    assert set(statuses(scanned(folder)).values()) == {Status.OPEN}


def test_what_needs_an_approval_is_never_in_it(tmp_path: Path) -> None:
    report = scanned(based(tree(tmp_path)))
    assert statuses(report) == {"host-engine-socket": Status.OPEN, "dangerous-capability": Status.BASELINE}
    assert "host-engine-socket" not in (tmp_path / BASELINE_FILE).read_text()


def test_it_shrinks_by_itself_and_grows_only_when_told(tmp_path: Path) -> None:
    one, two, three = (baseline.Entry("f", "r", at, "d") for at in ("1", "2", "3"))
    assert baseline.merged((one, two), (two, three), accept_new=False) == ((two,), 1, 1)
    entries, removed, new = baseline.merged((one, two), (two, three), accept_new=True)
    assert set(entries) == {two, three}
    assert (removed, new) == (1, 1)
    assert baseline.merged((one,), (one, one), accept_new=False) == ((one,), 0, 1)
    assert baseline.read(baseline.write([two, one, one]), "b") == (
        baseline.Entry("f", "r", "1", "d", 4),
        baseline.Entry("f", "r", "1", "d", 5),
        baseline.Entry("f", "r", "2", "d", 6),
    )
    assert [entry.key for entry in baseline.read(baseline.write([two, one]), "b")] == [one.key, two.key]


def test_gone_entries_are_reported_only_where_the_scan_looked(tmp_path: Path) -> None:
    folder = based(tree(tmp_path, compose_dot_yaml=TEXT, other_dot_yaml=COMPOSE))
    write(folder, "compose.yaml", "services: {}\n")
    assert own(scanned(folder, "other.yaml")) == []
    assert own(scanned(folder)) == ["baseline-entry-gone"] * 3
    (folder / "compose.yaml").unlink()
    assert own(scanned(folder)) == ["baseline-entry-gone"] * 3


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("{", ":1:2:"),
        ("[]", ":1:1:"),
        ('{"version": 2, "findings": []}', ":1:1:"),
        ('{"version": 1}', ":1:1:"),
        ('{"version": 1, "findings": [], "more": 1}', ":1:1:"),
        ('{"version": 1, "findings": [\n{"rule": "a", "file": "b", "at": "c", "danger": 1}]}', ":2:1:"),
        ('{"version": 1, "findings": [\n{"rule": "a", "danger": "b"}]}', ":2:1:"),
        ("[" * 100_000, ":1:1:"),
    ],
)
def test_a_faulty_file_names_line_and_remedy(tmp_path: Path, text: str, where: str) -> None:
    write(tree(tmp_path), BASELINE_FILE, text)
    with pytest.raises(UserError, match="baseline create") as caught:
        scanned(tmp_path)
    assert str(caught.value).startswith(BASELINE_FILE + where)


def test_a_configured_baseline_must_exist(tmp_path: Path) -> None:
    write(tree(tmp_path), ".dindguard.yaml", "baseline: known.json\n")
    with pytest.raises(UserError, match=r"\.dindguard\.yaml:1:11: .*baseline create"):
        scanned(tmp_path)
