"""Repositories for the tests of fleets, made small: a socket, a nested engine, a safe one."""

from __future__ import annotations

import subprocess
import tarfile
import zipfile
from pathlib import Path

from dindguard.fleet.limits import MEBIBYTE, Limits
from dindguard.fleet.request import Asking, Request

SOCKET = "services: {runner: {image: 'app:1', volumes: ['/var/run/docker.sock:/var/run/docker.sock']}}\n"
ENGINE = "services: {dind: {image: 'docker:24-dind', privileged: true}}\n"
SAFE = "services: {web: {image: 'nginx:1.27', read_only: true}}\n"


def tree(folder: Path, **files: str) -> Path:
    """Write a folder; a name's ``__`` stands for ``/``, its last ``_`` for a dot."""
    for name, text in files.items():
        path = folder / ".".join(name.replace("__", "/").rsplit("_", 1))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *identity, "-C", folder, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def committed(folder: Path) -> str:
    if not (folder / ".git").exists():
        git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "state")
    return git(folder, "rev-parse", "HEAD")


def tarball(path: Path, *members: tuple[str, bytes | str], kind: bytes = tarfile.REGTYPE) -> Path:
    """Write a tar archive; a member with a text instead of bytes is of ``kind`` and leads there."""
    import io

    with tarfile.open(path, "w:gz" if path.name.endswith("gz") else "w") as archive:
        for name, content in members:
            member = tarfile.TarInfo(name)
            if isinstance(content, bytes):
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
            else:
                member.type, member.linkname = kind, content
                archive.addfile(member)
    return path


def zipped(path: Path, **files: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "/").replace("_yaml", ".yaml"), text)
    return path


def asking(out: Path, **given: object) -> Asking:
    common = {
        "run": "r" * 32, "out": str(out), "policy": "", "dindguard": "0.1.0", "rules": "rules", "floor": "",
        "today": "2026-11-28", "limits": Limits(cpu=60, memory=1024 * MEBIBYTE, wall=120),
    }  # fmt: skip
    return Asking(**{**common, **given})


def request(path: Path, out: Path, name: str = "", revision: str = "", **given: object) -> Request:
    labels = {"team": "red"}
    return Request(
        name=name or path.name, path=str(path), revision=revision, labels=labels, asking=asking(out, **given)
    )
