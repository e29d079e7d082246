"""Who else lives by what is written at a place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from dindguard.findings import Finding
from dindguard.fixes.locating import Chain, aliases, anchor
from dindguard.fixes.splices import RefusedError
from dindguard.model.container import Container, ContainerKind, Environment
from dindguard.model.model import Model
from dindguard.rules import blamed
from dindguard.source import Span

Place = tuple[str, int, int]

_OTHERS = frozenset({"workload", "given_by", "storage", "origin", "activity", "purpose", "standing"})
"""What leads from a container to other objects, or is concluded: no setting of its own."""


class Users:
    """Which containers have a setting that is written at a place."""

    def __init__(self, model: Model) -> None:
        self._users: dict[Place, list[Container]] = {}
        for container in model.each(Container):
            for span in _spans(container, 0):
                self._users.setdefault((span.path, span.line, span.column), []).append(container)

    def beside(self, subjects: Iterable[Any]) -> Callable[[Span], list[str]]:
        """Return what tells who uses what is written at a place, but for the containers that ``subjects`` are about.

        A job and its services share their variables by nature: what serves one of them is no other's.
        """
        own = [each for each in map(blamed, subjects) if isinstance(each, Container)]
        same = {(each.span, each.address) for each in own}
        jobs = {each.workload for each in own if each.kind in _JOB}

        def others(span: Span) -> list[str]:
            return sorted(
                {
                    each.address
                    for each in self._users.get((span.path, span.line, span.column), ())
                    if (each.span, each.address) not in same and not (each.kind in _JOB and each.workload in jobs)
                }
            )

        return others if own else lambda _: []


_JOB = (ContainerKind.JOB, ContainerKind.JOB_SERVICE, ContainerKind.STEP)


def _spans(value: Any, depth: int) -> Iterator[Span]:
    """Yield where the settings of a container are written."""
    if isinstance(value, Span):
        yield value
    elif isinstance(value, (tuple, Environment)):
        for each in value:
            yield from _spans(each, depth)
    elif depth < _DEPTH:
        for field in getattr(value, "__record_fields__", ()):
            if field.name not in _OTHERS:
                yield from _spans(getattr(value, field.name, None), depth + 1)


_DEPTH = 4
"""A container's parts hold parts, and those hold texts."""


def check_anchors(chain: Chain, finding: Finding) -> None:
    """Refuse what aliases repeat, unless there are as many subjects as uses."""
    for node in chain:
        name = anchor(node)
        uses = aliases(node.source.text, name) if name else 0
        if uses and uses + 1 > len(finding.subjects) + _is_pattern(chain):
            raise RefusedError(f"others use it too (anchor '{name}')")


def _is_pattern(chain: Chain) -> bool:
    """Whether it stands in an extension field, which is no service by itself."""
    return len(chain) > 1 and chain[1].name.startswith(("x-", "."))
