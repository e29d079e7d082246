"""What a result rests on besides its repository: dindguard, the rules, the organisation's policy."""

from __future__ import annotations

import hashlib
import importlib
import os
from collections.abc import Iterable

from dindguard import __version__
from dindguard.fleet.request import digest
from dindguard.fleet.schema import VERSION
from dindguard.fleet.sources import RepositorySource
from dindguard.loading import BUILT_IN


def rules_hash() -> str:
    """Return a hash of the built-in rules' text, so that a rule that was changed is asked again."""
    folder = os.path.dirname(importlib.import_module(BUILT_IN).__file__ or "")
    whole = hashlib.sha256(__version__.encode())
    for name in sorted(each for each in os.listdir(folder) if each.endswith(".py")):
        with open(os.path.join(folder, name), "rb") as file:
            whole.update(f"{name}\0".encode())
            whole.update(file.read())
    return whole.hexdigest()[:32]


def policy_hash(path: str) -> str:
    """Return a hash of the organisation's policy; raises :class:`UserError` for one that is faulty."""
    if not path:
        return ""
    from dindguard.files import find_root
    from dindguard.policy.floor import load
    from dindguard.working_tree import WorkingTree

    load(WorkingTree(find_root(path)), path)
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()[:32]


class Listing:
    """Counts the sources of a run, and hashes what they are, while they go by."""

    def __init__(self) -> None:
        self.count = 0
        self._whole = hashlib.sha256()

    def of(self, sources: Iterable[RepositorySource]) -> Listing:
        """Take note of sources."""
        for source in sources:
            labels = sorted(source.labels.items())
            self._whole.update(
                f"{source.name}\0{source.path}\0{source.revision}\0{labels}\n".encode("utf-8", "replace")
            )
            self.count += 1
        return self

    def run(self, rules: str, policy: str) -> str:
        """Return the name of the run: the same for the same sources, dindguard, rules and policy."""
        return digest(str(VERSION), __version__, rules, policy, self._whole.hexdigest())
