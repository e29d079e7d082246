"""The register: every field of every waiver in every form, its state, and who made it so."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from dindguard.cli.config_ import schema_text
from dindguard.policy.waiver_file import Waiver
from dindguard.reports.register import COLUMNS
from policy_tree import CAPABILITY, SOCKET, command, committed, git, record, tree, waived, write
from policy_tree import scanned as scan_of

FORMS = ("text", "json", "csv", "markdown", "html")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "r"
    folder.mkdir()
    git(folder, "init", "-q")
    tree(folder)
    committed(folder, "What we have")
    return folder


def dated(folder: Path, key: tuple[str, str, str] = SOCKET, days: int = 60, **changes: Any) -> dict[str, Any]:
    """Return a waiver that is in force today."""
    import datetime as dt

    today = dt.date.today()
    return record(folder, key, approved=str(today), expires=str(today + dt.timedelta(days=days)), **changes)


def listed(folder: Path, *options: str) -> list[dict[str, Any]]:
    done = command(folder, "waivers", "-f", "json", *options)
    assert done.returncode == 0, done.stderr
    rows: list[dict[str, Any]] = json.loads(done.stdout)["waivers"]
    return rows


def test_every_field_stands_in_the_register(repository: Path) -> None:
    fields = dated(repository, notes="a node of its own")
    waived(repository, fields)
    (row,) = listed(repository)
    for name, value in fields.items():
        assert row[name] == value
    assert row["state"] == "in force"
    assert row["days_left"] == 60
    (covers,) = row["covers"]
    assert "service 'runner' can command the host's" in covers
    assert re.search(r"\(compose\.yaml:\d\)$", covers)
    assert set(row) == set(COLUMNS)
    fields_of_a_waiver = {name for name in Waiver.__record_fields__ if name}
    assert fields_of_a_waiver


@pytest.mark.parametrize("form", FORMS)
def test_every_form_says_all_of_it(repository: Path, form: str) -> None:
    waived(repository, dated(repository, notes="a node of its own"))
    text = command(repository, "waivers", "-f", form).stdout.replace("\u200b", "").replace("\\", "")
    words = ["host-engine-socket", "The runner starts the stacks under test.", "owner", "arch", "60"]
    if form != "text":
        words += [
            "a socket proxy: the tests need POST",
            "git.example/poc/7",
            "OPS-7",
            "a node of its own",
            "v3:",
            "in force",
        ]
    for word in words:
        assert word in text


def test_states_and_faults(repository: Path) -> None:
    waived(
        repository,
        dated(repository, approvers=[{"name": "@arch", "role": "architecture"}]),
        dated(repository, CAPABILITY, at="services.gone"),
        record(repository, CAPABILITY, approved="2020-01-01", expires="2020-02-01"),
    )
    rows = {row["at"]: row for row in listed(repository)}
    assert rows[SOCKET[2]]["state"] == "not in force"
    assert rows[SOCKET[2]]["faults"] == ["lacks the approval of security"]
    assert rows["services.gone"]["faults"] == ["covers nothing in compose.yaml (did you mean 'services.web'?)"]
    assert rows["services.gone"]["covers"] == []
    assert rows["services.web"]["state"] == "expired"
    write(repository, "compose.yaml", (repository / "compose.yaml").read_text().replace("runner:1.2", "other:1"))
    waived(repository, dated(repository, fingerprint="v1:" + "0" * 32))
    (row,) = listed(repository)
    assert any(fault.startswith("was approved for other settings than compose.yaml:") for fault in row["faults"])


def test_what_is_due(repository: Path) -> None:
    waived(repository, dated(repository, days=14), dated(repository, CAPABILITY, days=15))
    assert [row["rule"] for row in listed(repository, "--due")] == ["host-engine-socket"]
    assert len(listed(repository)) == 2
    write(repository, ".dindguard.yaml", "approval: {warn-days: 30}\n")
    assert len(listed(repository, "--due")) == 2
    waived(repository, dated(repository, days=60))
    assert command(repository, "waivers", "--due").stdout == "no waivers\n"


def test_a_file_that_cannot_be_used_is_a_fault(repository: Path) -> None:
    write(repository, ".dindguard/waivers.yaml", "waivers: {}\n")
    done = command(repository, "waivers")
    assert done.returncode == 2
    assert ".dindguard/waivers.yaml:1:1: the file must hold a list" in done.stderr


def test_a_table_has_a_row_for_each(repository: Path) -> None:
    waived(
        repository, dated(repository), dated(repository, CAPABILITY, reason="=cmd|' /C calc'!A0 is no formula here")
    )
    rows = list(csv.DictReader(io.StringIO(command(repository, "waivers", "-f", "csv").stdout)))
    assert [row["rule"] for row in rows] == ["host-engine-socket", "dangerous-capability"]
    assert list(rows[0]) == list(COLUMNS)
    assert rows[1]["reason"].startswith("'=cmd")
    assert rows[0]["owner"] == "'@owner"
    assert rows[0]["days_left"] == "60"
    table = [line for line in command(repository, "waivers", "-f", "markdown").stdout.splitlines() if line[:1] == "|"]
    assert len(table) == 4
    assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table}) == 1


def test_nothing_in_a_record_acts_on_its_reader(repository: Path) -> None:
    hostile = "<script>alert(1)</script> \u202e | [x](javascript:y) ::error::x ##vso[task] and so on"
    waived(repository, dated(repository, reason=hostile))
    for form in FORMS:
        text = command(repository, "waivers", "-f", form).stdout
        assert form == "json" or "\u202e" not in text
        assert "##vso[" not in text
    assert "<script>" not in command(repository, "waivers", "-f", "html").stdout
    assert "\\<script\\>" in command(repository, "waivers", "-f", "markdown").stdout


def test_who_added_renewed_and_withdrew(repository: Path) -> None:
    waived(repository, dated(repository, days=30))
    committed(repository, "Approve the runner")
    git(repository, "switch", "-q", "-c", "topic")
    waived(repository, dated(repository, days=60), dated(repository, CAPABILITY))
    committed(repository, "Renew it, and one more")
    git(repository, "switch", "-q", "main")
    write(repository, "README.md", "words\n")
    committed(repository, "Nothing about it")
    git(repository, "merge", "-q", "--no-ff", "-m", "Merge", "topic")
    waived(repository, dated(repository, days=60, ticket="OPS-8"))
    last = committed(repository, "Withdraw it")
    rows = listed(repository, "--history")
    assert [(row["rule"], row["state"]) for row in rows] == [
        ("host-engine-socket", "in force"), ("dangerous-capability", "withdrawn"),
    ]  # fmt: skip
    told = [(event["what"], event["fields"], event["subject"]) for event in rows[0]["history"]]
    assert told == [
        ("added", [], "Approve the runner"),
        ("renewed", ["expires"], "Renew it, and one more"),
        ("changed", ["ticket"], "Withdraw it"),
    ]
    assert rows[0]["history"][2]["commit"] == last
    assert {event["author"] for event in rows[0]["history"]} == {"t <t@example.org>"}
    assert {event["signature"] for event in rows[0]["history"]} == {"none"}
    assert [event["what"] for event in rows[1]["history"]] == ["added", "withdrawn"]
    for form in FORMS:
        assert "Renew it, and one more" in command(repository, "waivers", "--history", "-f", form).stdout
    assert len(listed(repository, "--history", "--due")) == 0


def test_the_history_of_a_shallow_clone_begins_with_what_is_there(repository: Path, tmp_path: Path) -> None:
    waived(repository, dated(repository, days=30))
    committed(repository)
    waived(repository, dated(repository, days=60))
    last = committed(repository)
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{repository}", str(tmp_path / "clone"))
    (row,) = listed(tmp_path / "clone", "--history")
    assert [(event["what"], event["commit"]) for event in row["history"]] == [("added", last)]


def test_a_history_that_cannot_be_read_is_not_an_empty_one(repository: Path) -> None:
    waived(repository, dated(repository, days=30))
    first = committed(repository)
    waived(repository, dated(repository, days=60))
    committed(repository)
    (repository / ".git/objects" / first[:2] / first[2:]).unlink()
    done = command(repository, "waivers", "--history")
    assert done.returncode == 2
    assert "this clone lacks commits" in done.stderr


def test_a_signature_is_told_as_git_tells_it(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import subprocess

    key = tmp_path / "key"
    made = subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip("ssh-keygen is not installed here")
    waived(repository, dated(repository))
    git(repository, "add", "-A")
    git(repository, "-c", "gpg.format=ssh", "-c", f"user.signingkey={key}", "commit", "-q", "-S", "-m", "Signed")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    signers = tmp_path / "signers"
    signers.write_text(f"t@example.org {(tmp_path / 'key.pub').read_text()}")
    write(tmp_path, "home/.gitconfig", f'[gpg]\n\tformat = ssh\n[gpg "ssh"]\n\tallowedSignersFile = {signers}\n')
    (row,) = listed(repository, "--history")
    assert row["history"][0]["signature"] == "good"
    write(tmp_path, "home/.gitconfig", "")
    (row,) = listed(repository, "--history")
    assert row["history"][0]["signature"] != "good"


def test_the_repository_has_no_say_in_how_signatures_are_checked(repository: Path, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    script = tmp_path / "evil.sh"
    script.write_text(f"#!/bin/sh\ntouch {trap}\n")
    script.chmod(0o755)
    waived(repository, dated(repository))
    tree_name = (git(repository, "add", "-A"), git(repository, "write-tree").strip())[1]
    parent = git(repository, "rev-parse", "HEAD").strip()
    body = (
        f"tree {tree_name}\nparent {parent}\nauthor t <t@example.org> 1700000000 +0000\n"
        "committer t <t@example.org> 1700000000 +0000\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n"
        " -----END PGP SIGNATURE-----\n\nSigned\n"
    )
    write(tmp_path, "commit", body)
    name = git(repository, "hash-object", "-t", "commit", "-w", str(tmp_path / "commit")).strip()
    git(repository, "update-ref", "HEAD", name)
    git(repository, "config", "gpg.program", str(script))
    git(repository, "config", "log.showSignature", "true")
    (row,) = listed(repository, "--history")
    assert row["history"][0]["signature"] not in ("good", "none")
    assert not trap.exists()


def test_reports_carry_the_record_at_the_finding(repository: Path) -> None:
    waived(repository, dated(repository))
    report = json.loads(command(repository, "scan", "-f", "json").stdout)
    jsonschema.validate(report, json.loads(schema_text("report")))
    (finding,) = (each for each in report["findings"] if each["rule"] == "host-engine-socket")
    waiver = finding["subjects"][0]["waiver"]
    assert waiver["approvers"] == [{"name": "@arch", "role": "architecture"}, {"name": "@sec", "role": "security"}]
    assert waiver["alternatives"] == ["a socket proxy: the tests need POST"]
    assert waiver["line"] == 5
    assert all(s["waiver"] is None for f in report["findings"] if f is not finding for s in f["subjects"])
    sarif = json.loads(command(repository, "scan", "-f", "sarif", "--sarif-suppressed").stdout)
    (suppression,) = (s for r in sarif["runs"][0]["results"] for s in r.get("suppressions", ()))
    assert suppression["kind"] == "external"
    assert suppression["properties"]["waiver"] == waiver
    page = command(repository, "scan", "-f", "html").stdout
    assert "Owned by @owner, approved by @arch (architecture), @sec (security)" in page
    assert scan_of(repository)
