"""The baseline: it survives edits that change no danger, dies with the danger, and shrinks by itself."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from dindguard.errors import UserError
from dindguard.findings import Status
from dindguard.policy import baseline_file
from dindguard.policy.baseline_file import Entry, Update, updated
from dindguard.policy.config import BASELINE_FILE
from dindguard.records import replace
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
    entries = baseline_file.entries_of(report.findings, report.config.approval.modes)
    write(folder, BASELINE_FILE, baseline_file.write(entries))
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


def test_it_shrinks_by_itself_and_grows_only_when_told() -> None:
    one, two, three = (Entry("f", "r", at, "d") for at in ("1", "2", "3"))
    assert updated((one, two), (two, three), accept_new=False) == Update((two,), removed=1, new=1)
    assert updated((one, two), (two, three), accept_new=True) == Update((two, three), removed=1, new=1)
    assert updated((one,), (one, one), accept_new=False) == Update((one,), new=1)


def test_it_is_read_as_it_was_written() -> None:
    one, two = (Entry("f", "r", at, "d", "c") for at in ("1", "2"))
    text = baseline_file.write([two, one, one])
    assert [(entry.at, entry.line) for entry in baseline_file.read(text, "b").entries] == [
        ("1", 4),
        ("1", 5),
        ("2", 6),
    ]
    old = text.replace('"version": 2', '"version": 1').replace(', "content": "c"', "")
    assert [entry.key for entry in baseline_file.read(old, "b").entries] == [one.key, one.key, two.key]


def test_an_update_follows_a_move_and_never_gives_grace() -> None:
    old = Entry("a", "r", "1", "d", "c")
    moved, other = Entry("b", "r", "1", "e", "c"), Entry("b", "r", "1", "e", "x")
    assert updated((old,), (moved,), accept_new=False) == Update((moved,), moved=1)
    assert updated((old,), (old, moved), accept_new=False) == Update((old,), new=1), "a copy is new"
    assert updated((old,), (other,), accept_new=False) == Update((), removed=1, new=1)
    bound = replace(moved, grace=True)
    assert updated((old,), (bound,), accept_new=True) == Update((), removed=1), "what needs an approval was not known"
    assert updated((replace(old, grace=True),), (bound,), accept_new=False) == Update((bound,), moved=1)


def test_known_findings_move_with_their_file(tmp_path: Path) -> None:
    folder = based(tree(tmp_path, compose_dot_yaml=TEXT))
    (folder / "deploy").mkdir()
    (folder / "compose.yaml").rename(folder / "deploy" / "compose.yaml")
    report = scanned(folder)
    assert set(statuses(report).values()) == {Status.BASELINE}
    assert own(report) == []
    assert [notice.message for notice in report.notices if notice.kind == "baseline-moved"]
    write(folder, "deploy/other.yaml", TEXT.replace("  a:", "  c:"))
    assert {subject.address for f in scanned(folder).open for subject in f.subjects} == {"services.c", "services.b"}


def test_a_copy_is_new(tmp_path: Path) -> None:
    folder = based(tree(tmp_path, compose_dot_yaml=TEXT))
    write(folder, "deploy/compose.yaml", TEXT)
    opened = [f for f in scanned(folder).open if f.rule.category != "policy"]
    assert {f.span.path for f in opened} == {"deploy/compose.yaml"}
    assert [f.span.path for f in scanned(folder, "deploy").open] == ["deploy/compose.yaml"] * len(opened)


def with_grace(folder: Path, until: str = "2027-02-20") -> Path:
    report = scanned(folder, without_baseline=True)
    entries = baseline_file.entries_of(report.findings, report.config.approval.modes)
    grace = baseline_file.Grace(dt.date(2026, 11, 23), dt.date.fromisoformat(until))
    write(folder, BASELINE_FILE, baseline_file.write(entries, grace))
    return folder


def test_grace_lets_what_needs_an_approval_wait(tmp_path: Path) -> None:
    folder = with_grace(tree(tmp_path))
    report = scanned(folder)
    assert set(statuses(report).values()) == {Status.BASELINE}
    (notice,) = (each for each in report.notices if each.kind == "grace")
    assert "1 finding is in grace until 2027-02-20: 89 days left" in notice.message
    assert (notice.span.path, notice.span.line) == (BASELINE_FILE, 3)
    (folder / "sub").mkdir()
    (folder / "compose.yaml").rename(folder / "sub" / "compose.yaml")
    assert set(statuses(scanned(folder)).values()) == {Status.BASELINE}, "a move keeps it"
    write(folder, "sub/compose.yaml", COMPOSE.replace("  runner:\n", "  other:\n"))
    assert statuses(scanned(folder))["host-engine-socket"] is Status.OPEN


def test_grace_that_nobody_needs_is_not_told(tmp_path: Path) -> None:
    folder = with_grace(tree(tmp_path))
    write(folder, "compose.yaml", "services: {web: {image: 'nginx:1.29'}}\n")
    assert not [each for each in scanned(folder).notices if each.kind == "grace"]
    assert "baseline-grace-over" not in own(scanned(folder, today=dt.date(2027, 2, 21)))


def test_grace_ends(tmp_path: Path) -> None:
    folder = with_grace(tree(tmp_path))
    last, after = dt.date(2027, 2, 20), dt.date(2027, 2, 21)
    assert statuses(scanned(folder, today=last))["host-engine-socket"] is Status.BASELINE
    report = scanned(folder, today=after)
    assert statuses(report) == {"host-engine-socket": Status.OPEN, "dangerous-capability": Status.BASELINE}
    assert own(report) == ["baseline-grace-over"]
    (over,) = (f for f in report.findings if f.rule.id == "baseline-grace-over")
    assert "1 day ago" in over.message
    assert "1 finding is still without approval" in over.message
    assert '"grace"' in (folder / BASELINE_FILE).read_text().splitlines()[over.span.line - 1]


def test_grace_is_given_for_90_days_at_most(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="90 days at most"):
        scanned(with_grace(tree(tmp_path), until="2027-02-22"))
    text = (tmp_path / BASELINE_FILE).read_text()
    write(tmp_path, BASELINE_FILE, "\n".join(line for line in text.splitlines() if "until" not in line))
    with pytest.raises(UserError, match="gives no dates"):
        scanned(tmp_path)


def test_gone_entries_are_reported_only_where_the_scan_looked(tmp_path: Path) -> None:
    folder = based(tree(tmp_path, compose_dot_yaml=TEXT, other_dot_yaml=COMPOSE))
    write(folder, "compose.yaml", "services: {}\n")
    assert own(scanned(folder, "other.yaml")) == []
    assert own(scanned(folder)) == ["baseline-entry-gone"] * 3
    (folder / "compose.yaml").unlink()
    assert own(scanned(folder)) == ["baseline-entry-gone"] * 3


@pytest.mark.parametrize(("rule", "gone"), [("no-such-rule", True), ("acme/no-such-rule", False)])
def test_entries_of_a_pack_that_is_not_asked_are_not_gone(tmp_path: Path, rule: str, gone: bool) -> None:
    folder = based(tree(tmp_path, compose_dot_yaml=COMPOSE))
    before = (folder / BASELINE_FILE).read_text("utf-8")
    write(folder, BASELINE_FILE, before.replace("dangerous-capability", rule))
    assert ("baseline-entry-gone" in own(scanned(folder))) is gone


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("{", ":1:2:"),
        ("[]", ":1:1:"),
        ('{"version": 3, "findings": []}', ":1:1:"),
        ('{"version": 2,\n"grace": {"from": "2026-11-23", "until": "soon"}, "findings": []}', ":2:1:"),
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
