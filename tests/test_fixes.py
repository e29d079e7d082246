"""Fixes: every one of every unsafe fixture is applied to a copy, and what comes out is looked at by others."""

from __future__ import annotations

import difflib
import json
import random
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import dockerfile
import jsonschema
import pytest
import yaml
from click.testing import CliRunner, Result

import compose_oracle
import dindguard
from dindguard import budget
from dindguard.cli import cli
from dindguard.errors import UserError
from dindguard.fixes import mending
from dindguard.fixes.diff import unified
from dindguard.fixes.mending import Mended, mend
from dindguard.fixes.planning import Planned, Together
from dindguard.fixes.splices import Splice, overlap
from dindguard.fixes.writing import write
from dindguard.formats.recognition import formats_in
from dindguard.records import replace
from dindguard.scanning import Options, Report, scan
from dindguard.source import Source
from fixture_files import RULES, Fixture, fixtures

SCHEMAS = Path(dindguard.__file__).parent / "schemas"
FIXABLE = [each for each in fixtures() if each.bad and RULES[each.rule].fixes]

OUR_FAULT = (
    "more would change",
    "its own changes overlap",
    "a scan of the result still shows",
    "it would bring",
    "the result cannot be read",
    "the rule's fix failed",
)
"""Beginnings of reasons that tell of a fix that was planned and is wrong; all others tell of a place that is left alone."""

BESIDE_OTHERS = {
    "near-privileged/bad-parts.compose.yaml",
    "privileged-container/bad-debug.sh",
    "privileged-container/bad-parts.compose.yaml",
    "privileged-engine/bad-parts.compose.yaml",
    "privileged-engine/bad-read-only.compose.yaml",
    "privileged-engine/bad-ways.compose.yaml",
    "shared-mount-propagation/bad.pod.yaml",
}
"""Fixtures with a danger that is told, or as grave as it is, only when the other one is gone: a fix that would bring it to
light is refused."""


def options(fixture: Fixture, copy: Path) -> Options:
    root = copy.parent if copy.is_file() else copy
    return Options(paths=(copy,), root=root, untrusted=not (root / ".dindguard.yaml").exists())


@pytest.fixture
def copy(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Fixture, Path]:
    fixture: Fixture = request.param
    target = tmp_path / fixture.path.name
    if fixture.path.is_dir():
        shutil.copytree(fixture.path, target, symlinks=True)
    else:
        shutil.copy(fixture.path, target)
    return fixture, target


@pytest.mark.parametrize("copy", FIXABLE, ids=lambda each: each.id, indirect=True)
def test_a_fix_ends_its_finding_and_moves_nothing_else(copy: tuple[Fixture, Path]) -> None:
    fixture, path = copy
    asked = options(fixture, path)
    mended = mend(asked, unsafe=True, select=(fixture.rule,))
    for each in mended.refused:
        if fixture.id in BESIDE_OTHERS and each.why.startswith("it would bring"):
            continue
        assert not each.why.startswith(OUR_FAULT), f"{fixture.id}:{each.finding.span.line}: {each.why}"
    for name, text in mended.texts.items():
        keeps_what_it_does_not_mean(mended, name)
        reads_as_before(path.parent if path.is_file() else path, name, mended.old[name], text)
    write(mended)
    again = mend(asked, unsafe=True, select=(fixture.rule,))
    assert not again.made
    assert not again.texts
    nothing_new(mended, scan(asked))


def nothing_new(mended: Mended, after: Report) -> None:
    """A scan of what was written shows none of the mended findings, and none that was not there."""
    brought = {name for plan in mended.made for name in plan.fixer.brings}
    keys = [subject.key for finding in mended.before.findings for subject in finding.subjects]
    now = [subject.key for finding in after.findings for subject in finding.subjects]
    for plan in mended.made:
        for subject in plan.finding.subjects:
            assert now.count(subject.key) < keys.count(subject.key)
    assert not [key for key in now if now.count(key) > keys.count(key) and key[0] not in brought]


def keeps_what_it_does_not_mean(mended: Mended, name: str) -> None:
    """Comments on lines of their own, and all lines that no splice touches, are the same bytes in the same order."""
    old, new = mended.old[name].splitlines(keepends=True), mended.texts[name].splitlines(keepends=True)
    assert [line for line in old if line.strip().startswith("#")] == [
        line for line in new if line.strip().startswith("#")
    ]
    steps = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    gone = [line for tag, first, last, _, _ in steps if tag != "equal" for line in old[first:last]]
    assert len(gone) <= 6 * len(mended.made), gone


def reads_as_before(root: Path, name: str, old: str, new: str) -> None:
    """What its real reader took before, it takes now."""
    formats = {row.name for row in formats_in(Source(name, old))}
    if name.endswith((".yaml", ".yml")):
        assert len(list(yaml.safe_load_all(new))) == len(list(yaml.safe_load_all(old)))
    if name.endswith((".toml", ".conf")):
        tomllib.loads(new)
    if "dockerfile" in formats:
        was, now = ([each.cmd for each in dockerfile.parse_string(text)] for text in (old, new))
        assert now in (was, [each for each in was if each != "ENV"])
    if "kubernetes" in formats:
        assert faults_of_manifests(new) <= faults_of_manifests(old)
    if "compose" in formats and compose_oracle.executable() is not None and (root / name).parent == root:
        takes(root, name, old, new)


def takes(root: Path, name: str, old: str, new: str) -> None:
    if compose_oracle.run(root, [name]) is None:
        return
    (root / name).write_text(new, "utf-8")
    try:
        assert compose_oracle.run(root, [name]) is not None
    finally:
        (root / name).write_text(old, "utf-8")


def faults_of_manifests(text: str) -> int:
    """Return how many documents Kubernetes' own schemas refuse."""
    import kubernetes_validate

    found = 0
    for document in yaml.safe_load_all(text):
        try:
            kubernetes_validate.validate(document, "1.35", strict=True)
        except Exception:  # it has no class for all of its own
            found += 1
    return found


def test_at_least_35_rules_have_a_fix() -> None:
    assert len([rule for rule in RULES.values() if rule.fixes]) >= 35


@pytest.mark.parametrize("rule", sorted({each.rule for each in FIXABLE}))
def test_every_fix_is_made_somewhere(rule: str) -> None:
    """A fix that no unsafe fixture asks for is proven by nothing."""
    mine = (each for each in FIXABLE if each.rule == rule)
    assert any(mend(options(each, each.path), unsafe=True, select=(rule,)).made for each in mine)


def written(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text, "utf-8")
    return folder


def fixed(folder: Path, **asked: object) -> Mended:
    return mend(Options(paths=(folder,), root=folder), **asked)  # type: ignore[arg-type]


SHARED = """\
x-agent: &agent
  privileged: true
services:
  one: {<<: *agent, image: example/a:1}
  two: {<<: *agent, image: example/b:1}
"""


def test_what_all_users_want_is_changed_once(tmp_path: Path) -> None:
    mended = fixed(written(tmp_path, compose__yaml=SHARED), unsafe=True)
    assert mended.refused == ()
    assert "privileged" not in mended.texts["compose.yaml"]


def test_what_one_user_lives_by_stays(tmp_path: Path) -> None:
    keeps = SHARED.replace("image: example/b:1", "image: docker:29.10.0-dind")
    mended = fixed(written(tmp_path, compose__yaml=keeps), unsafe=True, select=("privileged-container",))
    assert not mended.texts
    assert [each.why for each in mended.refused] == ["others use it too: services.two"]


def test_a_fix_that_changes_what_runs_is_asked_for(tmp_path: Path) -> None:
    (refused,) = fixed(written(tmp_path, compose__yaml="services: {a: {image: b, privileged: true}}\n")).refused
    assert "--unsafe" in refused.why


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_and_marks_stay(tmp_path: Path, newline: str, mark: str) -> None:
    text = mark + newline.join(
        ("services:", "  a:", "    image: b", "    privileged: true # no", "    pid: host", "")
    )
    (tmp_path / "compose.yaml").write_bytes(text.encode())
    write(fixed(tmp_path, unsafe=True))
    left = text.replace(f"    privileged: true # no{newline}", "").replace(f"    pid: host{newline}", "")
    assert (tmp_path / "compose.yaml").read_bytes() == left.encode()


def test_comments_stay_where_all_around_them_goes(tmp_path: Path) -> None:
    text = "services:\n  a:\n    image: b\n    cap_add:\n      # for its disks\n      - SYS_ADMIN\n    tty: true\n"
    mended = fixed(written(tmp_path, compose__yaml=text), unsafe=True)
    assert mended.texts["compose.yaml"] == text.replace("    cap_add:\n", "").replace("      - SYS_ADMIN\n", "")


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    outside = written(tmp_path / "elsewhere", target="services: {a: {image: b, privileged: true}}\n") / "target"
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "compose.yaml").write_text(outside.read_text())
    mended = fixed(tree, unsafe=True)
    (tree / "compose.yaml").unlink()
    (tree / "compose.yaml").symlink_to(outside)
    with pytest.raises(UserError, match="link"):
        write(mended)
    assert "privileged" in outside.read_text()


def test_a_file_that_changed_meanwhile_is_not_written(tmp_path: Path) -> None:
    mended = fixed(written(tmp_path, compose__yaml="services: {a: {image: b, privileged: true}}\n"), unsafe=True)
    written(tmp_path, compose__yaml="services: {a: {image: c, privileged: true}}\n")
    with pytest.raises(UserError, match="changed since"):
        write(mended)


def test_of_overlapping_fixes_the_second_is_dropped_and_said(tmp_path: Path) -> None:
    text = "services: {a: {image: b, cap_add: [SYS_ADMIN, SYS_MODULE]}}\n"
    mended = fixed(written(tmp_path, compose__yaml=text), unsafe=True)
    assert mended.texts["compose.yaml"] == "services: {a: {image: b}}\n"
    assert not [finding for finding in mended.after.findings if finding.rule.fixes]


def test_the_diff_is_taken_by_patch(tmp_path: Path) -> None:
    tree = written(tmp_path, compose__yaml="services:\n  a:\n    image: b\n    privileged: true")
    mended = fixed(tree, unsafe=True)
    done = subprocess.run(
        ["patch", "-p1"], input=unified(mended), text=True, cwd=tree, check=True, capture_output=True
    )
    assert "compose.yaml" in done.stdout
    assert (tree / "compose.yaml").read_text() == mended.texts["compose.yaml"]


def command(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments, prog_name="dindguard")


def test_the_command_shows_writes_and_is_done(tmp_path: Path) -> None:
    tree = written(tmp_path, compose__yaml="services:\n  a:\n    image: b\n    privileged: true\n")
    shown = command("fix", "--unsafe", str(tree))
    assert "-    privileged: true" in shown.stdout
    assert "would make 1 fix in 1 file" in shown.stderr
    assert "privileged" in (tree / "compose.yaml").read_text()
    assert "made 1 fix" in command("fix", "--unsafe", "--apply", str(tree)).stderr
    assert "privileged" not in (tree / "compose.yaml").read_text()
    again = command("fix", "--unsafe", "--apply", str(tree))
    assert (again.stdout, again.stderr) == ("", "nothing to fix\n")


def scanned_with_fixes(tree: Path, form: str) -> dict[str, object]:
    shown = command("scan", "--fixes", "--exit-zero", "-f", form, str(tree))
    assert shown.exit_code == 0, shown.output
    document: dict[str, object] = json.loads(shown.stdout)
    return document


def test_reports_hold_proven_fixes(tmp_path: Path) -> None:
    text = "services:\n  a:\n    image: b\n    privileged: true\n    pid: host\n"
    tree = written(tmp_path, compose__yaml=text)
    report: Any = scanned_with_fixes(tree, "json")
    schema = json.loads((SCHEMAS / "report.schema.json").read_text("utf-8"))
    jsonschema.validate(report, schema)
    by_rule = {each["rule"]: each["fixes"] for each in report["findings"]}
    (fix,) = by_rule["privileged-container"]
    assert (fix["says"], fix["unsafe"]) == ("removes privileged mode", True)
    (replacement,) = fix["replacements"]
    place = replacement["place"]
    assert (place["line"], place["column"], place["end_line"], place["end_column"]) == (4, 1, 5, 1)
    assert replacement["text"] == ""
    log: Any = scanned_with_fixes(tree, "sarif")
    results = log["runs"][0]["results"]
    regions = [
        each["deletedRegion"]
        for result in results
        for fix in result["fixes"]
        for change in fix["artifactChanges"]
        for each in change["replacements"]
    ]
    assert {"startLine": 5, "startColumn": 1, "endLine": 6, "endColumn": 1} in regions
    plain = command("scan", "--exit-zero", "-f", "json", str(tree))
    assert "fixes" not in json.loads(plain.stdout)["findings"][0]


def test_what_a_file_refers_to_and_nobody_gave_stays(tmp_path: Path) -> None:
    base = "services:\n  base:\n    image: b\n    privileged: true\n"
    given = "services:\n  a:\n    extends: {file: base.yaml, service: base}\n"
    tree = written(tmp_path, base__yaml=base, compose__yaml=given)
    mended = mend(Options(paths=(tree / "compose.yaml",), root=tree), unsafe=True)
    assert not mended.texts
    assert [each.why for each in mended.refused] == ["base.yaml was not scanned"]


def test_more_findings_than_a_rule_tells_are_all_fixed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is told only when others are gone is no fault of their fixes."""
    monkeypatch.setattr(budget, "RULE_FINDINGS", replace(budget.RULE_FINDINGS, most=3))
    engines = "".join(
        f"  s{each}: {{image: 'docker:29.10.0-dind', privileged: true, volumes: ['a{each}:/var/lib/docker', "
        f"'/var/run/docker.sock:/var/run/docker.sock'], environment: {{DOCKER_TLS_CERTDIR: ''}}}}\n"
        for each in range(8)
    )
    folder = written(tmp_path, compose__yaml=f"services:\n{engines}")
    told = sum(
        finding.rule.id == "unauthenticated-engine-api"
        for finding in scan(Options(paths=folder, root=folder)).findings
    )
    mended = fixed(folder, select=("unauthenticated-engine-api",))
    assert told == 3
    assert len(mended.made) == 8


def pod_of_failing_fixes(count: int) -> str:
    """A pod of engines' clients: the fix of each would bring another finding."""
    engines = "".join(
        f"  - {{name: c{n}, image: 'docker:29-dind', env: [{{name: DOCKER_HOST, value: 'tcp://localhost:2375'}}],"
        " securityContext: {privileged: true}}\n"
        for n in range(count)
    )
    first = "  - {name: e, image: 'docker:29-dind', securityContext: {privileged: true}}\n"
    return f"apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n  containers:\n{first}{engines}"


@pytest.fixture
def scans(monkeypatch: pytest.MonkeyPatch) -> list[Report]:
    """Hold the reports of all scans that a fix makes."""
    made: list[Report] = []

    def noted(*given: Any) -> Report:
        made.append(scan(*given))
        return made[-1]

    monkeypatch.setattr(mending, "scan", noted)
    return made


def test_many_fixes_that_fail_cost_few_scans(tmp_path: Path, scans: list[Report]) -> None:
    engine = "image: docker:29-dind, privileged: true, environment: {DOCKER_TLS_CERTDIR: ''}, ports: ['2375:2375']"
    good = f"services: {{e: {{{engine}}}}}\n"
    mended = fixed(written(tmp_path, pod__yaml=pod_of_failing_fixes(60), compose__yaml=good))
    failed = [each for each in mended.refused if each.why.startswith("it would bring")]
    assert len(failed) >= 60, "this is not the tree that the test is about"
    assert len(scans) <= 12
    assert [*mended.texts] == ["compose.yaml"], "what holds is mended though others fail"


def test_fixes_that_fail_are_told_with_their_own_reasons(tmp_path: Path) -> None:
    for refused in fixed(written(tmp_path, pod__yaml=pod_of_failing_fixes(60))).refused:
        if refused.why.startswith("it would bring"):
            own = refused.finding.subjects[0].address.split(".access")[0]
            assert f" at {own}." in refused.why


def test_proofs_come_to_an_end_and_it_is_said(
    tmp_path: Path, scans: list[Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budget, "FIX_PROOFS", replace(budget.FIX_PROOFS, most=20))
    mended = fixed(written(tmp_path, pod__yaml=pod_of_failing_fixes(9)))
    assert len(scans) <= 4
    assert any(each.why.endswith("it was not tried") for each in mended.refused)


def test_plans_clash_where_any_two_of_their_splices_do() -> None:
    """The sweep over what was taken says what a comparison of all pairs says."""
    chance = random.Random(1)
    for _ in range(300):
        together, taken = Together(), list[Planned]()
        for _ in range(12):
            start = chance.randrange(12)
            splices = tuple(
                Splice(at, at + length, chance.choice("ab"))
                for at, length in [(start, chance.randrange(3)), (start + 4, 0)]
            )
            plan = Planned(None, None, {chance.choice("xy"): splices})  # type: ignore[arg-type]  # nobody asks
            first = next((each for each in taken if clash(plan, each)), None)
            assert together.clashing(plan) is first
            if first is None:
                together.add(plan)
                taken.append(plan)
        assert together.plans == taken


def clash(plan: Planned, other: Planned) -> bool:
    """Whether two plans touch the same characters, or put different texts in at one place."""
    return any(
        one != theirs and (overlap(one, theirs) or one.start == theirs.start == one.end == theirs.end)
        for path, splices in plan.splices.items()
        for one in splices
        for theirs in other.splices.get(path, ())
    )


@pytest.mark.parametrize("levels", [30, 0])
def test_aliases_of_aliases_are_gone_into_once(tmp_path: Path, levels: int) -> None:
    """Nine of each in every line come to more than there are atoms; with no level, one holds itself."""
    chain = "".join(f"x-{n + 1}: &a{n + 1} [{', '.join([f'*a{n}'] * 9)}]\n" for n in range(levels))
    text = f"x-0: &a0 [x, {'x' if levels else '*a0'}]\n{chain}services:\n  a:\n    image: b\n    pid: host\n"
    mended = fixed(written(tmp_path, compose__yaml=text), unsafe=True)
    assert mended.texts["compose.yaml"] == text.replace("    pid: host\n", "")
