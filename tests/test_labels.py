"""The labels of public files are well formed, and the measure counts what it says it counts."""

import json
import re
import sys
from pathlib import Path

import pytest

from fixture_files import RULES
from labels import measure

LABELS = Path(__file__).parent / "labels"
KNOWN = {*RULES, "*"}


@pytest.mark.parametrize("path", sorted(LABELS.glob("*.json")), ids=lambda path: path.stem)
def test_labels_name_rules_and_places(path: Path) -> None:
    seen = set()
    for entry in json.loads(path.read_text(encoding="utf-8")):
        key = entry["repository"], entry["commit"], entry["path"]
        assert key not in seen
        seen.add(key)
        assert re.fullmatch(r"[0-9a-f]{40}", entry["commit"]), key
        for label in [*entry.get("expect", []), *entry.get("may", []), *entry.get("must_not", [])]:
            assert set(label["rules"]) <= KNOWN, (key, label)
            assert label["line"] is None or label["line"] > 0, (key, label)
        wanted = {(rule, label["line"]) for label in entry.get("expect", []) for rule in label["rules"]}
        refused = {(rule, label["line"]) for label in entry.get("must_not", []) for rule in label["rules"]}
        assert not wanted & refused, key


def test_the_measure_tells_found_missed_false_and_unlabelled(tmp_path: Path) -> None:
    folder = tmp_path / "someone+project@01234567"
    folder.mkdir()
    (folder / "compose.yaml").write_text(
        "services:\n"
        "  a:\n"
        "    image: alpine\n"
        "    privileged: true\n"
        "    pid: host\n"
        "    volumes:\n"
        "      - /var/run/docker.sock:/var/run/docker.sock\n"
        "      - /:/host\n",
        encoding="utf-8",
    )
    entry = {
        "repository": "someone/project",
        "commit": "01234567" * 5,
        "path": "compose.yaml",
        "expect": [
            {"rules": ["privileged-container"], "line": 4},
            {"rules": ["host-engine-socket"], "line": 3},
            {"rules": ["docker-group-access"], "line": 2},
        ],
        "may": [{"rules": ["host-root-mount"], "line": None}],
        "must_not": [{"rules": ["host-pid-namespace"], "line": 5}],
    }
    command = [sys.executable, "-m", "dindguard"]
    outcomes = [outcome for outcome, _ in measure.measure(command, [entry], tmp_path, measure.hygiene(command))]
    assert [outcome for outcome in outcomes if " " in outcome] == ["own found", "own elsewhere", "own missed"]
    assert outcomes.count("false") == 1
    assert outcomes.count("right") == 3
    assert "unlabelled" not in outcomes
    del entry["may"]
    outcomes = [outcome for outcome, _ in measure.measure(command, [entry], tmp_path, measure.hygiene(command))]
    assert outcomes.count("unlabelled") == 1
