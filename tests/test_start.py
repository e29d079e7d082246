"""What a scan of one file imports: most of what it costs. Ratios of time are in ``benchmarks/``, never in a test."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fixture_files import FIXTURES

HEAVY = {
    "sarif_om", "attr", "jsonschema", "ruamel", "ruamel.yaml", "docker", "subprocess", "asyncio", "html", "importlib.metadata",
    "multiprocessing", "pathlib", "dataclasses", "email", "socket", "tempfile", "yaml.reader", "yaml.constructor",
    "locale", "contextvars", "heapq", "array", "difflib", "json", "hashlib", "base64", "pkgutil", "inspect", "ast", "tokenize",
    "logging", "gettext",
}  # fmt: skip
"""What no report of one file in text needs."""

COMPOSE = "services: {a: {image: 'docker:29-dind', privileged: true}}\n"
PIPELINE = """\
build:
  image: docker:29
  services: ["docker:29-dind"]
  variables: {DOCKER_HOST: "tcp://docker:2375", DOCKER_TLS_CERTDIR: ""}
  script: ["docker build ."]
"""

PLACES = {
    "kubernetes": "privileged-engine/bad.kubernetes.yaml",
    "dockerfile": "docker-group-access/bad.Dockerfile",
    "workflow": "privileged-container/bad.github",
    "dev container": "privileged-container/bad.devcontainer.json",
    "terraform": "privileged-engine/bad-terraform",
    "ansible": "privileged-engine/bad-ansible",
}

MODULES = {
    "compose": 158, "kubernetes": 177, "dockerfile": 193, "gitlab": 206, "workflow": 195, "dev container": 187,
    "terraform": 171, "ansible": 210,
}  # fmt: skip
"""How many modules of ours a scan of one file with findings imports at most; the fewer the better."""

BROUGHT = {"dev container": {"json"}, "terraform": {"json"}}
"""Who reads JSON."""

SHOW = """\
import atexit, sys
from dindguard.__main__ import main
from dindguard.deferred import StandIn
def imported(): return [name for name, module in sys.modules.items() if not isinstance(module, StandIn)]
atexit.register(lambda: print(*sorted(imported()), file=sys.stderr))
main()
"""


def imported(*arguments: str, folder: Path) -> set[str]:
    """Return the modules of a process of the command line at its end."""
    command = [sys.executable, "-c", SHOW, *arguments]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("COV", "WATCHED"))}
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, env=environment)
    return set(done.stderr.splitlines()[-1].split())


def ours(modules: set[str]) -> set[str]:
    return {name for name in modules if name.partition(".")[0] in ("dindguard", "dindguard_rules")}


@pytest.fixture
def scanned(request: pytest.FixtureRequest, tmp_path: Path) -> set[str]:
    """Return what is imported for one file in a folder of its own, without any ignore file above it."""
    form = request.param
    if form in PLACES:
        place = FIXTURES / PLACES[form]
        copy = shutil.copytree if place.is_dir() else shutil.copyfile
        copy(place, tmp_path / place.name.partition(".")[2 if place.is_file() else 0])
    else:
        name, text = ("compose.yaml", COMPOSE) if form == "compose" else (".gitlab-ci.yml", PIPELINE)
        (tmp_path / name).write_text(text)
    return imported("scan", ".", folder=tmp_path)


@pytest.mark.parametrize(
    ("scanned", "form"), [(form, form) for form in MODULES], indirect=["scanned"], ids=list(MODULES)
)
def test_a_scan_of_one_file_imports_what_it_needs(scanned: set[str], form: str) -> None:
    assert scanned & HEAVY <= BROUGHT.get(form, set())
    assert len(ours(scanned)) <= MODULES[form], sorted(ours(scanned))
    if form in ("dockerfile", "dev container", "terraform"):
        assert "yaml" not in scanned


def test_of_the_rules_those_are_imported_that_can_speak(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(COMPOSE)
    rules = {name for name in imported("scan", ".", folder=tmp_path) if name.startswith("dindguard_rules.")}
    assert rules == {"dindguard_rules._index", "dindguard_rules.privileged_engine"}


@pytest.mark.parametrize(
    ("report", "needs"),
    [("sarif", {"attr", "sarif_om", "json", "inspect", "ast", "tokenize"}), ("html", {"html"}), ("json", {"json"})],
)
def test_a_report_brings_its_own_library_alone(report: str, needs: set[str], tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(COMPOSE)
    modules = imported("scan", ".", "-f", report, folder=tmp_path)
    assert modules & HEAVY <= needs
    assert len({name for name in modules if name.startswith("dindguard_rules.")}) <= 4, "all rules, for their pages"


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_and_version_need_nothing_of_a_scan(option: str, tmp_path: Path) -> None:
    modules = imported(option, folder=tmp_path)
    assert "yaml" not in modules
    assert len(ours(modules)) <= 9
