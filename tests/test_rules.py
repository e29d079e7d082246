"""Every rule against its fixtures: the lines it must blame, and the near misses it must not."""

from __future__ import annotations

import re

import pytest

from dindguard.source import Gravity
from fixture_files import FIXTURES, RULES, Fixture, fixtures

HEADINGS = ("Why it matters", "Instead", "When it is fine", "References")
FORMAT_WORDS = re.compile(r"compose|kubernetes|gitlab|github|dockerfile|yaml", re.IGNORECASE)


@pytest.mark.parametrize("fixture", fixtures(), ids=lambda fixture: fixture.id)
def test_a_fixture_gives_exactly_what_it_expects(fixture: Fixture) -> None:
    report = fixture.scan(select=(fixture.rule,))
    found = {(finding.span.path, finding.span.line, finding.rule.id) for finding in report.findings}
    expected = fixture.expected()
    assert found == expected, "\n".join(f"{f.span}: {f.message}" for f in report.findings)
    assert bool(expected) == fixture.bad, "a bad fixture needs an `expect:` marker, a good one must have none"
    errors = [notice for notice in report.notices if notice.gravity is Gravity.ERROR]
    assert not errors, errors


@pytest.mark.parametrize("rule", RULES)
def test_fixtures_state_severity_where_it_varies(rule: str) -> None:
    """What a rule grades, and what a sandbox contains, is written beside the line that it is said of."""
    given, stated = set(), set()
    for fixture in fixtures():
        if fixture.rule != rule or not fixture.bad:
            continue
        findings = fixture.scan(select=(rule,)).findings
        found = {(each.span.path, each.span.line, each.rule.id, str(each.severity)) for each in findings}
        wrong = fixture.severities() - found
        assert not wrong, f"{fixture.id} states {sorted(wrong)}"
        given |= {each[3] for each in found}
        stated |= {each[3] for each in fixture.severities()}
    assert len(given) < 2 or given == stated, f"no marker states {sorted(given - stated)}: expect: {rule} (SEVERITY)"


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_a_rule_is_complete(rule) -> None:
    own = [fixture for fixture in fixtures() if fixture.rule == rule.id]
    assert any(fixture.bad for fixture in own), "no bad fixture"
    assert any(not fixture.bad for fixture in own), "no near miss (good*)"
    kinds = {kind_of(fixture) for fixture in own if fixture.bad}
    assert len(kinds) >= 2 or rule.formats, f"bad fixtures in one format only ({kinds}), and no reason in formats="
    assert rule.check.__module__ == f"dindguard_rules.{rule.id.replace('-', '_')}"
    for heading in HEADINGS:
        assert rule.section(heading), f"the page lacks '## {heading}'"
    assert "https://" in rule.section("References")
    assert len(rule.advice) > 10, "'## Instead' opens with a sentence, before any code"
    assert not rule.advice.endswith((" or", " and", ",")), f"the advice breaks off: {rule.advice}"
    assert "```" in rule.section("Instead"), "'## Instead' shows what to write"
    assert 10 < len(rule.title) <= 90
    assert re.fullmatch(r"\d+\.\d+\.\d+", rule.since)


def kind_of(fixture: Fixture) -> str:
    """Return which format a fixture is of, by the names that fixtures use."""
    names = " ".join(path.relative_to(FIXTURES).as_posix() for path in fixture.files).lower()
    for kind in (
        "gitlab-ci", ".github", "github", "compose", "kubernetes", "dockerfile", "daemon.json", ".sh", "makefile",
        "config.toml", "devcontainer", "jenkins", "nomad", ".tf", ".service", "quadlet", "helm", "ansible",
    ):  # fmt: skip
        if kind in names:
            return kind.strip(".")
    return "kubernetes" if "kustom" in names else fixture.path.suffix


def test_fixture_folders_belong_to_rules() -> None:
    folders = {path.name for path in FIXTURES.iterdir() if path.is_dir() and not path.name.startswith("_")}
    assert folders <= set(RULES), f"no such rule: {sorted(folders - set(RULES))}"


def test_messages_are_sentences_without_advice() -> None:
    for fixture in fixtures():
        if not fixture.bad:
            continue
        for finding in fixture.scan(select=(fixture.rule,)).findings:
            assert not finding.message.endswith("."), finding.message
            assert "should" not in finding.message, finding.message
            assert len(finding.message) < 400, finding.message


def test_rules_know_no_format() -> None:
    """A rule's code (not its page) names no format and slices no text."""
    import ast
    from pathlib import Path

    import dindguard_rules

    for path in sorted(Path(dindguard_rules.__path__[0]).glob("[a-z]*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        imported = {
            node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module is not None
        }
        assert imported <= {"dindguard.api", "collections.abc", "__future__"}, (path.name, imported)
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        assert "re" not in names, path.name
        reasons = {
            id(inner)
            for node in ast.walk(tree)
            if isinstance(node, ast.keyword) and node.arg == "formats"
            for inner in ast.walk(node)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and "\n" not in node.value:
                assert id(node) in reasons or not FORMAT_WORDS.search(node.value), (path.name, node.value)
