"""Rules that are expressions: what they find, what nobody knows, and what their authors are told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner

from dindguard import Options, scan
from dindguard.cli import cli
from dindguard.errors import UserError
from dindguard.report import Report

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "docs/example/rules/organisation.yaml"

pytest.importorskip("cel_expr_python", reason="the extra 'rules' is not installed")


def rule(when: str, each: str = "container", **more: str) -> str:
    lines = [f"    {key}: {value}" for key, value in {"message": f'"{{{each}}} is wrong"', **more}.items()]
    return "\n".join(["rules:", "  - id: acme-it", f"    each: {each}", "    when: |", f"      {when}", *lines, ""])


def scanned(folder: Path, rules: str, service: str = "", **files: str) -> Report:
    (folder / ".git").mkdir(exist_ok=True)
    (folder / ".dindguard.yaml").write_text(rules, "utf-8")
    (folder / "compose.yaml").write_text(f"services:\n  a:\n    image: x:1\n{service}", "utf-8")
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text, "utf-8")
    return scan(Options(paths=folder, root=folder, select=("acme-it",)))


def said(report: Report) -> str:
    """One word for what a report says of the rule: finding, undecided, failed, or nothing."""
    kinds = [notice.kind for notice in report.notices if notice.kind in ("undecided", "rule-failed", "rule-crashed")]
    return "finding" if report.findings else kinds[0] if kinds else "nothing"


# -- what is found -----------------------------------------------------------------------------------------------


def test_the_examples_of_the_docs_hold() -> None:
    done = CliRunner().invoke(cli, ["rules", "test", str(EXAMPLES)])
    assert done.exit_code == 0, done.output
    assert done.output.count("ok ") == 40
    formats = {line.split("/")[-1].split(":")[0].split(".", 1)[1] for line in done.output.splitlines()}
    assert len(formats) >= 6


def test_the_docs_show_rules_that_load(tmp_path: Path) -> None:
    page = (ROOT / "docs/rules-without-code.md").read_text("utf-8")
    shown = page.split("```yaml\n")[1].split("```")[0]
    (tmp_path / "rules.yaml").write_text(shown, "utf-8")
    report = scan(Options(paths=tmp_path, root=tmp_path, rule_files=(tmp_path / "rules.yaml",)))
    assert "acme-privileged-registry" in {each.id for each in report.rules}
    for line in page.split("```cel\n")[1].split("```")[0].splitlines():
        each = next(word for word in ("container", "engine", "invocation") if word in line)
        scanned(tmp_path, rule(line, each))


def test_a_finding_is_like_any_other(tmp_path: Path) -> None:
    rules = rule("container.privileged", severity="critical", at="container.privileged", instead="take it out")
    (finding,) = scanned(tmp_path, rules, "    privileged: true\n").findings
    assert (finding.message, str(finding.span), finding.severity.word) == (
        "service 'a' is wrong", "compose.yaml:4:17", "critical"
    )  # fmt: skip
    runner = CliRunner()
    done = runner.invoke(cli, ["scan", "-f", "sarif", "--select", "acme-it", str(tmp_path)])
    assert done.exit_code == 1
    sarif = json.loads(done.output)["runs"][0]
    (described,) = [each for each in sarif["tool"]["driver"]["rules"] if each["id"] == "acme-it"]
    assert "container.privileged" in described["help"]["markdown"]
    assert "docs/rules/" not in described["helpUri"]
    (tmp_path / "compose.yaml").write_text(
        "services:\n  a:\n    image: x:1\n    # dindguard: allow[acme-it] it is meant so\n    privileged: true\n",
        "utf-8",
    )
    assert runner.invoke(cli, ["scan", "--select", "acme-it", str(tmp_path)]).exit_code == 0


@pytest.mark.parametrize(
    ("when", "service", "place"),
    [
        ("container.privileged", "    privileged: true\n", "4:17"),
        ("container.name != '' && container.privileged", "    privileged: true\n", "4:17"),
        ("container.image.tag == '1'", "", "3:12"),
        ("container.mounts.size() == 1", "    volumes:\n      - /a:/b\n", "5:9"),
        ("container.mounts.size() == 2", "    volumes: ['/a:/b', '/c:/d']\n", "2:3"),
        ("!container.privileged", "", "2:3"),
    ],
)
def test_it_points_at_the_first_attribute_that_stands_somewhere(
    tmp_path: Path, when: str, service: str, place: str
) -> None:
    (finding,) = scanned(tmp_path, rule(when), service).findings
    assert str(finding.span) == f"compose.yaml:{place}"


# -- three answers -----------------------------------------------------------------------------------------------

UNKNOWN = "container.privileged"
YES, NO = "container.name == 'a'", "container.name == 'b'"


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        (UNKNOWN, "undecided"),
        (f"!{UNKNOWN}", "undecided"),
        (f"{UNKNOWN} && {YES}", "undecided"),
        (f"{UNKNOWN} && {NO}", "nothing"),
        (f"{NO} && {UNKNOWN}", "nothing"),
        (f"{UNKNOWN} || {YES}", "finding"),
        (f"{YES} || {UNKNOWN}", "finding"),
        (f"{UNKNOWN} || {NO}", "undecided"),
        (f"{UNKNOWN} ? {YES} : {NO}", "undecided"),
        (f"{UNKNOWN} && {UNKNOWN}", "undecided"),
        ("has(container.hostname)", "finding"),  # it is written, whatever it says
        ("container.hostname == 'x'", "undecided"),
        ("has(container.runtime)", "nothing"),
        ("container.runtime == null", "finding"),
        ("container.environment['A'].value == 'x'", "undecided"),
        ("'A' in container.environment", "finding"),
        ("'B' in container.environment", "nothing"),
        ("has(container.environment.A)", "finding"),
        ("has(container.environment.B)", "nothing"),
        ("container.environment.A.value == 'x'", "undecided"),
        ("container.environment.C.value == 'known'", "finding"),
        ("container.environment['A'].value == 'x' || 'A' in container.environment", "finding"),
        ("[container].exists(c, c.privileged)", "undecided"),
        (f"[true, false].exists(b, b) || {UNKNOWN}", "finding"),
        ("container.mounts.exists(m, m.source == '/x')", "undecided"),
        ("container.mounts.exists(m, m.target == '/y')", "finding"),
    ],
)
def test_unknown_is_a_third_answer(tmp_path: Path, when: str, expected: str) -> None:
    lines = (
        "privileged: ${P}",
        "hostname: ${H}",
        "environment: {A: '${E}', C: known}",
        "volumes: ['${V}:/x', '/y:/y']",
    )
    unknown = "".join(f"    {line}\n" for line in lines)
    assert said(scanned(tmp_path, rule(when), unknown)) == expected


def test_what_nobody_knows_is_named(tmp_path: Path) -> None:
    report = scanned(tmp_path, rule("container.privileged"), "    privileged: ${PRIV}\n")
    (note,) = [each for each in report.notices if each.kind == "undecided"]
    assert (note.message, str(note.span)) == (
        "acme-it could not decide: PRIV is not known here", "compose.yaml:4:17"
    )  # fmt: skip


# -- what the author is told -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("when", "place", "words"),
    [
        (
            "container.privilegd",
            "5:17",
            "there is no attribute 'privilegd' in Container (did you mean 'privileged'?)",
        ),
        ("contaner.privileged", "5:7", "there is no 'contaner.privileged' here; the object is called 'container'"),
        ("container.privileged && 1 + 'z' == 2", "5:33", "found no matching overload for '_+_'"),
        ("container.name", "5:7", "says a text, and must say yes or no"),
        ("container.name ==", "", "syntax error"),
        ("container == container.built_from", "5:17", "objects cannot be compared: compare their addresses"),
        ("container.mounts.exists(m, m.hostpath == '/')", "5:36", "there is no attribute 'hostpath' in Mount"),
        (f"container.name == '{'x' * 1_000_000}'", "5:7", "exceeds"),
        (f"container.name == '{'x' * 10_000_000}'", "", "larger than the limit"),
    ],
)
def test_a_faulty_expression_is_told_when_it_is_loaded(tmp_path: Path, when: str, place: str, words: str) -> None:
    with pytest.raises(UserError) as told:
        scanned(tmp_path, rule(when))
    message = str(told.value)
    assert message.startswith(f".dindguard.yaml:{place}".rstrip(":"))
    assert words in message
    assert len(message) < 400
    assert "\n" not in message


TEN = "[1,2,3,4,5,6,7,8,9,0]"
ENDLESS = f"{TEN}.all(a,{TEN}.all(b,{TEN}.all(c,{TEN}.all(d,{TEN}.all(e,a+b+c+d+e>=0)))))"


@pytest.mark.parametrize(
    ("when", "words"),
    [
        ("container.ports.size() / 0 == 1", "divide by zero"),
        ("container.build.target == 'x'", "it asks for an attribute of something that is absent"),
        ("container.hostname.startsWith('x')", "null_type"),
        ("container.environment['NO'].value == 'x'", "there is no 'NO' in the map"),
        ("container.name.matches('(')", "invalid regular expression"),
        (ENDLESS, "it goes through too many items"),
    ],
)
def test_a_mistake_of_the_rules_own_is_told_with_its_place(tmp_path: Path, when: str, words: str) -> None:
    report = scanned(tmp_path, rule(f"true && {when}"))
    (notice,) = [each for each in report.notices if each.kind == "rule-failed"]
    assert words in notice.message
    assert notice.remedy.endswith("fix the rule at .dindguard.yaml:5:7")
    assert report.incomplete


def test_backtracking_is_not_possible(tmp_path: Path) -> None:
    name = "a" * 5_000
    report = scanned(tmp_path, rule("container.hostname.matches('^(a+)+$')"), f"    hostname: {name}!\n")
    assert said(report) == "nothing"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("rules: {}\n", "'rules' must be a list"),
        ("rules: [x]\n", "a rule must be a mapping"),
        ("rules: [{id: acme-it}]\n", "a rule needs 'when'"),
        ("rules: [{id: Acme, when: 'true', message: m, each: container}]\n", "small letters, digits and hyphens"),
        ("rules: [{id: a-b, when: 'true', message: m, each: pod}]\n", "'each: pod' is none of container"),
        (
            "rules: [{id: a-b, when: 'true', message: m, each: container, sverity: high}]\n",
            "did you mean 'severity'?",
        ),
        ("rules: [{id: privileged-engine, when: 'true', message: m, each: container}]\n", "there is a rule"),
        ("rules: [{id: a-b, when: 'true', message: '{container.nam}', each: container}]\n", "no attribute 'nam'"),
        ("rules: [{id: a-b, when: 'true', message: 'a } brace', each: container}]\n", "a brace alone"),
        ("rules: [{id: a-b, when: 'true', message: m, each: container, at: container.x.y}]\n", "no attribute 'x'"),
        ("rules: [{id: a-b, when: true, message: m, each: container}]\n", "write 'true' in quotes"),
    ],
)
def test_a_faulty_rule_is_one_clear_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(UserError, match=r"^\.dindguard\.yaml:1:\d+: ") as told:
        scanned(tmp_path, text)
    assert words in str(told.value)


# -- where rules come from ---------------------------------------------------------------------------------------


def test_untrusted_leaves_out_the_trees_own(tmp_path: Path) -> None:
    scanned(tmp_path, rule("true"))
    own = scan(Options(paths=tmp_path, root=tmp_path, untrusted=True))
    assert "acme-it" not in {each.id for each in own.rules}
    given = scan(Options(paths=tmp_path, root=tmp_path, untrusted=True, rule_files=(tmp_path / ".dindguard.yaml",)))
    assert "acme-it" in {each.rule.id for each in given.findings}


def test_nothing_is_ruled_out_that_such_a_rule_could_speak_of(tmp_path: Path) -> None:
    report = scanned(tmp_path, rule("container.image.registry == 'docker.io'"))  # no word of ours in that file
    assert said(report) == "finding"


def test_a_folder_cannot_bring_rules(tmp_path: Path) -> None:
    below = tmp_path / "below"
    below.mkdir()
    (below / ".dindguard.yaml").write_text(rule("true"), "utf-8")
    (below / "compose.yaml").write_text("services: {b: {image: docker:29-dind}}\n", "utf-8")
    report = scanned(tmp_path, rule("false"))
    assert any("'rules' is not obeyed in a folder" in each.message for each in report.notices)


def test_a_scan_without_such_rules_imports_nothing_of_it(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text("services: {a: {image: docker:29-dind, privileged: true}}\n", "utf-8")
    code = (
        "import sys; from dindguard import Options, scan; scan(Options(paths='.'));"
        "print([name for name in sys.modules"
        " if name.startswith('dindguard.expressions') or 'cel' in name.split('_') or 'google' in name])"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, check=True, capture_output=True, text=True
    )
    assert done.stdout.strip() == "[]"


def test_the_library_is_named_when_it_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dindguard.expressions import language

    language._library.cache_clear()
    language._checking.cache_clear()
    language._running.cache_clear()
    monkeypatch.setitem(sys.modules, "cel_expr_python", None)
    with pytest.raises(UserError, match=r"pip install 'dindguard\[rules\]'"):
        scanned(tmp_path, rule("true"))
    language._library.cache_clear()


def test_a_change_that_asks_less_weakens(tmp_path: Path) -> None:
    from dindguard.policy.weakening import _declared

    def config(text: str) -> object:
        from dindguard.policy.config_text import parsed

        return parsed(text, ".dindguard.yaml")

    old = config(rule("container.privileged", severity="high"))
    for new, words in (
        ("profile: all\n", "there is no such rule any more"),
        (rule("container.privileged && false", severity="high"), "asks something else"),
        (rule("container.privileged", severity="low"), "is low, no more high"),
    ):
        ((what, _),) = _declared(old, config(new))  # type: ignore[arg-type]
        assert words in what
    assert not list(_declared(old, config(rule("container.privileged", severity="critical", title="Other words"))))  # type: ignore[arg-type]


# -- the commands ------------------------------------------------------------------------------------------------


def test_explain_and_rules_know_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scanned(tmp_path, rule("true", title="It is so", instead="do the other thing"))
    monkeypatch.chdir(tmp_path)
    runner = CliRunner()
    page = runner.invoke(cli, ["explain", "acme-it"]).output
    assert "It is so." in page
    assert "Do the other thing." in page
    assert "acme-it" in runner.invoke(cli, ["rules"]).output
    monkeypatch.chdir(tmp_path / ".git")
    (tmp_path / ".dindguard.yaml").write_text("rules: 3\n", "utf-8")
    assert runner.invoke(cli, ["explain", "privileged-engine"]).exit_code == 0


def test_the_test_of_rules_says_what_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(rule("container.privileged", bad="[a.compose.yaml, no.yaml]", good="[b.compose.yaml]"), "utf-8")
    (tmp_path / "a.compose.yaml").write_text("services: {a: {image: x}}\n", "utf-8")
    (tmp_path / "b.compose.yaml").write_text("services: {a: {image: x, privileged: true}}\n", "utf-8")
    done = CliRunner().invoke(cli, ["rules", "test", str(file)])
    assert done.exit_code == 1
    assert done.output.splitlines() == [
        "WRONG acme-it  a.compose.yaml: no finding",
        "WRONG acme-it  no.yaml: there is no such file",
        "WRONG acme-it  b.compose.yaml: a finding",
    ]


def test_the_schema_takes_what_is_read() -> None:
    import yaml

    schema = json.loads((ROOT / "src/dindguard/schemas/config.schema.json").read_text("utf-8"))
    jsonschema.validate(yaml.safe_load(EXAMPLES.read_text("utf-8")), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"rules": [{"id": "A", "each": "pod", "when": "", "message": "m"}]}, schema)
