"""The pre-commit hooks, run by the real pre-commit, and the files for CI."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import watching
from policy_tree import COMPOSE, committed, git, write

ROOT = Path(__file__).parent.parent
SAFE = "services:\n  web:\n    image: nginx:1.29\n"
BIN = Path(sys.executable).parent


def plain(path: Path) -> Any:
    from ruamel.yaml import YAML

    return YAML(typ="safe", pure=True).load(path)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with our hooks, run from this environment instead of one that pre-commit installs."""
    if not (BIN / "pre-commit").exists():
        pytest.skip("pre-commit is not installed (the dependency group 'test' has it)")
    git(tmp_path, "init", "-q")
    hooks = [
        hook | {"language": "system", "entry": f"{sys.executable} -m {hook['entry']}"}
        for hook in plain(ROOT / ".pre-commit-hooks.yaml")
    ]
    from ruamel.yaml import YAML

    with (tmp_path / ".pre-commit-config.yaml").open("w") as file:
        YAML().dump({"repos": [{"repo": "local", "hooks": hooks}]}, file)
    write(tmp_path, "compose.yaml", SAFE)
    committed(tmp_path)
    return tmp_path


def pre_commit(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": os.pathsep.join((str(BIN), "/usr/bin", "/bin")),
        "HOME": str(folder),
        "PRE_COMMIT_HOME": str(folder / ".git" / "pre-commit"),
        "GIT_CONFIG_GLOBAL": "/dev/null",
    } | watching.environment()
    return subprocess.run(
        [BIN / "pre-commit", "run", "--color", "never", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_changed_files_and_whole_repository(repository: Path) -> None:
    done = pre_commit(repository, "--all-files")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("Passed") == 2
    write(repository, "old.compose.yaml", COMPOSE)
    committed(repository)
    write(repository, "compose.yaml", SAFE.replace("1.29", "1.30"))
    git(repository, "add", "-A")
    done = pre_commit(repository, "dindguard")
    assert done.returncode == 0, done.stdout
    done = pre_commit(repository, "dindguard-all")
    assert done.returncode == 1
    assert "old.compose.yaml:5:9 critical host-engine-socket" in done.stdout


def test_a_commit_with_a_danger_is_stopped(repository: Path) -> None:
    write(repository, "sub/compose.yaml", COMPOSE)
    write(repository, "image.bin", "\0")
    git(repository, "add", "-A")
    done = pre_commit(repository, "dindguard")
    assert done.returncode == 1
    assert "sub/compose.yaml:5:9 critical host-engine-socket" in done.stdout


def test_the_hook_that_init_prints_without_an_address_works_as_it_is(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dindguard.cli import recipes

    monkeypatch.setattr(recipes, "source", lambda: "")
    write(repository, ".pre-commit-config.yaml", recipes.recipe(recipes.LOCAL))
    write(repository, "sub/compose.yaml", COMPOSE)
    git(repository, "add", "-A")
    done = pre_commit(repository)
    assert done.returncode == 1
    assert "sub/compose.yaml:5:9 critical host-engine-socket" in done.stdout
    write(repository, "sub/compose.yaml", SAFE)
    git(repository, "add", "-A")
    assert pre_commit(repository).returncode == 0


def test_the_manifest_is_one(repository: Path) -> None:
    done = subprocess.run(
        [BIN / "pre-commit", "validate-manifest", ROOT / ".pre-commit-hooks.yaml"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_the_action_passes_its_own_kind_of_linter() -> None:
    zizmor = shutil.which("zizmor", path=f"{BIN}{os.pathsep}{os.environ['PATH']}")
    if zizmor is None:
        pytest.skip("zizmor is not installed (the dependency group 'test' has it where there is a wheel)")
    done = subprocess.run(
        [zizmor, "--offline", "--no-progress", "action.yml", ".github/workflows"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_action_takes_no_input_for_code() -> None:
    action = plain(ROOT / "action.yml")
    for step in action["runs"]["steps"]:
        assert "${{" not in step.get("run", ""), "inputs reach a script as environment variables only"
        reference = step.get("uses", "@" + "0" * 40).partition("@")[2]
        assert len(reference) == 40, "actions of others are pinned by commit"
    assert {"since", "untrusted", "fail-on", "paths"} <= set(action["inputs"])


def test_our_own_ci_files_are_safe_by_our_own_rules() -> None:
    from dindguard.scanning import Options, scan

    names = ("action.yml", "ci/dindguard.gitlab-ci.yml", "Dockerfile", ".pre-commit-hooks.yaml")
    report = scan(Options(paths=tuple(ROOT / name for name in names)))
    assert not report.open
    assert not report.incomplete
