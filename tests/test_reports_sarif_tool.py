"""SARIF: what the log says of the tool, its packs, the catalogues it refers to, and the repository it scanned."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from dindguard import __version__, installation
from dindguard.cli.known_rules import every
from dindguard.installation import Home
from dindguard.records import replace
from dindguard.reports import Options, render, sarif_rules, taxonomies
from dindguard.reports.provenance import Provenance, provenance
from dindguard.rules import Severity
from dindguard.scanning import Options as ScanOptions
from dindguard.scanning import scan
from reporting import HYGIENE, SOCKET, finding, rule, sample

ROOT = Path(__file__).parent.parent
MULTITOOL = ROOT / "tests/oracles/node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def run(report: object = None) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(render("sarif", report or sample(), Options()))["runs"][0]  # type: ignore[arg-type]
    return found


@pytest.fixture
def at_home(monkeypatch: pytest.MonkeyPatch) -> Home:
    known = Home("https://git.example.org/team/dindguard", "v0.1.0")
    monkeypatch.setattr(sarif_rules, "home", lambda: known)
    return known


def test_the_tool_says_who_it_is(at_home: Home) -> None:
    driver = run()["tool"]["driver"]
    assert driver["organization"] == "dindguard"
    assert driver["version"] == driver["semanticVersion"] == __version__
    assert driver["informationUri"] == at_home.address
    assert len(driver["properties"]["factsAsOf"].split("-")) == 3


def test_help_is_the_rules_own_page_where_it_is_known_where_that_is(at_home: Home) -> None:
    lowered = replace(sample().findings[0], severity=Severity.LOW)
    rules = {each["id"]: each for each in run(sample(findings=(lowered,)))["tool"]["driver"]["rules"]}
    page = f"{at_home.address}/blob/v0.1.0/docs/rules/{SOCKET.id}.md"
    assert rules[SOCKET.id]["helpUri"] == rules[f"{SOCKET.id}.low"]["helpUri"] == page


def test_without_a_known_home_help_is_the_first_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif_rules, "home", lambda: None)
    driver = run()["tool"]["driver"]
    assert driver["informationUri"] == f"pkg:generic/dindguard@{__version__}"
    (socket,) = (each for each in driver["rules"] if each["id"] == SOCKET.id)
    assert socket["helpUri"] == "https://docs.docker.com/engine/security/#docker-daemon-attack-surface"


@pytest.mark.parametrize(
    ("text", "page"),
    [
        ("https://git.example.org/team/dindguard@v1", "https://git.example.org/team/dindguard/blob/v1/README.md"),
        ("https://git.example.org:8443/a/b/c@main", "https://git.example.org:8443/a/b/c/blob/main/README.md"),
        ("https://git.example.org/@v1", None),
        ("javascript:alert(1)@v1", None),
        ("https://user:secret@git.example.org/a/b@v1", None),
        ("", None),
    ],
)
def test_the_address_that_the_action_gives(text: str, page: str | None) -> None:
    known = installation._named(text)
    assert (known.page("README.md") if known else None) == page


def test_a_packs_rules_are_an_extension() -> None:
    theirs = rule("acme/no-sockets", Severity.HIGH, SOCKET.page)
    first, second = sample().findings[:2]
    found = run(
        sample(
            rules=(SOCKET, theirs),
            findings=(
                first,
                finding(theirs, second.span, "one of theirs"),
                finding(theirs, first.span, "lowered", severity=Severity.LOW),
            ),
        )
    )
    (extension,) = found["tool"]["extensions"]
    assert extension["name"] == "acme"
    assert [each["id"] for each in extension["rules"]] == ["acme/no-sockets", "acme/no-sockets.low"]
    assert all("/" not in each["id"] for each in found["tool"]["driver"]["rules"])
    ours, high, low = found["results"]
    assert "rule" not in ours
    for result, index in ((high, 0), (low, 1)):
        assert result["rule"] == {"index": index, "toolComponent": {"index": 0}}
        assert extension["rules"][index]["id"] == result["ruleId"]


def test_pages_name_their_weakness_technique_and_recommendation() -> None:
    given = rule("sample", Severity.LOW, "T.\n\n## References\n- CIS Docker Benchmark 1.6, 5.4 and 5.22; "
                 "CIS Kubernetes Benchmark 5.2.2; MITRE ATT&CK T1611, T1552.001\n", cwe=250)  # fmt: skip
    assert [(of.name, name) for of, name in taxonomies.entries(given)] == [
        ("CWE", "250"),
        ("MITRE ATT&CK", "T1611"),
        ("MITRE ATT&CK", "T1552.001"),
        ("CIS Docker Benchmark", "5.4"),
        ("CIS Docker Benchmark", "5.22"),
        ("CIS Kubernetes Benchmark", "5.2.2"),
    ]
    assert taxonomies.ATTACK.address("T1552.001") == "https://attack.mitre.org/techniques/T1552/001/"


def test_every_technique_and_recommendation_on_our_pages_is_found_and_named() -> None:
    for each in every():
        text, found = each.section("References"), taxonomies.entries(each)
        assert text.count("ATT&CK") <= sum(of is taxonomies.ATTACK for of, _ in found), each.id
        assert text.count("CIS ") <= sum("CIS" in of.name for of, _ in found), each.id
        assert all((of, name) in taxonomies.NAMES for of, name in found if of is taxonomies.ATTACK), each.id


def test_catalogues_hold_what_rules_refer_to() -> None:
    found = run(scan(ScanOptions(paths=(ROOT / "fixtures/privileged-engine",), root=ROOT, untrusted=True)))
    held = {(each["name"], taxon["id"]) for each in found["taxonomies"] for taxon in each["taxa"]}
    assert {each["name"] for each in found["taxonomies"]} == {each.name for each in taxonomies.TAXONOMIES}
    assert {each["name"] for each in found["tool"]["driver"]["supportedTaxonomies"]} == {name for name, _ in held}
    for each in found["tool"]["driver"]["rules"]:
        for relation in each.get("relationships", ()):
            assert (relation["target"]["toolComponent"]["name"], relation["target"]["id"]) in held
        assert len(each["properties"]["tags"]) <= 9


def test_every_critical_finding_has_a_code_flow_that_ends_where_it_stands() -> None:
    given = replace(sample().findings[0], path=())
    (result,) = run(sample(findings=(given,)))["results"]
    (flow,) = result["codeFlows"]
    steps = [each["location"] for each in flow["threadFlows"][0]["locations"]]
    assert steps[-1]["physicalLocation"] == result["locations"][0]["physicalLocation"]
    assert [each["message"]["text"] for each in steps[1:-1]] == [step.what for step in given.related]
    minor = replace(given, severity=Severity.HIGH)
    assert "codeFlows" not in run(sample(findings=(minor,)))["results"][0]


def repository(folder: Path, url: str) -> Path:
    git = folder / ".git"
    git.mkdir()
    (git / "config").write_text(f'[core]\n\tbare = false\n[remote "origin"]\n\turl = {url}\n\tfetch = +refs/*\n')
    (git / "HEAD").write_text("ref: refs/heads/main\n")
    return folder


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://git.example.org/team/app.git", "https://git.example.org/team/app"),
        ("https://ci:s3cr3t@git.example.org:8443/team/app", "https://git.example.org:8443/team/app"),
        ("git@git.example.org:team/app.git", "https://git.example.org/team/app"),
        ("ssh://git@git.example.org:2222/team/app.git", "https://git.example.org/team/app"),
        ("/srv/git/app.git", None),
        ("file:///srv/git/app.git", None),
        ("ext::sh -c evil", None),
    ],
)
def test_the_scanned_repository_is_named_without_credentials(tmp_path: Path, url: str, address: str | None) -> None:
    found = provenance(str(repository(tmp_path, url)), COMMIT)
    assert found == (Provenance(address, COMMIT, "main") if address else None)


def test_a_git_folder_elsewhere_is_not_followed(tmp_path: Path) -> None:
    real = repository(tmp_path, "https://git.example.org/team/app")
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / ".git").write_text(f"gitdir: {real}/.git\n")
    assert provenance(str(tree), COMMIT) is None
    (tree / ".git").unlink()
    (tree / ".git").symlink_to(real / ".git")
    assert provenance(str(tree), COMMIT) is None


def test_provenance_is_in_the_log(tmp_path: Path) -> None:
    root = repository(tmp_path, "https://git.example.org/team/app")
    assert run(sample(root=str(root), commit=COMMIT))["versionControlProvenance"] == [
        {
            "repositoryUri": "https://git.example.org/team/app",
            "revisionId": COMMIT,
            "branch": "main",
            "mappedTo": {"uriBaseId": "%SRCROOT%"},
        }
    ]


@pytest.mark.oracle
@pytest.mark.skipif(not MULTITOOL.exists(), reason="the SARIF validator is missing: npm ci --prefix tests/oracles")
def test_microsofts_validator_has_neither_error_nor_warning(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "fixtures", tmp_path / "fixtures")
    repository(tmp_path, "https://git.example.org/team/app")
    theirs = rule("acme/no-sockets", Severity.HIGH, SOCKET.page)
    given = scan(ScanOptions(paths=(tmp_path,), root=tmp_path, untrusted=True))
    given = replace(given, findings=(*given.findings, finding(theirs, given.findings[0].span, "one of theirs")))
    for name, report, silenced in (("fixtures", given, False), ("sample", sample(rules=(SOCKET, HYGIENE)), True)):
        log, verdict = tmp_path / f"{name}.sarif", tmp_path / f"{name}-verdict.sarif"
        log.write_text(render("sarif", report, Options(silenced=silenced)))
        subprocess.run(
            [MULTITOOL, "validate", log, "--rule-kind", "Sarif;Ghas", "--level", "Error;Warning",
             "--output", verdict, "--log", "ForceOverwrite"],
            check=False, capture_output=True,
        )  # fmt: skip
        said = [each["message"]["id"] for each in json.loads(verdict.read_text("utf-8-sig"))["runs"][0]["results"]]
        # A pack's result has "rule" for its component, and "ruleId" for whoever knows nothing else: its own text
        # says that this does not apply then.
        assert said == ["Warning_AvoidDuplicativeResultRuleInformation"] * (name == "fixtures")
