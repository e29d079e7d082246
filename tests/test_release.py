"""What releases are made with: pinned, without rights that they do not need, and readable by a shell."""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
USES = re.compile(r"uses:\s*(\S+)(?:\s+#\s*(\S+))?")


def plain(path: Path) -> Any:
    from ruamel.yaml import YAML

    return YAML(typ="safe", pure=True).load(path)


@pytest.mark.parametrize("path", [*WORKFLOWS, ROOT / "action.yml"], ids=lambda path: path.name)
def test_actions_of_others_are_pinned_by_commit_and_say_their_version(path: Path) -> None:
    found = USES.findall(path.read_text("utf-8"))
    assert found
    for action, version in found:
        assert re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}", action), action
        assert re.fullmatch(r"v\d+\.\d+\.\d+", version), action


def test_one_action_has_one_version_everywhere() -> None:
    texts = [path.read_text("utf-8") for path in (*WORKFLOWS, ROOT / "action.yml")]
    versions: dict[str, set[str]] = {}
    for action, version in (each for text in texts for each in USES.findall(text)):
        versions.setdefault(action.partition("@")[0], set()).add(f"{action.partition('@')[2]} {version}")
    assert all(len(each) == 1 for each in versions.values()), versions


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_have_no_rights_but_those_that_a_job_names(path: Path) -> None:
    workflow = plain(path)
    assert workflow["permissions"] == {}
    for name, job in workflow["jobs"].items():
        writes = {right for right, level in job["permissions"].items() if level == "write"}
        assert writes <= ({"contents", "id-token", "attestations"} if name == "publish" else set())


@pytest.mark.skipif(shutil.which("bash") is None, reason="the scripts need bash")
@pytest.mark.parametrize("name", ["run", "lock", "release", "wheelhouse"])
def test_scripts_are_readable_by_bash(name: str) -> None:
    script = ROOT / ".ci" / name
    assert script.stat().st_mode & 0o111
    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0


@pytest.mark.skipif(shutil.which("bash") is None, reason="the scripts need bash")
def test_a_wheelhouse_with_a_changed_wheel_is_refused(tmp_path: Path) -> None:
    wheel = tmp_path / "dindguard-0.1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("dindguard/__init__.py", "")
        archive.writestr(
            "dindguard-0.1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: dindguard\nVersion: 0.1.0\n"
        )
        archive.writestr("dindguard-0.1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr("dindguard-0.1.0.dist-info/RECORD", "")
    (tmp_path / "requirements.txt").write_text(f"dindguard==0.1.0 --hash=sha256:{'0' * 64}\n")
    done = subprocess.run([ROOT / ".ci/wheelhouse", "--try", tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "DO NOT MATCH THE HASHES" in done.stderr


def test_the_image_is_not_run_by_root_and_keeps_no_pip() -> None:
    stages = (ROOT / "Dockerfile").read_text("utf-8").split("\nFROM ")
    assert "\nUSER 65532:65532\n" in stages[-1]
    assert "--without-pip /opt/dindguard" in stages[0] + stages[1]
