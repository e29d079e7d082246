"""The floor of a tree: one process that walks it, reads what could matter, and composes the YAML that speaks of engines.

``python benchmarks/floor.py FOLDER`` does no more than that: whoever wants to know what a tree says of containers has to.
With ``--click`` behind it imports a command line as well: imports and floor, in one process.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import yaml

SKIPPED = frozenset({".git", "node_modules"})
ENDS = (".yaml", ".yml", ".json", ".toml", ".tf", ".sh", ".mk")
STARTS = ("dockerfile", "containerfile", "makefile", "jenkinsfile")
WORDS = (
    b"docker", b"podman", b"containerd", b"crio", b"privileged", b"hostPath", b"hostPID", b"hostIPC", b"hostNetwork",
    b"capabilities", b"cap_add", b"seccomp", b"apparmor", b"sysbox", b"2375",
)  # fmt: skip


def candidates(folder: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in SKIPPED:
                    yield from candidates(entry.path)
            elif entry.is_file(follow_symlinks=False):
                name = entry.name.lower()
                if name.endswith(ENDS) or name.startswith(STARTS):
                    yield entry.path


def main(folder: str) -> None:
    for path in candidates(folder):
        with open(path, "rb") as file:
            data = file.read()
        if path.endswith((".yaml", ".yml")) and any(word in data for word in WORDS):
            try:
                for _ in yaml.compose_all(data, Loader=yaml.CSafeLoader):
                    pass
            except (yaml.YAMLError, RecursionError):
                continue


if __name__ == "__main__":
    if "--click" in sys.argv:
        import click  # noqa: F401 - for its price
    main(sys.argv[1])
