"""What every fixture gives when its lines end as on Windows: the same, at the same places."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from fixture_files import RULES, Fixture, fixtures
from golden_findings import fixture_lines

OTHERWISE = {
    "host-engine-socket/bad-helm-install": "a shell continues no line that ends in a carriage return",
    "privileged-engine/bad-chart-helpers": "a pod in a template begins at the end of a line, which is one column further",
}


@pytest.mark.parametrize("rule", RULES)
def test_line_ends_change_nothing(tmp_path: Path, rule: str) -> None:
    for fixture in fixtures():
        if fixture.rule == rule and fixture.id not in OTHERWISE:
            assert list(fixture_lines(as_on_windows(fixture, tmp_path))) == list(fixture_lines(fixture))


def as_on_windows(fixture: Fixture, folder: Path) -> Fixture:
    """Return a copy whose texts have carriage returns before their line breaks."""
    copy = folder / fixture.path.name
    if fixture.path.is_dir():
        shutil.copytree(fixture.path, copy, symlinks=True)
    else:
        shutil.copy(fixture.path, copy)
    for file in [copy] if copy.is_file() else copy.rglob("*"):
        data = file.read_bytes() if file.is_file() else b""
        if data and b"\r" not in data and b"\0" not in data:
            file.write_bytes(data.replace(b"\n", b"\r\n"))
    return Fixture(fixture.rule, copy)
