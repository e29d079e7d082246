"""How much of Helm's charts is read in place: run it on a folder of chart repositories.

    python benchmarks/chart_templates.py FOLDER...

For the templates below each folder (``templates/**.yaml``, tests and notes of charts left out) it prints how many are
read whole, in part, and not at all; for how many uses of ``securityContext`` the chart's own values tell what is in
it; the same for each setting of :data:`SETTINGS` that an action fills; and the CPU seconds it took.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from dindguard.documents.template.actions import Dialect
from dindguard.documents.template.reading import Templates
from dindguard.documents.template.template import Template
from dindguard.documents.tree import Kind, Node
from dindguard.source import Source
from dindguard.working_tree import WorkingTree

SETTINGS = {
    "privileged": (7, 7), "hostPID": (7, 8), "hostNetwork": (42, 49), "runtimeClassName": (10, 12),
    "replicas": (395, 423), "runAsUser": (80, 91), "image": (660, 1060), "mountPath": (203, 347), "path": (200, 484),
}  # fmt: skip
"""Settings, with how many of how many uses are known at least, on the eight repositories that were studied."""


class Count:
    """What was counted over all templates."""

    def __init__(self) -> None:
        self.templates: Counter[str] = Counter()
        self.contexts: Counter[str] = Counter()
        self.settings: Counter[tuple[str, str]] = Counter()
        self.faults: list[str] = []

    def add(self, source: Source, templates: Templates) -> None:
        """Read one template."""
        tree = templates.read(source, Dialect.GO)
        holds = bool(Template(source, Dialect.GO).documents())
        self.templates["whole" if not tree.notices else "part" if holds else "not"] += 1
        self.faults += [f"{notice.span}: {notice.message}" for notice in tree.notices]
        for document in tree.documents:
            for node in document.walk():
                self._look(node)

    def _look(self, node: Node) -> None:
        for key, value in node.pairs():
            if key.content == "securityContext":
                self.contexts[_origin(value)] += 1
            elif key.content in SETTINGS and value.kind is Kind.SCALAR and value.filled is not None:
                self.settings[key.content, _known(value)] += 1


def _origin(value: Node) -> str:
    """Return where the content of a ``securityContext`` comes from."""
    if value.filled is not None:
        return "not set by the chart's values" if _unset(value) else "unknown"
    if value.is_null:
        return "empty in the chart's values"
    return "values" if any(step.what == "set here" for step in value.trail) else "template"


def _unset(value: Node) -> bool:
    name = value.filled.variable if value.filled is not None else ""
    return name.lstrip("$").startswith(".") and " " not in name


def _known(value: Node) -> str:
    text = value.filled
    if text is not None and text.known:
        return "known"
    return "unset" if _unset(value) else "unknown"


def templates_below(folder: Path) -> Iterator[Path]:
    """Yield the templates of the charts below a folder."""
    for path in sorted(folder.rglob("templates/**/*")):
        if path.suffix in (".yaml", ".yml") and path.is_file():
            yield path


def main(folders: list[str]) -> None:
    """Print the counts for all folders together."""
    count = Count()
    start = time.process_time()
    for folder in folders:
        files = WorkingTree(folder)
        reader = Templates(files)
        for path in templates_below(Path(folder)):
            source = files.open(path.relative_to(folder).as_posix())
            if source is not None:
                count.add(source, reader)
    spent = time.process_time() - start
    total = sum(count.templates.values())
    print(
        f"templates: {total}, whole {count.templates['whole']} ({count.templates['whole'] / max(total, 1):.1%}), in part "
        f"{count.templates['part']}, not {count.templates['not']}; {spent:.1f} s CPU"
    )
    print("securityContext:", dict(count.contexts))
    for name, (least, of) in SETTINGS.items():
        found = ", ".join(f"{count.settings[name, what]} {what}" for what in ("known", "unset", "unknown"))
        print(f"  {name:18} {found} (studied: {least} of {of})")
    for fault in count.faults:
        print("  ", fault)


if __name__ == "__main__":
    main(sys.argv[1:])
