"""Who reaches what: nodes in five columns and the edges between them, free of any way of drawing."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from enum import Enum
from functools import cached_property

from dindguard.model.container import Container
from dindguard.records import field, record
from dindguard.rules import Severity
from dindguard.source import Span


class Kind(Enum):
    """What a node stands for: its word and its column, from those who act to what they reach."""

    OUTSIDER = ("outsider", 0)
    """Somebody outside the files: whoever reaches the host."""
    CONTAINER = ("container", 0)
    NETWORK = ("network", 1)
    SOCKET = ("socket", 2)
    """An engine's socket on its host, as a container gets it."""
    LISTENER = ("listener", 2)
    """An address at which an engine takes commands."""
    PROXY = ("socket proxy", 2)
    PRIVILEGE = ("privilege", 2)
    """What leads to the host without an engine: privileged mode, its root directory, weak isolation."""
    ENGINE = ("engine", 3)
    STORAGE = ("storage", 4)
    """Where engines keep their state."""
    MACHINE = ("machine", 4)

    @property
    def word(self) -> str:
        """The kind in plain words."""
        return self.value[0]

    @property
    def column(self) -> int:
        """The column it stands in, from 0."""
        return self.value[1]


HEADINGS = ("who", "over", "through", "engine", "reaches")
"""What the columns are, in order."""


_NAMED = 6
"""Names that a box for several gives."""


@record(kw_only=True)
class Node:
    """One thing of the picture. ``key`` is its name inside the picture; ``notes`` are short lines below its label.

    ``severity`` is the gravest of its open findings. ``root`` tells that it can become root on a machine.
    ``members`` are the names of those that it stands for, when it stands for several who act.
    """

    key: str
    kind: Kind
    label: str
    name: str = ""
    sort: str = ""
    """What sort of container it is, and its own name; both are in the label."""
    notes: tuple[str, ...] = ()
    severity: Severity | None = None
    root: bool = False
    span: Span | None = None
    members: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    """The keys of its members."""
    paths: tuple[str, ...] = ()
    """The files it is written in, where that tells it from others."""
    about: Container | None = None
    """The container that it is, or that it runs in."""
    obeys_anyone: bool = False
    """It is a listener that asks nobody who they are."""

    @property
    def who(self) -> str:
        """The first names of those that it stands for."""
        names = list(dict.fromkeys(self.members))
        return ", ".join([*names[:_NAMED], *(["…"] if len(names) > _NAMED else [])])

    @property
    def lines(self) -> tuple[str, ...]:
        """What a box shows: what it is, whom it stands for, what is known of it, where it is written."""
        label = f"root on {self.label}" if self.kind is Kind.MACHINE and self.root else self.label
        files = self.paths[0] if len(self.paths) == 1 else f"{len(self.paths)} files" if self.paths else ""
        return tuple(line for line in (label, self.who, *self.notes, files) if line)

    @property
    def title(self) -> str:
        """All that is known about it on one line, for a tooltip and for screen readers."""
        words = [f"{self.kind.word}: {self.label}", *self.notes]
        words += [self.who] if self.members else []
        words += (
            [f"in {', '.join(self.paths[:3])}" + (" and others" if len(self.paths) > 3 else "")] if self.paths else []
        )
        words += ["can become root on the machine"] if self.root and self.kind is not Kind.MACHINE else []
        words += [f"gravest finding: {self.severity.word}"] if self.severity is not None else []
        return "; ".join(words)


@record(kw_only=True)
class Edge:
    """``source`` reaches ``target``. ``passes`` tells that this hands on all that the target can do.

    ``way`` tells that it is part of a way to root on a machine.
    """

    source: str
    target: str
    label: str = ""
    passes: bool = True
    way: bool = False


@record(kw_only=True)
class Graph:
    """A picture's nodes and edges; ``counts`` says in words what it shows, ``left_out`` what it does not."""

    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
    counts: tuple[str, ...] = ()
    left_out: tuple[str, ...] = field(default=())

    @cached_property
    def by_key(self) -> dict[str, Node]:
        """The nodes by their keys."""
        return {node.key: node for node in self.nodes}


def leading(edges: Iterable[Edge], ends: Iterable[str]) -> set[str]:
    """Return the keys from which edges that pass lead to ``ends``, those included. Linear in the edges."""
    back: dict[str, list[str]] = defaultdict(list)
    for edge in edges:
        if edge.passes:
            back[edge.target].append(edge.source)
    found = set(ends)
    waiting = deque(found)
    while waiting:
        for key in back[waiting.popleft()]:
            if key not in found:
                found.add(key)
                waiting.append(key)
    return found


def marked(nodes: Sequence[Node], edges: Sequence[Edge]) -> tuple[tuple[Node, ...], tuple[Edge, ...]]:
    """Return nodes and edges that know whether they are on a way to root on a machine."""
    from dindguard.records import replace

    entered = {edge.target for edge in edges if edge.passes}
    roots = leading(edges, (node.key for node in nodes if node.kind is Kind.MACHINE and node.key in entered))
    return (
        tuple(replace(node, root=node.key in roots) for node in nodes),
        tuple(replace(edge, way=edge.passes and edge.target in roots) for edge in edges),
    )
