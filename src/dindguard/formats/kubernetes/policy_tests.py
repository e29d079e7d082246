"""Files of objects on which policies are tried: they are judged, some to be refused, and nothing starts them.

Sources: Gatekeeper's ``gator verify`` (``test.gatekeeper.sh``, ``cases[].object``), Kyverno's ``kyverno test``
(``cli.kyverno.io``, ``resources``).
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from dindguard.documents.tree import Node
from dindguard.formats import Context

_NAMES = ("suite.yaml", "suite.yml", "kyverno-test.yaml")
_GROUPS = ("test.gatekeeper.sh/", "cli.kyverno.io/")


class PolicyTests:
    """Answers for one scan, each folder once."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._named: dict[str, dict[str, str]] = {}

    def tries(self, path: str) -> str:
        """Return what tells that a policy is tried on a file, in words; ``""`` for any other."""
        folder = posixpath.dirname(path)
        while folder and path not in self._in(folder):
            folder = posixpath.dirname(folder)
        return self._in(folder).get(path, "")

    def _in(self, folder: str) -> dict[str, str]:
        if folder not in self._named:
            names = self._context.listing(folder or ".")
            found: dict[str, str] = {}
            for name in _NAMES:
                for each in self._objects(posixpath.join(folder, name)) if name in names else ():
                    path = posixpath.normpath(posixpath.join(folder, each.content))
                    at = each.span
                    found.setdefault(path, f"a policy is tried on it, and nothing starts it: {at.path}:{at.line}")
            self._named[folder] = found
        return self._named[folder]

    def _objects(self, path: str) -> Iterator[Node]:
        tree = self._context.tree(path)
        for suite in tree.documents if tree is not None else ():
            if suite["apiVersion"].content.startswith(_GROUPS):
                for test in suite["tests"]:
                    yield from (case["object"] for case in test["cases"] if case["object"].is_scalar)
                yield from (each for each in suite["resources"] if each.is_scalar)
