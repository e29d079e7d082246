"""What an audit keeps of what it is told, and what the rules say of it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dindguard.rules import Profile

if TYPE_CHECKING:
    from dindguard.audit.redaction import Redaction
    from dindguard.scanning import Report

ENGINE_NAME = "docker-inspect.json"
CLUSTER_NAME = "kubectl-get.json"
"""What reports call a document that lies in no file."""


def redaction() -> Redaction:
    """Return what is kept of what an engine or a cluster says."""
    from functools import lru_cache

    from dindguard.audit.redaction import Redaction
    from dindguard.reports.masking import Masks, secret_name, shown

    masks = Masks(None)
    # Thousands of containers say the same: the engine's own paths, drivers, images.
    return Redaction(shown, lru_cache(10_000)(masks.document), masks.words, secret_name)


def judge(data: bytes, path: Path, options: dict[str, Any]) -> Report:
    """Apply the rules to a document that was collected, or saved at ``path``."""
    from dindguard.files import find_root, relative, within
    from dindguard.records import replace
    from dindguard.scanning import Options, scan

    start = time.perf_counter()
    path = path.resolve()
    root = find_root("")
    if not within(str(path), root):
        root = find_root(path)
    profile = options["profile"]
    report = scan(
        Options(
            stdin=(relative(path, root), data),
            root=root,
            profile=Profile(profile) if profile else None,
            **{name: options[name] for name in ("select", "ignore", "config", "baseline")},
        )
    )
    return replace(report, seconds=time.perf_counter() - start)
