"""What the templates of a chart write of the values they are given, where the scanned repository has that chart."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from dindguard.formats import Context
from dindguard.patterns import regex
from dindguard.records import record

_ENDINGS = (".yaml", ".yml", ".tpl")
_WHOLE = regex(
    r"toYaml\s+\(?(?:[\w.$]*(?:ecurityContext|ontainers?|idecars?|Values)|\.|\$\w*)(?![\w.])"
    r"|(?:ecurityContext|ontainers?|idecars?|Values|[\s({]\.|\$\w+)\s*\|\s*toYaml"
)
"""Writes a container, or what it may do, as the values have it."""


@record
class Templates:
    """The texts of one chart's templates."""

    text: str

    def write(self, key: str) -> bool:
        """Whether a setting of a container's security context may reach what the chart makes."""
        return key in self.text or _WHOLE.search(self.text) is not None or "tpl " in self.text


def templates_of(chart: str, listed_in: str, context: Context) -> Templates | None:
    """Return the templates of a chart that is named by its folder; ``None`` for any other.

    The folder counts from the root of the repository, or from the file that names it (Helmfile). A chart that depends on others
    may have its pods written by them.
    """
    if "/" not in chart or "://" in chart:
        return None
    for base in dict.fromkeys(("", posixpath.dirname(listed_in))):
        folder = posixpath.normpath(posixpath.join(base, chart.lstrip("/")))
        about = context.open(f"{folder}/Chart.yaml") if not folder.startswith("..") else None
        if about is not None:
            texts = [] if "dependencies:" in about.text else list(_texts(f"{folder}/templates", context))
            return Templates("\n".join(texts)) if texts else None
    return None


def _texts(folder: str, context: Context) -> Iterator[str]:
    waiting = [folder]
    while waiting:
        folder = waiting.pop()
        for name in context.listing(folder):
            source = context.open(f"{folder}/{name}") if name.endswith(_ENDINGS) else None
            if source is not None:
                yield source.text
        waiting += [f"{folder}/{name}" for name in context.folders(folder)]
