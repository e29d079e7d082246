"""What people install: the sdist, the wheel made from it, and the program outside the checkout."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BAD = Path("fixtures/privileged-engine/bad.compose.yaml")
NOT_OURS = {
    "__pycache__",
    ".git",
    ".venv",
    ".hypothesis",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
    "dist",
    "build",
}


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False)


def sources() -> list[Path]:
    """Return what git tracks or would track; where there is no git, all that is here."""
    if (ROOT / ".git").exists():
        listed = run("git", "ls-files", "--cached", "--others", "--exclude-standard", cwd=ROOT).stdout.splitlines()
        return [path for path in map(Path, listed) if (ROOT / path).is_file()]
    found = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
    return [path for path in found if not NOT_OURS & set(path.parts)]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return the sdist, and the wheel that is built from what the sdist holds."""
    pytest.importorskip("hatchling", reason="the build back end is not installed")
    checkout, out = tmp_path_factory.mktemp("checkout"), tmp_path_factory.mktemp("out")
    for path in sources():
        (checkout / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, checkout / path)
    for target in ("sdist", "wheel"):
        done = run(sys.executable, "-m", "hatchling", "build", "-t", target, "-d", out, cwd=checkout)
        assert done.returncode == 0, done.stderr
        if target == "sdist":
            (sdist,) = out.glob("*.tar.gz")
            checkout = tmp_path_factory.mktemp("unpacked")
            with tarfile.open(sdist) as archive:
                archive.extractall(checkout, filter="data")
            (checkout,) = checkout.iterdir()
    (wheel,) = out.glob("*.whl")
    return sdist, wheel


def test_the_sdist_holds_what_a_packager_needs(built: tuple[Path, Path]) -> None:
    with tarfile.open(built[0]) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    for needed in (
        "README.md",
        "LICENSE",
        "CHANGELOG.md",
        ".ci/run",
        "tests/test_wheel.py",
        BAD.as_posix(),
        "docs/generate.py",
    ):
        assert needed in names


def test_the_wheel_holds_the_data_and_not_the_fixtures(built: tuple[Path, Path]) -> None:
    with zipfile.ZipFile(built[1]) as archive:
        names = set(archive.namelist())
    package = ROOT / "src/dindguard"
    data = {path.relative_to(package.parent).as_posix() for path in package.rglob("*") if path.is_file()}
    data = {name for name in data if "__pycache__" not in name}
    assert data <= names
    for needed in (
        "model/engine_versions.json",
        "schemas/report.schema.json",
        "environment/data/seccomp-nested.json",
        "py.typed",
    ):
        assert f"dindguard/{needed}" in names
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"dindguard", "dindguard_rules"}
    assert not [name for name in names if name.rpartition("/")[2].startswith("test_")]
    assert not [name for name in names if "fixture" in name or "tests" in name.split("/")]
    assert any(name.endswith(".data/data/share/man/man1/dindguard.1") for name in names)


def test_the_installed_program_works_outside_the_checkout(built: tuple[Path, Path], tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=False)
    python = tmp_path / "venv/bin/python"
    installed = run(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", built[1], cwd=tmp_path)
    assert installed.returncode == 0, installed.stderr
    program = tmp_path / "venv/bin/dindguard"
    here = tmp_path / "elsewhere"
    here.mkdir()
    listed = run(program, "rules", "-f", "json", cwd=here)
    assert listed.returncode == 0, listed.stderr
    ids = {rule["id"] for rule in json.loads(listed.stdout) if rule["category"] != "policy"}
    modules = (ROOT / "rules/dindguard_rules").glob("[!_]*.py")
    assert ids == {path.stem.replace("_", "-") for path in modules}
    shutil.copy(ROOT / BAD, here / "compose.yaml")
    for form in ("text", "sarif"):
        scanned = run(program, "scan", "-f", form, cwd=here)
        assert scanned.returncode == 1, scanned.stderr
        assert "privileged-engine" in scanned.stdout
    where = run(
        python,
        "-c",
        "import dindguard, dindguard_rules; print(dindguard.__file__, dindguard_rules.__file__)",
        cwd=here,
    )
    assert where.stdout.count(str(tmp_path / "venv")) == 2, where.stdout
