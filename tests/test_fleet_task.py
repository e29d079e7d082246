"""One repository of a fleet: its process, its rows, and what breaks it and nothing else."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

import fleet_repositories as made
from dindguard.fleet import layout, process, staging
from dindguard.fleet.limits import MEBIBYTE, Limits
from dindguard.fleet.request import Answer, Request
from dindguard.fleet.schema import TABLES, Standing
from dindguard.fleet.staging import DamagedError

HOOKS = Path(__file__).parent / "fleet_hooks"


def rows(out: Path, answer: Answer, table: str) -> list[dict[str, Any]]:
    names = TABLES[table].names()
    found = staging.read(str(out), answer.key, 1 << 30)
    return [dict(zip(names, values, strict=True)) for name, values in found if name == table]


def scanned(path: Path, out: Path, **given: Any) -> Answer:
    return process.run(made.request(path, out, **given))


# -- what a scan gives ------------------------------------------------------------------------------


def test_a_scan_fills_every_table(tmp_path: Path) -> None:
    path = made.tree(
        tmp_path / "work", compose_yaml=made.SOCKET, sub__compose_yaml=made.ENGINE, CODEOWNERS_="* @core\n"
    )
    (path / "CODEOWNERS.").rename(path / "CODEOWNERS")
    (path / ".travis.yml").write_text("script: docker run --privileged x\n")
    answer = scanned(path, tmp_path / "out")
    assert (answer.standing, answer.worst, answer.fresh) == (Standing.SCANNED, "critical", True)

    [repository] = rows(tmp_path / "out", answer, "repositories")
    assert repository["repository"] == "work"
    assert repository["source_kind"] == "tree"
    assert repository["labels"] == {"team": "red"}
    assert repository["key"] == answer.key
    assert repository["blind_spots"] == 1
    assert repository["ways_to_root"] == 2
    assert repository["open_critical"] == 1
    assert repository["peak_memory"] > 10 * MEBIBYTE
    assert 0 < repository["cpu_seconds"] < 60

    findings = rows(tmp_path / "out", answer, "findings")
    socket = next(row for row in findings if row["rule"] == "host-engine-socket")
    assert (socket["path"], socket["subject"], socket["owners"]) == ("compose.yaml", "service 'runner'", ["@core"])
    assert socket["way_to_root"].startswith("code in service 'runner' → ")
    assert (socket["severity"], socket["severity_rank"], socket["status"], socket["claimed"]) == (
        "critical",
        4,
        "open",
        "open",
    )

    [access] = rows(tmp_path / "out", answer, "accesses")
    assert (access["to"], access["to_machine"], access["via"]) == ("the host", True, "/var/run/docker.sock")
    engine = next(row for row in rows(tmp_path / "out", answer, "containers") if row["engine"])
    assert (engine["name"], engine["engine"], engine["engine_version_sort"]) == ("dind", "docker", "00024")
    states = {row["path"]: row["state"] for row in rows(tmp_path / "out", answer, "coverage")}
    assert states == {".travis.yml": "blind-spot", "compose.yaml": "understood", "sub/compose.yaml": "understood"}


def test_what_a_repository_says_of_itself_is_told_and_not_obeyed(tmp_path: Path) -> None:
    waiver = """\
waivers:
  - {rule: host-engine-socket, file: compose.yaml, at: "services.runner.access.mounts./var/run/docker.sock:/var/run/docker.sock",
     mode: socket, owner: kim, approved: 2026-01-01,
     expires: 2026-12-01, reason: "the runner builds images and nothing else can", fingerprint: "v1:0123456789abcdef"}
"""
    path = made.tree(tmp_path / "work", compose_yaml=made.SOCKET, _dindguard__waivers_yaml=waiver)
    (path / "_dindguard").rename(path / ".dindguard")
    (path / ".gitignore").write_text("compose.yaml\n")
    (path / ".dindguard.yaml").write_text("exclude: [compose.yaml]\n")
    answer = scanned(path, tmp_path / "out")
    found = [row for row in rows(tmp_path / "out", answer, "findings") if row["rule"] == "host-engine-socket"]
    assert [row["status"] for row in found] == ["open"]
    [record] = rows(tmp_path / "out", answer, "waivers")
    assert (record["rule"], record["path"], record["owner"]) == ("host-engine-socket", "compose.yaml", "kim")
    assert (record["approved"], record["expires"], record["covers"], record["in_force"]) == (
        "2026-01-01", "2026-12-01", 1, False,
    )  # fmt: skip
    assert record["faults"]


def test_an_allow_is_told_as_a_claim(tmp_path: Path) -> None:
    text = (
        "services:\n  a:\n    image: app:1\n    cap_add:\n"
        "      # dindguard: allow[dangerous-capability] mounts loop devices for the image tests\n"
        "      - SYS_ADMIN\n"
    )
    path = made.tree(tmp_path / "work", compose_yaml=text)
    answer = scanned(path, tmp_path / "out")
    [row] = [row for row in rows(tmp_path / "out", answer, "findings") if row["rule"] == "dangerous-capability"]
    assert (row["status"], row["claimed"]) == ("open", "allowed")


def test_a_secret_is_masked_in_every_row(tmp_path: Path) -> None:
    secret = "hunter2hunter2hunter2"
    text = made.SOCKET.replace(
        "image:", f"environment: {{DB_PASSWORD: {secret}}}, command: 'x --password {secret}', image:"
    )
    path = made.tree(tmp_path / "work", compose_yaml=text)
    answer = scanned(path, tmp_path / "out")
    with gzip.open(layout.staged(str(tmp_path / "out"), answer.key)) as file:
        whole = file.read()
    assert b"runner" in whole
    assert secret.encode() not in whole


def test_a_policy_of_the_organisation_holds(tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text("runners: {big: {sandbox: vm, ephemeral: true}}\n")
    work = made.tree(tmp_path / "work", _yaml="job: {tags: [big], script: [docker run --privileged x]}\n")
    (work / ".yaml").rename(work / ".gitlab-ci.yml")

    def severities(out: Path, **given: str) -> set[str]:
        answer = scanned(work, out, **given)
        assert answer.standing is Standing.SCANNED
        return {row["severity"] for row in rows(out, answer, "findings") if row["rule"] == "privileged-container"}

    assert severities(tmp_path / "out") == {"critical"}
    assert severities(tmp_path / "out", policy=str(policy), floor="f") == {"low"}


def test_a_second_scan_of_the_same_content_is_not_made(tmp_path: Path) -> None:
    path = made.tree(tmp_path / "work", compose_yaml=made.SOCKET)
    first = scanned(path, tmp_path / "out")
    staged = Path(layout.staged(str(tmp_path / "out"), first.key)).stat().st_mtime_ns
    again = scanned(path, tmp_path / "out")
    assert again == Answer(first.key, first.standing, first.worst, fresh=False)
    assert Path(layout.staged(str(tmp_path / "out"), first.key)).stat().st_mtime_ns == staged
    assert scanned(path, tmp_path / "out", rules="others").key != first.key
    assert scanned(path, tmp_path / "out", name="other").key != first.key
    made.tree(path, compose_yaml=made.SAFE)
    assert scanned(path, tmp_path / "out").key != first.key


def test_a_scan_process_imports_neither_dask_nor_arrow(tmp_path: Path) -> None:
    path = made.tree(tmp_path / "work", compose_yaml=made.SOCKET)
    code = (
        "import sys; from dindguard.fleet import child; code = child.main()\n"
        "heavy = {'dask', 'distributed', 'pyarrow', 'duckdb', 'click', 'jsonschema', 'sarif_om', 'asyncio', 'subprocess'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr); sys.exit(code)"
    )
    text = made.request(path, tmp_path / "out").text() + "\n"
    done = subprocess.run([sys.executable, "-c", code], input=text, capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1] == "[]"


# -- what breaks ------------------------------------------------------------------------------------


def quarantined(path: Path, out: Path, **given: Any) -> dict[str, Any]:
    answer = scanned(path, out, **given)
    assert answer.standing is Standing.QUARANTINED
    [row] = rows(out, answer, "repositories")
    assert [name for name, _ in staging.read(str(out), answer.key, 1 << 20)] == ["repositories"]
    assert row["standing"] == "quarantined"
    assert row["key"] == answer.key
    return row


def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str) -> Path:
    monkeypatch.setenv("PYTHONPATH", str(HOOKS))
    return made.tree(tmp_path / fault, compose_yaml=made.SOCKET)


def test_a_crash_is_quarantined_with_masked_evidence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    row = quarantined(hostile(tmp_path, monkeypatch, "crash"), tmp_path / "out")
    assert (row["reason"], row["exit_code"], row["signal"]) == ("crash", 1, "")
    assert "RuntimeError: a fault of ours␛[31m" in row["evidence"]
    assert "hunter2" not in row["evidence"]
    assert "\x1b" not in row["evidence"]


@pytest.mark.parametrize(("fault", "signal"), [("abort", "SIGABRT"), ("killed", "SIGKILL")])
def test_a_signal_is_quarantined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str, signal: str) -> None:
    row = quarantined(hostile(tmp_path, monkeypatch, fault), tmp_path / "out")
    assert (row["reason"], row["signal"], row["exit_code"]) == ("signal", signal, -1)


def test_endless_work_is_ended_by_its_processor_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = hostile(tmp_path, monkeypatch, "endless")
    row = quarantined(path, tmp_path / "out", limits=Limits(cpu=1, wall=300))
    assert (row["reason"], row["signal"]) == ("cpu-time", "SIGXCPU")
    assert row["cpu_seconds"] >= 0.5


@pytest.mark.parametrize("system", ["with pidfd_open, as Linux", "without, as macOS"])
def test_endless_waiting_is_ended_by_the_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, system: str) -> None:
    for only_linux in ("pidfd_open", "waitid") if system.startswith("without") else ():
        monkeypatch.delattr(os, only_linux)
    path = hostile(tmp_path, monkeypatch, "asleep")
    row = quarantined(path, tmp_path / "out", limits=Limits(wall=3))
    assert row["reason"] == "wall-time"


def test_memory_without_end_is_quarantined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    row = quarantined(hostile(tmp_path, monkeypatch, "memory"), tmp_path / "out")
    assert (row["reason"], row["evidence"]) == ("memory", "it needs more memory than it may have\n")


def test_a_result_of_50_megabytes_is_quarantined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    row = quarantined(hostile(tmp_path, monkeypatch, "large"), tmp_path / "out")
    assert row["reason"] == "output"
    assert "more than 33,554,432 bytes" in row["evidence"]
    assert not list((tmp_path / "out").rglob("*.tmp"))


def test_a_zip_bomb_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("compose.yaml", made.SOCKET)
        for number in range(3):
            with archive.open(f"{number}.yaml", "w", force_zip64=True) as member:
                member.write(b"0" * MEBIBYTE)
    data = (tmp_path / "bomb.zip").read_bytes()
    (tmp_path / "bomb.zip").write_bytes(
        data.replace((MEBIBYTE).to_bytes(4, "little"), (0xF0000000).to_bytes(4, "little"))
    )
    row = quarantined(tmp_path / "bomb.zip", tmp_path / "out")
    assert row["reason"] == "refused"
    assert "expands to more than" in row["evidence"]


def test_a_source_that_is_not_there_is_refused(tmp_path: Path) -> None:
    row = quarantined(tmp_path / "none", tmp_path / "out")
    assert (row["reason"], row["evidence"]) == ("refused", "there is no such folder or archive\n")


def test_a_quarantined_one_is_kept_until_it_is_asked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = hostile(tmp_path, monkeypatch, "crash")
    first = scanned(path, tmp_path / "out")
    monkeypatch.delenv("PYTHONPATH")
    assert scanned(path, tmp_path / "out") == Answer(first.key, Standing.QUARANTINED, "", fresh=False)
    again = scanned(path, tmp_path / "out", retry=True)
    assert (again.key, again.standing, again.fresh) == (first.key, Standing.SCANNED, True)


# -- texts that are not believed --------------------------------------------------------------------


def test_an_answer_is_one_of_a_form_or_none() -> None:
    key = "0123456789abcdef" * 2
    assert Answer.of(f"{key} scanned critical new") == Answer(key, Standing.SCANNED, "critical", fresh=True)
    good = f"{key} scanned critical new"
    wrong = [
        "",
        good[:-4],
        f"{good}\n",
        good.replace("scanned", "fine"),
        f"../{good[3:]}",
        b"x",
        None,
        [good],
        good + " " * 100,
    ]
    for text in wrong:
        assert Answer.of(text) is None


def test_a_request_comes_out_as_it_went_in(tmp_path: Path) -> None:
    asked = made.request(tmp_path, tmp_path / "out", name="a\tb", revision="v1", retry=True)
    again = Request.of(asked.text())
    assert again == asked
    assert again.key("content") == asked.key("content")


@pytest.mark.parametrize(
    "line",
    [
        b"nothing", b"{}", b'["findings", []]', b'["none", []]', b'["repositories", {"run": 1}]', b"[" * 100_000,
        json.dumps(["waivers", ["r", "n", "a", "b", "c", "d", "e", "f", [], "g", "2026-99-01", None, 1, [], 1, True]]).encode(),
        json.dumps(["accesses", ["r", "n", "p", 1, 1, *["\ud800"] * 5, True, *["x"] * 5, True, True, True, True, []]]).encode(),
    ],
)  # fmt: skip
def test_a_staged_file_that_no_scan_writes_is_damaged(tmp_path: Path, line: bytes) -> None:
    answer = scanned(made.tree(tmp_path / "work", compose_yaml=made.SAFE), tmp_path)
    with gzip.open(layout.staged(str(tmp_path), answer.key), "ab") as file:
        file.write(line + b"\n")
    with pytest.raises(DamagedError):
        list(staging.read(str(tmp_path), answer.key, 1 << 30))


def test_a_staged_file_that_expands_without_end_is_not_read_on(tmp_path: Path) -> None:
    answer = scanned(made.tree(tmp_path / "work", compose_yaml=made.SAFE), tmp_path)
    with pytest.raises(DamagedError, match="more than 100 bytes"):
        list(staging.read(str(tmp_path), answer.key, 100))


@pytest.mark.parametrize(
    "name",
    ["DINDGUARD_CONFIG", "DOCKER_HOST", "GIT_DIR", "GIT_CONFIG_COUNT", "PYTHONSTARTUP", "LD_PRELOAD", "COLUMNS",
     "AWS_SECRET_ACCESS_KEY"],
)  # fmt: skip
def test_a_scan_of_a_fleet_gets_nobodys_settings(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "/somebody/else")
    assert name not in process._environment()


def test_a_scan_of_a_fleet_finds_its_programs_and_is_the_same_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin")
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    given = process._environment()
    assert (given["PATH"], given["PYTHONHASHSEED"]) == ("/usr/bin", "0")
