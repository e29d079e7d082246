"""GitLab: its two reports, and the template that makes them, run as a runner does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import watching
from dindguard.errors import UserError
from dindguard.installation import Home
from dindguard.records import replace
from dindguard.reports import Options, gitlab_sast, render
from dindguard.scanning import Options as ScanOptions
from dindguard.scanning import scan
from dindguard.source import Source
from policy_tree import COMPOSE, committed, git, write
from reporting import SOCKET, finding, sample

ROOT = Path(__file__).parent.parent
SCHEMA = json.loads((ROOT / "tests/data/gitlab-sast-15.2.1.schema.json").read_text("utf-8"))
SAFE = "services:\n  web:\n    image: nginx:1.29\n"


@pytest.fixture(autouse=True)
def fixed_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")


def sast(report: object = None) -> dict[str, Any]:
    """Return the SAST report, judged by GitLab's schema."""
    found: dict[str, Any] = json.loads(render("gitlab-sast", report or sample(), Options()))  # type: ignore[arg-type]
    jsonschema.validate(found, SCHEMA)
    return found


def quality(report: object = None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(render("gitlab", report or sample(), Options()))  # type: ignore[arg-type]
    return found


def test_code_quality() -> None:
    issues = quality()
    assert [issue["severity"] for issue in issues] == ["blocker", "blocker", "major", "major"]
    assert len({issue["fingerprint"] for issue in issues}) == len(issues)
    assert all(set(issue) == {"description", "check_name", "fingerprint", "severity", "location"} for issue in issues)
    assert issues[0]["location"] == {"path": "compose.yaml", "lines": {"begin": 8}}
    assert issues[-1]["check_name"] == "not-looked-at/unreadable"


def test_the_scan() -> None:
    document = sast()
    assert document["scan"]["start_time"] == "2023-11-14T22:13:20"
    assert document["scan"]["status"] == "failure"
    assert document["scan"]["messages"] == [
        {"level": "fatal", "value": "broken.yaml:2:6: not valid YAML: the list is not closed"}
    ]
    primary = {each["value"] for each in document["scan"]["primary_identifiers"]}
    assert {each["identifiers"][0]["value"] for each in document["vulnerabilities"]} <= primary


def test_a_vulnerability(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gitlab_sast, "home", lambda: Home("https://git.example.org/team/dindguard", "v1"))
    first = sast()["vulnerabilities"][0]
    assert first["severity"] == "Critical"
    assert first["location"] == {"file": "compose.yaml", "start_line": 8, "end_line": 8}
    own, weakness = first["identifiers"]
    assert (own["type"], own["value"]) == ("dindguard_rule", SOCKET.id)
    assert own["url"] == f"https://git.example.org/team/dindguard/blob/v1/docs/rules/{SOCKET.id}.md"
    assert weakness == {
        "type": "cwe", "name": "CWE-250", "value": "250", "url": "https://cwe.mitre.org/data/definitions/250.html",
    }  # fmt: skip
    assert first["links"] == [{"url": "https://docs.docker.com/engine/security/#docker-daemon-attack-surface"}]
    flow = first["details"]["code_flows"]["items"][0]
    assert [node["node_type"] for node in flow] == ["source", "sink"]
    assert flow[0]["file_location"]["line_start"] == 8
    words = [item["value"] for item in first["details"]["steps"]["items"]]
    assert words[0] == "compose.yaml:8:9: service 'runner' commands the host's engine"


def test_a_finding_without_a_way_to_the_host_shows_what_makes_it_so() -> None:
    second = sast()["vulnerabilities"][-1]
    assert second["details"]["steps"]["name"] == "What makes it so"
    assert [node["file_location"]["line_start"] for node in second["details"]["code_flows"]["items"][0]][-1] == 12
    assert second["details"]["containment"]["value"] == "the pod runs in a virtual machine"


def test_a_finding_keeps_its_signature_when_lines_move() -> None:
    given = sample().findings[0]
    moved = Source("compose.yaml", "# a new first line\n" + sample().sources["compose.yaml"].text)
    start = moved.text.index("/var/run")
    again = finding(SOCKET, moved.span(start, start + 20, given.span.route), given.message)

    def signature(report: object) -> list[Any]:
        first = sast(report)["vulnerabilities"][0]
        return [first["id"], *(item["signatures"] for item in first["tracking"]["items"])]

    later = sample(findings=(again,), sources={"compose.yaml": moved})
    assert signature(later) == signature(sample(findings=(given,)))
    assert "compose.yaml|services.runner.volumes[0]" in str(signature(later))


def test_text_of_the_tree_is_no_markdown() -> None:
    hostile = replace(sample().findings[0], message="service '![x](https://evil.example/a.png)' @all #1 <img>")
    (found,) = sast(sample(findings=(hostile,)))["vulnerabilities"]
    assert "![" not in found["description"]
    assert "<img" not in found["description"].replace("\\<", "")


def test_every_fixture_fits_gitlabs_schema() -> None:
    report = scan(ScanOptions(paths=(ROOT / "fixtures",), root=ROOT, untrusted=True))
    document = sast(report)
    assert len(document["vulnerabilities"]) > 300
    ids = [each["id"] for each in document["vulnerabilities"]]
    assert len(set(ids)) == len(ids)
    for each in document["vulnerabilities"]:
        if each["severity"] == "Critical":
            assert each["identifiers"][0]["type"] == "dindguard_rule"


def test_a_time_that_is_none_is_an_error_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "abc")
    with pytest.raises(UserError, match="SOURCE_DATE_EPOCH=abc: that is no number of seconds"):
        render("gitlab-sast", sample(), Options())


# --- the template -----------------------------------------------------------------------------------------------


def test_the_recipe_that_init_prints(tmp_path: Path) -> None:
    from ruamel.yaml import YAML

    from dindguard.cli import recipes

    job = YAML(typ="safe", pure=True).load(recipes.GITLAB % "x")["dindguard"]
    folder = repository(tmp_path / "r", compose__yaml=COMPOSE)
    base = committed(folder)
    assert run_lines(folder, job["script"][1:]).returncode == 1
    jsonschema.validate(json.loads((folder / "gl-sast-report.json").read_text()), SCHEMA)
    write(folder, ".dindguard.yaml", "disable: [host-engine-socket, dangerous-capability]\n")
    assert run_lines(folder, job["script"][1:]).returncode == 0
    target = as_the_target(folder, base)
    assert run_lines(folder, job["script"][1:], CI_MERGE_REQUEST_TARGET_BRANCH_NAME=target).returncode == 1


def as_the_target(folder: Path, revision: str) -> str:
    """Give a repository an origin whose branch for releases is at a revision; return the branch's name."""
    upstream = folder.parent / "upstream.git"
    git(folder, "init", "-q", "--bare", str(upstream))
    git(folder, "remote", "add", "origin", f"file://{upstream}")
    git(folder, "push", "-q", "origin", f"{revision}:refs/heads/release/1.x")
    return "release/1.x"


def ran(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the template's job in a folder, with its variables' defaults."""
    from ruamel.yaml import YAML

    template = YAML(typ="safe", pure=True).load((ROOT / "ci/dindguard.gitlab-ci.yml").read_text("utf-8"))
    job = template[".dindguard"]
    defaults = {name: "" if value.startswith("$") else value for name, value in template["variables"].items()}
    return run_lines(folder, [*job["before_script"], *job["script"]], **(defaults | variables))


def run_lines(folder: Path, lines: list[str], **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a job's lines in a folder, with this dindguard on the path."""
    programs = folder.parent / "programs"
    programs.mkdir(exist_ok=True)
    (programs / "dindguard").write_text(f'#!/bin/sh\nexec {sys.executable} -W error -m dindguard "$@"\n')
    (programs / "dindguard").chmod(0o755)
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", "\n".join(lines)],
        cwd=folder, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
        env={"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "HOME": str(folder.parent)}
        | watching.environment()
        | variables,
    )  # fmt: skip


def repository(folder: Path, **files: str) -> Path:
    folder.mkdir()
    git(folder, "init", "-q")
    for name, text in files.items():
        write(folder, name.replace("__", "."), text)
    return folder


def test_one_scan_writes_all_three(tmp_path: Path) -> None:
    folder = repository(tmp_path / "r", compose__yaml=COMPOSE)
    done = ran(folder)
    assert done.returncode == 1, done.stderr
    assert "compose.yaml:5:9 critical host-engine-socket" in done.stdout
    assert {issue["check_name"] for issue in json.loads((folder / "gl-code-quality-report.json").read_text())}
    jsonschema.validate(json.loads((folder / "gl-sast-report.json").read_text()), SCHEMA)


def test_a_clean_tree_writes_empty_reports(tmp_path: Path) -> None:
    folder = repository(tmp_path / "r", compose__yaml=SAFE)
    assert ran(folder).returncode == 0
    assert json.loads((folder / "gl-code-quality-report.json").read_text()) == []
    assert json.loads((folder / "gl-sast-report.json").read_text())["vulnerabilities"] == []


def test_options_since_and_trust(tmp_path: Path) -> None:
    folder = repository(tmp_path / "r", compose__yaml=COMPOSE)
    base = committed(folder)
    assert ran(folder, DINDGUARD_OPTIONS="--exit-zero --fail-on low").returncode == 0
    assert ran(folder, DINDGUARD_SINCE=base).returncode == 0
    assert len(json.loads((folder / "gl-code-quality-report.json").read_text())) >= 2, "GitLab compares whole lists"
    write(folder, ".dindguard.yaml", "disable: [host-engine-socket, dangerous-capability]\n")
    assert ran(folder).returncode == 0
    assert ran(folder, DINDGUARD_TRUST=as_the_target(folder, base)).returncode == 1


def test_a_change_cannot_begin_where_the_rules_were_softer(tmp_path: Path) -> None:
    """The tip of the target counts, and not the commit at which the branch left it."""
    folder = repository(tmp_path / "r", compose__yaml=COMPOSE)
    write(folder, ".dindguard.yaml", "disable: [host-engine-socket, dangerous-capability]\n")
    soft = committed(folder)
    git(folder, "branch", "change")
    (folder / ".dindguard.yaml").unlink()
    target = as_the_target(folder, committed(folder))
    git(folder, "checkout", "-q", "change")
    done = ran(folder, DINDGUARD_TRUST=target, CI_MERGE_REQUEST_DIFF_BASE_SHA=soft)
    assert done.returncode == 1
    assert "host-engine-socket" in done.stdout
    assert "policy-weakened" not in done.stdout, "the branch proposes nothing: it is merely behind"


def test_a_target_that_cannot_be_fetched_fails_the_job_with_words(tmp_path: Path) -> None:
    folder = repository(tmp_path / "r", compose__yaml=SAFE)
    target = as_the_target(folder, committed(folder))
    done = ran(folder, DINDGUARD_TRUST=f"{target}-gone")
    assert done.returncode != 0
    assert "couldn't find remote ref refs/heads/release/1.x-gone" in done.stderr
    assert ran(folder, DINDGUARD_TRUST=target).returncode == 0


def test_without_a_source_the_job_says_what_it_needs(tmp_path: Path) -> None:
    folder = repository(tmp_path / "r", compose__yaml=SAFE)
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / "bash").symlink_to("/bin/bash")
    done = ran(folder, PATH=str(bare))
    assert done.returncode != 0
    assert "DINDGUARD_SOURCE: says where dindguard can be had" in done.stderr
