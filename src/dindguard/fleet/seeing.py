"""Whether the workers of a cluster see what they need, and are of one mind with the driver; asked before anything else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import islice
from typing import TYPE_CHECKING

from dindguard.errors import UserError
from dindguard.fleet.sources import sources as listed
from dindguard.fleet.task import FAILED
from dindguard.printable import printable

if TYPE_CHECKING:
    from dindguard.fleet.cluster import Cluster
    from dindguard.fleet.request import Asking

_LOOKED_AT = 20
"""So many of the sources are looked for on every worker; one that is missing later is quarantined by itself."""


@contextmanager
def checked(opening: AbstractContextManager[Cluster], sources: tuple[str, ...], asking: Asking) -> Iterator[Cluster]:
    """Give the cluster once its workers were asked; raises :class:`UserError` that says which one lacks what."""
    with opening as cluster:
        paths = [asking.marker, *filter(None, [asking.policy])]
        paths += [source.path for source in islice(listed(sources), _LOOKED_AT)]
        answers = cluster.probed([path for path in paths if "\n" not in path])
        if not answers:
            raise UserError("--scheduler: it has no workers that answer: start some, or use --workers")
        for address, said in answers.items():
            _check(printable(address, 80), said, asking)
        yield cluster


def _check(worker: str, said: object, asking: Asking) -> None:
    if not isinstance(said, str) or said.startswith(FAILED):
        what = printable(said) if isinstance(said, str) else "something else than a text"
        raise UserError(f"worker {worker} answers {what}: install dindguard {asking.dindguard} there")
    version, rules, missing = (*said.split(" ", 2), "", "")[:3]
    if (version, rules) != (asking.dindguard, asking.rules):
        raise UserError(
            f"worker {worker} has dindguard {printable(version, 30)}, or other rules: install {asking.dindguard} there"
        )
    if missing:
        raise UserError(
            f"worker {worker} does not see {printable(missing)}: sources, policy and --out must lie where every worker "
            "sees them under the same path (a shared file system)"
        )
