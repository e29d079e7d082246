"""SARIF: what GitHub code scanning requires of a log, and what its viewers make of it."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import unquote

import pytest

from dindguard.findings import Status
from dindguard.policy.catalogue import RULES as POLICY_RULES
from dindguard.reports import Options, render
from dindguard.reports import sarif as module
from dindguard.reports.line_hash import line_hashes
from dindguard.rules import Severity
from dindguard.source import Gravity, Notice, Source, Span, Step
from reporting import HYGIENE, SOCKET, TCP, finding, sample

GITHUB_SEVERITIES = {"critical": (9.0, 10.0), "high": (7.0, 8.9), "medium": (4.0, 6.9), "low": (0.0, 3.9)}


def log(report: object = None, **options: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(render("sarif", report or sample(), Options(**options)))  # type: ignore[arg-type]
    return found


def run(report: object = None, **options: Any) -> dict[str, Any]:
    found: dict[str, Any] = log(report, **options)["runs"][0]
    return found


# The vectors of the upload action's own tests.
VECTORS = [
    ("", {1: "c129715d7a2bc9a3:1"}),
    (
        " a\nb\n  \t\tc\n d",
        {1: "271789c17abda88f:1", 2: "54703d4cd895b18:1", 3: "180aee12dab6264:1", 4: "a23a3dc5e078b07b:1"},
    ),
    ("Lorem ipsum dolor sit amet.\n" * 10, {6: "a7f2ff13bc495cf2:6", 7: "a7f2ff1481e87703:1"}),
]


@pytest.mark.parametrize(("text", "hashes"), VECTORS)
def test_line_hashes_are_those_of_the_upload_action(text: str, hashes: dict[int, str]) -> None:
    assert line_hashes(text, set(hashes)) == hashes


def test_line_ends_and_blanks_do_not_count() -> None:
    text = " a\nb\n  \t\tc\n d"
    assert line_hashes(text.replace("\n", "\r\n"), {2, 4}) == line_hashes(text, {2, 4})
    assert line_hashes(text.replace("\n", "\r"), {2, 4}) == line_hashes(text, {2, 4})
    assert line_hashes("a\n\nb\n", {2}) == line_hashes("a\n \t \nb\n", {2})
    assert line_hashes("one line", {1, 2}).keys() == {1}


def test_characters_beyond_the_basic_plane_count_as_two_units() -> None:
    def reference(units: list[int]) -> str:
        return f"{sum(unit * 37 ** (99 - n) for n, unit in enumerate(units[:100])) % 2**64:x}:1"

    assert line_hashes("😀", {1})[1] == reference([0xD83D, 0xDE00, 0xFFFF])


def test_the_log_has_what_github_requires() -> None:
    document = log()
    assert list(document) == ["$schema", "version", "runs"]
    assert document["version"] == "2.1.0"
    assert len(document["runs"]) == 1
    driver = run()["tool"]["driver"]
    assert (driver["name"], bool(driver["semanticVersion"])) == ("dindguard", True)
    assert run()["columnKind"] == "unicodeCodePoints"
    assert run()["automationDetails"]["id"] == "dindguard/"


def test_every_rule_is_described_whether_it_fired_or_not() -> None:
    rules = run(sample(findings=()))["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == sorted((HYGIENE.id, SOCKET.id, TCP.id, *POLICY_RULES))
    for rule in rules:
        for part in ("shortDescription", "fullDescription"):
            assert 0 < len(rule[part]["text"]) <= 1024
        assert rule["help"]["text"]
        assert "## Instead" in rule["help"]["markdown"]
        assert rule["helpUri"].startswith("https://")
        assert rule["properties"]["tags"][0] == "security"
        assert len(rule["properties"]["tags"]) <= 9
        assert rule["properties"]["precision"] in ("very-high", "high", "medium", "low")
        assert rule["defaultConfiguration"]["level"] in ("error", "warning", "note")
    by_id = {rule["id"]: rule for rule in rules}
    assert "external/cwe/cwe-250" in by_id[SOCKET.id]["properties"]["tags"]
    assert by_id[HYGIENE.id]["defaultConfiguration"] == {"enabled": False, "level": "note"}


@pytest.mark.parametrize("severity", Severity)
def test_security_severity_falls_into_githubs_range(severity: Severity) -> None:
    from dindguard.reports.sarif_rules import SECURITY_SEVERITY

    low, high = GITHUB_SEVERITIES.get(severity.word, GITHUB_SEVERITIES["low"])
    assert low < float(SECURITY_SEVERITY[severity]) <= high


def test_what_github_reads_of_a_lowered_finding_is_its_own_severity() -> None:
    from dindguard.records import replace
    from dindguard.reports.sarif_rules import SECURITY_SEVERITY

    given = sample().findings[0]
    lowered = replace(given, severity=Severity.MEDIUM)
    found = run(sample(findings=(given, lowered)))
    rules = found["tool"]["driver"]["rules"]
    first, second = (rules[result["ruleIndex"]] for result in found["results"])
    assert [first["id"], second["id"]] == [SOCKET.id, f"{SOCKET.id}.medium"]
    assert [result["ruleId"] for result in found["results"]] == [first["id"], second["id"]]
    assert first["properties"]["security-severity"] == SECURITY_SEVERITY[Severity.CRITICAL]
    assert second["properties"]["security-severity"] == SECURITY_SEVERITY[Severity.MEDIUM]
    assert second["defaultConfiguration"]["level"] == "warning"
    assert second["help"] == first["help"]
    assert len({rule["id"] for rule in rules}) == len({rule["name"] for rule in rules}) == len(rules)


def test_results() -> None:
    first, second, third = run()["results"]
    assert first["ruleId"] == SOCKET.id
    assert run()["tool"]["driver"]["rules"][first["ruleIndex"]]["id"] == SOCKET.id
    assert [result["level"] for result in (first, second, third)] == ["error", "error", "warning"]
    assert first["message"]["text"] == (
        "Service 'runner' can command the host's engine through /var/run/docker.sock. "
        "See: [read-only does not protect a socket](1), [the path is set here](2)."
    )
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "compose.yaml", "uriBaseId": "%SRCROOT%"}
    assert place["region"] == {
        "startLine": 8, "startColumn": 9, "endLine": 8, "endColumn": 29, "snippet": {"text": "/var/run/docker.sock"},
    }  # fmt: skip
    assert first["locations"][0]["logicalLocations"] == [{"fullyQualifiedName": "services.runner.volumes[0]"}]
    assert [location["id"] for location in first["relatedLocations"]] == [1, 2]
    steps = first["codeFlows"][0]["threadFlows"][0]["locations"]
    assert steps[0]["location"]["message"]["text"] == "service 'runner' commands the host's engine"
    assert second["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "ci/build%20me.sh"


def test_fingerprints() -> None:
    prints = [result["partialFingerprints"] for result in run()["results"]]
    assert all(re.fullmatch(r"[0-9a-f]+:\d+", each["primaryLocationLineHash"]) for each in prints)
    assert len({each["dindguardFinding/v1"] for each in prints}) == 3
    lower = sample()
    moved = Source("compose.yaml", "# a new first line\n" + lower.sources["compose.yaml"].text)
    found = lower.findings[0]
    span = moved.span(moved.text.index("/var/run"), moved.text.index("/var/run") + 20, found.span.route)
    again = finding(SOCKET, span, found.message)
    (result,) = run(sample(findings=(again,), sources={"compose.yaml": moved}))["results"]
    assert result["partialFingerprints"] == prints[0]


def test_a_clean_run_has_results_and_succeeds() -> None:
    clean = run(sample(findings=(), notices=()))
    assert clean["results"] == []
    assert clean["invocations"] == [{"executionSuccessful": True}]


def test_what_could_not_be_read_is_a_notification() -> None:
    (invocation,) = run()["invocations"]
    assert invocation["executionSuccessful"] is False
    first, second = invocation["toolExecutionNotifications"]
    assert first["descriptor"] == {"id": "unreadable"}
    assert first["level"] == "error"
    assert first["message"]["text"] == "not valid YAML: the list is not closed (close the list)"
    assert first["locations"][0]["physicalLocation"]["region"]["startLine"] == 2
    assert second["level"] == "note"


def test_silenced_findings_are_left_out_unless_asked_for() -> None:
    assert HYGIENE.id not in {result["ruleId"] for result in run()["results"]}
    results = run(silenced=True)["results"]
    assert [result["suppressions"] for result in results][:3] == [[], [], []]
    assert results[3]["suppressions"] == [{"kind": "external", "justification": "waived: until autumn"}]


def test_an_allow_is_a_suppression_in_the_source() -> None:
    from dindguard.records import replace

    silenced = sample().findings[2]
    allowed = replace(silenced, subjects=(replace(silenced.subjects[0], status=Status.ALLOWED),))
    (result,) = run(sample(findings=(allowed,)), silenced=True)["results"]
    assert result["suppressions"][0]["kind"] == "inSource"


def test_regions_are_positive_and_of_one_line_whatever_the_span() -> None:
    source = Source("a.yaml", "a:\n  - b\n\n")
    spans = [
        Span("a.yaml", *numbers) for numbers in [(1, 1, 3, 1), (2, 5, 2, 5), (3, 1, 3, 1), (9, 9, 9, 9), (1, 3, 1, 3)]
    ]
    spans.append(Span("gone.yaml", 4, 2, 6, 1))
    findings = tuple(finding(SOCKET, span, f"number {n}") for n, span in enumerate(spans))
    for result in run(sample(findings=findings, sources={"a.yaml": source}))["results"]:
        region = result["locations"][0]["physicalLocation"]["region"]
        assert min(region[key] for key in ("startLine", "startColumn", "endLine", "endColumn")) >= 1
        assert region["startLine"] == region["endLine"]
        assert region["endColumn"] > region["startColumn"]


@pytest.mark.parametrize("path", ["a b/ü:#?%.yaml", "日本/[x]{y}.yml", "back\\slash\nline", "~tilde/-._"])
def test_paths_become_relative_uris(path: str) -> None:
    source = Source(path, "a: b\n")
    (result,) = run(sample(findings=(finding(SOCKET, source.span(0, 1), "x"),), sources={path: source}))["results"]
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert unquote(uri) == path
    assert re.fullmatch(r"[A-Za-z0-9._~/%-]+", uri)


def test_a_file_name_that_is_no_unicode_keeps_its_bytes() -> None:
    path = b"caf\xe9.yaml".decode("utf-8", "surrogateescape")
    (result,) = run(sample(findings=(finding(SOCKET, Span(path, 1, 1, 1, 2), "x"),)))["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "caf%E9.yaml"


def test_text_of_files_makes_no_link() -> None:
    span = sample().findings[0].span
    found = finding(
        SOCKET, span, "see [here](1) and [x]", related=(Step("because of a[0](2)", Span("b", 1, 1, 1, 2)),)
    )
    (result,) = run(sample(findings=(found,)))["results"]
    assert result["message"]["text"] == "See \\[here\\](1) and \\[x\\]. See: [because of a\\[0\\](2)](1)."


def test_more_than_github_keeps_is_cut_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_RESULTS", 2)
    cut = run()
    assert [result["level"] for result in cut["results"]] == ["error", "error"]
    last = cut["invocations"][0]["toolExecutionNotifications"][-1]
    assert last["message"]["text"].startswith("1 finding ")
    assert last["level"] == "warning"


def test_related_places_are_bounded() -> None:
    steps = tuple(Step(f"step {n}", Span("b", n, 1, n, 2)) for n in range(1, 2000))
    found = finding(SOCKET, sample().findings[0].span, "x", related=steps, path=steps)
    (result,) = run(sample(findings=(found,)))["results"]
    assert len(result["relatedLocations"]) == 100
    assert len(result["codeFlows"][0]["threadFlows"][0]["locations"]) == 1000


def test_rules_of_findings_are_described_even_when_policy_brought_them() -> None:
    found = run(sample(rules=()))
    assert {rule["id"] for rule in found["tool"]["driver"]["rules"]} == {
        SOCKET.id, TCP.id, f"{TCP.id}.medium", *POLICY_RULES,
    }  # fmt: skip


def test_a_crashed_rule_has_no_place() -> None:
    notice = Notice("rule-crashed", "it failed", Span("", 1, 1, 1, 1), Gravity.ERROR)
    (notification,) = run(sample(notices=(notice,)))["invocations"][0]["toolExecutionNotifications"]
    assert "locations" not in notification
