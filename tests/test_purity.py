"""A scan reads: it runs nothing, writes nothing, connects to nothing, whatever the tree holds."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dindguard.rules import Profile
from dindguard.scanning import Options, scan

FORBIDDEN = (
    "subprocess.Popen",
    "os.exec",
    "os.posix_spawn",
    "os.spawn",
    "os.system",
    "socket.",
    "ctypes.",
    "shutil.",
)
WRITING = ("w", "a", "x", "+")
_watched: list[tuple[str, object]] = []
_active: list[bool] = []


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if not _active:
        return
    if event.startswith(FORBIDDEN) or event in ("os.remove", "os.rename", "os.mkdir", "os.link", "os.symlink"):
        _watched.append((event, arguments))
    writes = event == "open" and isinstance(arguments[1], str) and any(mode in arguments[1] for mode in WRITING)
    if writes and "__pycache__" not in str(arguments[0]):
        _watched.append((event, arguments))
    if event == "import" and str(arguments[0]).split(".")[0] in ("evil", "conftest_of_the_tree"):
        _watched.append((event, arguments))


sys.addaudithook(_hook)


@pytest.fixture
def watched() -> Iterator[list[tuple[str, object]]]:
    """Audit events that a scan must not cause."""
    _watched.clear()
    _active.append(True)
    yield _watched
    _active.clear()


HOSTILE = {
    ".git/config": "[core]\n\tfsmonitor = touch PWNED\n\tsshCommand = touch PWNED\n",
    ".git/HEAD": "ref: refs/heads/main\n",
    ".gitattributes": "* filter=evil\n",
    "evil.py": "open('PWNED', 'w')\n",
    "sitecustomize.py": "open('PWNED', 'w')\n",
    "pyproject.toml": "[tool.dindguard]\nprofile = 'all'\n",
    "compose.yaml": "services:\n  a:\n    image: !!python/object/apply:os.system ['touch PWNED']\n"
    "    privileged: true\n    env_file: /etc/passwd\n    command: $(touch PWNED)\n",
    "Dockerfile": "FROM docker:dind\nRUN touch PWNED\n",
    "build.sh": "#!/bin/sh\ntouch PWNED\ndocker run --privileged alpine\n",
    ".gitlab-ci.yml": "include: ['http://127.0.0.1:9/x.yml', {local: '/../../etc/passwd'}]\n"
    "b: {script: [docker info]}\n",
}


def test_a_scan_runs_writes_and_imports_nothing(tmp_path: Path, watched: list[tuple[str, object]]) -> None:
    for name, text in HOSTILE.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    watched.clear()
    before = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*"))
    report = scan(Options(paths=(tmp_path,), profile=Profile.ALL, untrusted=True))
    assert report.findings
    assert watched == []
    assert sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*")) == before


def test_a_link_out_of_the_root_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "compose.yaml").write_text("services: {a: {image: x, privileged: true}}\n")
    root = tmp_path / "root"
    (root / ".git").mkdir(parents=True)
    (root / "link.yaml").symlink_to(outside / "compose.yaml")
    (root / "folder").symlink_to(outside)
    (root / "compose.yaml").write_text("services:\n  b:\n    extends: {file: folder/compose.yaml, service: a}\n")
    report = scan(Options(paths=(root,)))
    assert not report.findings
    assert all("outside" not in source for source in report.sources)
