"""A rule that is asked for alone still leaves to others what is theirs to tell."""

from __future__ import annotations

from pathlib import Path

import pytest

from dindguard.rules import Profile
from dindguard.scanning import Options, scan
from support import write_files

RUNNER = """concurrent = 4
[[runners]]
  name = "r"
  executor = "docker"
  [runners.docker]
    image = "{image}"
    privileged = true
"""


def found(folder: Path, name: str, text: str, rule: str) -> list[str]:
    root = write_files(folder, {name: text})
    report = scan(Options(paths=(root,), root=root, select=(rule,), profile=Profile.ALL))
    assert not [notice for notice in report.notices if notice.kind == "rule-crashed"]
    return [f"{finding.span.line} {finding.rule.id}" for finding in report.findings]


@pytest.mark.parametrize("image", ["alpine:3.22", "docker:29-dind"])
def test_what_a_runner_gives_to_all_jobs_is_told_of_the_runner(tmp_path: Path, image: str) -> None:
    text = RUNNER.format(image=image)
    assert found(tmp_path, "config.toml", text, "privileged-container") == []
    assert found(tmp_path, "config.toml", text, "privileged-engine") == []
    assert found(tmp_path, "config.toml", text, "privileged-runner") == ["7 privileged-runner"]


ENGINE = "services:\n  dind:\n    image: docker:29.10.0-dind\n    privileged: true\n"


def test_an_engine_is_told_by_its_own_rule(tmp_path: Path) -> None:
    assert found(tmp_path, "compose.yaml", ENGINE, "privileged-container") == []
    assert found(tmp_path, "compose.yaml", ENGINE, "privileged-engine") == ["4 privileged-engine"]
    other = ENGINE.replace("docker:29.10.0-dind", "example/app:1")
    assert found(tmp_path, "compose.yaml", other, "privileged-container") == ["4 privileged-container"]
    assert found(tmp_path, "compose.yaml", other, "privileged-engine") == []


BUILT = "services:\n  dind:\n    build: .\n    image: docker:28.5.1-dind\n"


def test_an_image_that_is_built_here_tells_no_version(tmp_path: Path) -> None:
    assert found(tmp_path, "compose.yaml", BUILT.replace("    build: .\n", ""), "vulnerable-engine") == []
    assert found(tmp_path, "compose.yaml", BUILT.replace("    build: .\n", ""), "end-of-life-engine") != []
    assert found(tmp_path, "compose.yaml", BUILT, "end-of-life-engine") == []
    leaky = BUILT.replace("28.5.1", "29.5.0")
    assert found(tmp_path, "compose.yaml", leaky, "vulnerable-engine") == []
    assert found(tmp_path, "compose.yaml", leaky.replace("    build: .\n", ""), "vulnerable-engine") == [
        "3 vulnerable-engine"
    ]
