"""The GitHub Action and the recipes for GitHub, run step by step: what uploads, what fails, for whom."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dindguard.cli import recipes
from policy_tree import COMPOSE, committed, git, write
from workflow_expressions import as_string, evaluate, filled
from workflow_steps import Outcome, Runner

ROOT = Path(__file__).parent.parent
ORACLES = ROOT / "tests/oracles"
SAFE = "services:\n  web:\n    image: nginx:1.29\n"
UPLOAD = "github/codeql-action/upload-sarif"
OURS = {"repository": "team/app", "server_url": "https://git.example.org", "event": {}, "event_name": "push",
        "action_path": str(ROOT), "action_repository": "dindguard/dindguard", "action_ref": "v0.1.0"}  # fmt: skip
FORK = OURS | {"event": {"pull_request": {"head": {"repo": {"full_name": "stranger/app"}}}}}
OWN_BRANCH = OURS | {"event": {"pull_request": {"head": {"repo": {"full_name": "team/app"}}}}}

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="the action's scripts need bash")


def plain(text: str) -> Any:
    from ruamel.yaml import YAML

    return YAML(typ="safe", pure=True).load(text)


ACTION = plain((ROOT / "action.yml").read_text("utf-8"))


def machine(folder: Path, files: dict[str, str], command: str = "", failing: tuple[str, ...] = ()) -> Runner:
    """Return a machine whose python makes an environment with this dindguard; ``command`` stands in for it."""
    workspace, temporary, programs = folder / "workspace", folder / "temporary", folder / "programs"
    for each in (workspace / ".git", temporary, programs):
        each.mkdir(parents=True)
    for name, text in files.items():
        write(workspace, name, text)
    ours = command or f'exec {sys.executable} -W error -m dindguard "$@"'
    make = f'mkdir -p "$3/bin"; printf \'#!/bin/sh\\n\' > "$3/bin/pip"; cp {programs}/dindguard "$3/bin"; '
    for name, text in (("dindguard", ours), ("python", make + 'chmod +x "$3"/bin/*')):
        (programs / name).write_text(f"#!/bin/sh\n{text}\n")
        (programs / name).chmod(0o755)
    return Runner(workspace, temporary, str(programs), failing)


def acted(runner: Runner, github: dict[str, Any] = OURS, **given: str) -> Outcome:
    """Run the action with its inputs' defaults."""
    inputs = {name: filled(str(each["default"]), {"github": github}) for name, each in ACTION["inputs"].items()}
    given = {name.replace("_", "-"): value for name, value in given.items()}
    return runner.run(ACTION["runs"]["steps"], {"inputs": inputs | given, "github": github})


def uploaded(outcome: Outcome) -> dict[str, Any] | None:
    """Return the log that code scanning got."""
    if UPLOAD not in outcome.uses:
        return None
    content: dict[str, Any] = json.loads(Path(outcome.uses[UPLOAD]["sarif_file"]).read_text("utf-8"))
    return content


def results(outcome: Outcome) -> list[dict[str, Any]]:
    log = uploaded(outcome)
    assert log is not None
    found: list[dict[str, Any]] = log["runs"][0]["results"]
    return found


def test_a_clean_tree_passes_and_closes_its_alerts(tmp_path: Path) -> None:
    outcome = acted(machine(tmp_path, {"compose.yaml": SAFE}))
    assert (outcome.failed, results(outcome)) == (False, [])
    assert outcome.uses[UPLOAD]["category"] == "dindguard"


def test_findings_are_uploaded_annotated_and_summed_up_and_the_step_fails(tmp_path: Path) -> None:
    outcome = acted(machine(tmp_path, {"compose.yaml": COMPOSE}))
    assert outcome.code == 1
    assert {result["ruleId"] for result in results(outcome)} >= {"host-engine-socket"}
    assert "::error file=compose.yaml,line=5," in outcome.log
    assert "host-engine-socket" in outcome.summary


def test_one_scan_does_it_all(tmp_path: Path) -> None:
    counted = f'echo x >> {tmp_path}/runs; exec {sys.executable} -m dindguard "$@"'
    acted(machine(tmp_path, {"compose.yaml": COMPOSE}, counted))
    assert (tmp_path / "runs").read_text() == "x\n"


def test_an_incomplete_scan_is_uploaded_too(tmp_path: Path) -> None:
    outcome = acted(machine(tmp_path, {"compose.yaml": "services: [\n"}))
    log = uploaded(outcome)
    assert log is not None
    assert outcome.code == 3
    assert log["runs"][0]["invocations"][0]["executionSuccessful"] is False


@pytest.mark.parametrize("command", ["exit 137", "echo boom >&2; exit 70"])
def test_a_crash_uploads_nothing_and_fails(tmp_path: Path, command: str) -> None:
    outcome = acted(machine(tmp_path, {"compose.yaml": COMPOSE}, command))
    assert uploaded(outcome) is None
    assert outcome.code == int(command.rsplit(maxsplit=1)[-1])


def test_what_an_earlier_step_left_behind_is_not_uploaded(tmp_path: Path) -> None:
    runner = machine(tmp_path, {"compose.yaml": COMPOSE}, "exit 137")
    (runner.temporary / "dindguard.sarif").write_text("{}")
    assert uploaded(acted(runner)) is None


def test_a_wrong_option_uploads_nothing(tmp_path: Path) -> None:
    outcome = acted(machine(tmp_path, {"compose.yaml": COMPOSE}), fail_on="grave")
    assert (uploaded(outcome), outcome.code) == (None, 2)
    assert "there is no 'grave'" in outcome.log


def test_a_pull_request_from_a_fork_does_without_the_upload(tmp_path: Path) -> None:
    outcome = acted(machine(tmp_path, {"compose.yaml": COMPOSE}), FORK)
    assert (uploaded(outcome), outcome.code) == (None, 1)
    assert "::error file=compose.yaml,line=5," in outcome.log
    assert acted(machine(tmp_path / "clean", {"compose.yaml": SAFE}), FORK).failed is False


def test_a_pull_request_from_the_repository_itself_uploads(tmp_path: Path) -> None:
    assert results(acted(machine(tmp_path, {"compose.yaml": COMPOSE}), OWN_BRANCH))


def test_without_upload(tmp_path: Path) -> None:
    outcome = acted(machine(tmp_path, {"compose.yaml": COMPOSE}), upload="false")
    assert (uploaded(outcome), outcome.code) == (None, 1)


def test_a_failed_upload_does_not_hide_the_verdict(tmp_path: Path) -> None:
    outcome = acted(machine(tmp_path, {"compose.yaml": COMPOSE}, failing=(UPLOAD,)))
    assert (outcome.failed, outcome.code) == (True, 1)
    outcome = acted(machine(tmp_path / "clean", {"compose.yaml": SAFE}, failing=(UPLOAD,)))
    assert (outcome.failed, outcome.code) == (True, 0)


@pytest.mark.parametrize(
    ("files", "inputs", "code"),
    [
        ({"compose.yaml": COMPOSE, "sub dir/compose.yaml": SAFE}, {"paths": "sub dir\n"}, 0),
        ({"compose.yaml": COMPOSE}, {"paths": "$(touch trap)\n"}, 2),
        ({"compose.yaml": COMPOSE, ".dindguard.yaml": "disable: [host-engine-socket]\n"}, {"fail_on": "critical"}, 0),
        ({"compose.yaml": COMPOSE, ".dindguard.yaml": "disable: [host-engine-socket]\n"}, {"untrusted": "true"}, 1),
    ],
)
def test_inputs(tmp_path: Path, files: dict[str, str], inputs: dict[str, str], code: int) -> None:
    runner = machine(tmp_path, files)
    assert acted(runner, **inputs).code == code
    assert not (runner.workspace / "trap").exists()


def test_with_since_all_alerts_stay_and_the_new_ones_decide(tmp_path: Path) -> None:
    runner = machine(tmp_path, {"old.compose.yaml": COMPOSE})
    shutil.rmtree(runner.workspace / ".git")
    git(runner.workspace, "init", "-q")
    base = committed(runner.workspace)
    outcome = acted(runner, since=base)
    assert outcome.failed is False
    before = results(outcome)
    assert {result["baselineState"] for result in before} == {"unchanged"}
    write(runner.workspace, "compose.yaml", COMPOSE)
    outcome = acted(runner, since=base)
    assert outcome.code == 1
    states = {
        (result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], result["baselineState"])
        for result in results(outcome)
    }
    assert states == {("old.compose.yaml", "unchanged"), ("compose.yaml", "new")}
    assert "file=old.compose.yaml" not in outcome.log
    prints = [result["partialFingerprints"] for result in results(outcome)]
    assert all(result["partialFingerprints"] in prints for result in before)


def test_a_pull_request_is_judged_by_what_it_is_merged_into(tmp_path: Path) -> None:
    runner = machine(tmp_path, {"compose.yaml": SAFE, ".dindguard.yaml": "fail-on: high\n"})
    shutil.rmtree(runner.workspace / ".git")
    git(runner.workspace, "init", "-q")
    base = committed(runner.workspace)
    pull = FORK | {"event": {"pull_request": {**FORK["event"]["pull_request"], "base": {"sha": base}}}}
    assert acted(runner, pull).code == 0
    write(runner.workspace, "compose.yaml", COMPOSE)
    write(runner.workspace, ".dindguard.yaml", "disable: [host-engine-socket, dangerous-capability]\n")
    outcome = acted(runner, pull)
    assert outcome.code == 1
    assert "host-engine-socket" in outcome.log
    assert "policy-weakened" in outcome.log
    assert acted(runner, pull, trust="").code == 0


def test_a_checkout_without_the_base_gets_it_or_says_what_mends_it(tmp_path: Path) -> None:
    runner = machine(tmp_path, {})
    upstream = tmp_path / "upstream"
    upstream.mkdir()
    git(upstream, "init", "-q")
    write(upstream, "compose.yaml", SAFE)
    base = committed(upstream)
    write(upstream, "compose.yaml", COMPOSE)
    committed(upstream)
    shutil.rmtree(runner.workspace)
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{upstream}", str(runner.workspace))
    pull = OWN_BRANCH | {"event": {"pull_request": {**OWN_BRANCH["event"]["pull_request"], "base": {"sha": base}}}}
    assert acted(runner, pull | {}, since=base).code == 1
    shutil.rmtree(runner.workspace)
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{upstream}", str(runner.workspace))
    git(runner.workspace, "remote", "remove", "origin")
    outcome = acted(runner, pull)
    assert outcome.code == 2
    assert "fetch-depth: 0" in outcome.log


def recipe_ran(runner: Runner, github: dict[str, Any] = OURS) -> Outcome:
    """Run the job that ``dindguard init`` proposes, with a pipx that runs this dindguard."""
    pipx = Path(runner.path) / "pipx"
    pipx.write_text(f'#!/bin/sh\nshift 4\nexec {runner.path}/dindguard "$@"\n')
    pipx.chmod(0o755)
    workflow = plain(recipes.GITHUB % "git+https://git.example.org/team/dindguard@0")
    return runner.run(workflow["jobs"]["scan"]["steps"], {"github": github})


def test_the_recipe_without_the_action(tmp_path: Path) -> None:
    outcome = recipe_ran(machine(tmp_path / "findings", {"compose.yaml": COMPOSE}))
    assert (outcome.code, outcome.uses[UPLOAD]["sarif_file"]) == (1, "dindguard.sarif")
    assert "::error file=compose.yaml,line=5," in outcome.log
    outcome = recipe_ran(machine(tmp_path / "clean", {"compose.yaml": SAFE}))
    assert (outcome.failed, UPLOAD in outcome.uses) == (False, True)
    outcome = recipe_ran(machine(tmp_path / "crash", {"compose.yaml": COMPOSE}, "exit 137"))
    assert (outcome.code, UPLOAD in outcome.uses) == (137, False)
    outcome = recipe_ran(machine(tmp_path / "fork", {"compose.yaml": COMPOSE}), FORK)
    assert (outcome.code, UPLOAD in outcome.uses) == (1, False)


def test_recipes_pin_what_the_action_pins() -> None:
    pinned = (ROOT / "action.yml").read_text("utf-8") + (ROOT / ".github/workflows/ci.yml").read_text("utf-8")
    assert recipes.CHECKOUT in pinned
    assert recipes.UPLOAD in pinned


def test_recipes_name_the_place_that_the_installation_came_from(monkeypatch: pytest.MonkeyPatch) -> None:
    commit = "0" * 40
    for address, said in (
        (f"git+https://github.com/team/dindguard.git@{commit}", f"- uses: team/dindguard@{commit}\n"),
        (
            f"git+https://git.example.org/team/dindguard@{commit}",
            f'"git+https://git.example.org/team/dindguard@{commit}"',
        ),
        ("", "# replace git+https://<host>/<owner>/dindguard@<commit> by"),
    ):
        monkeypatch.setattr(recipes, "source", lambda address=address: address)
        assert said in recipes.recipe(recipes.GITHUB)
        plain(recipes.recipe(recipes.GITHUB))
    assert plain(recipes.recipe(recipes.LOCAL))["repos"]


EXPRESSIONS = [
    "inputs.upload == 'TRUE' && steps.scan.outputs.sarif != ''",
    "!github.event.pull_request || github.event.pull_request.head.repo.full_name == github.repository",
    "!github.event.pull_request", "github.event.pull_request.head.repo.full_name", "github.event.none.at.all",
    "null == ''", "null == 0", "'' == 0", "'0x10' == 16", "true == 1", "'a' < 'B'", "1 < '2'", "!''", "!'false'",
    "'a' && 'b'", "'' || 'c'", "false || 0", "contains('Hello', 'ELL')", "contains(inputs.list, 'b')",
    "startsWith('abc', 'AB')", "endsWith('abc', 'BC')", "format('{0}-{1}', 'a', 2)", "join(inputs.list, '+')",
    "inputs.list[1]", "inputs['upload']", "(1 < 2) == true", "1.50", "'it''s'", "fromJSON('{\"a\": [1, 2]}').a[1]",
]  # fmt: skip
CONTEXT = {
    "inputs": {"upload": "true", "list": ["a", "b"]},
    "steps": {"scan": {"outputs": {"sarif": "x.sarif"}}},
    "github": {k: v for k, v in FORK.items() if k != "action_path"},
}


def needs_from_npm(package: str) -> pytest.MarkDecorator:
    there = shutil.which("node") is not None and (ORACLES / "node_modules" / package).is_dir()
    return pytest.mark.skipif(not there, reason=f"{package} is not installed: npm ci --prefix tests/oracles")


@pytest.mark.oracle
@needs_from_npm("@actions/glob")
@pytest.mark.parametrize("patterns", [["dindguard.sarif"], ["**/*.sarif"], ["nothing"], ["sub/*"]])
def test_hash_files_is_githubs(tmp_path: Path, patterns: list[str]) -> None:
    """By the toolkit that GitHub's runner has it from; a file outside the workspace counts for nothing."""
    runner = machine(tmp_path, {"dindguard.sarif": "{}", "sub/a.txt": "a"})
    write(tmp_path, "temporary/dindguard.sarif", "{}")
    for asked in (patterns, [str(runner.temporary / "dindguard.sarif")]):
        command = ["node", str(ORACLES / "hash_files.mjs"), str(runner.workspace), *asked]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert f"\nhash={runner.hash_files(*asked)}\n" in done.stdout


@pytest.mark.oracle
@needs_from_npm("@actions/expressions")
def test_expressions_mean_what_github_makes_of_them() -> None:
    asked = [{"text": text, "context": CONTEXT} for text in EXPRESSIONS]
    done = subprocess.run(
        ["node", ORACLES / "expressions.mjs"], input=json.dumps(asked), capture_output=True, text=True, check=True
    )
    ours = [as_string(evaluate(text, CONTEXT)) for text in EXPRESSIONS]
    assert dict(zip(EXPRESSIONS, ours, strict=True)) == dict(zip(EXPRESSIONS, json.loads(done.stdout), strict=True))
