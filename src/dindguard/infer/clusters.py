"""Who starts the clusters of configuration files: jobs whose machine ends with them, tests, or somebody else.

Somebody whom no file shows may take such a file, too, so what is concluded weighs less than what a job's own script says.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence

from dindguard.model.container import ContainerKind
from dindguard.model.examples import example_part
from dindguard.model.facts import Assignment
from dindguard.model.invocation import Invocation, InvocationKind
from dindguard.model.values import UNKNOWN_PIECE, Text
from dindguard.model.workload import Workload

_NO_NAMES = frozenset({".", "..", "-", "stdin"})
"""Parts of a path after which alone it names a file of the tree; what comes in by standard input may come from any."""
_ANY = ""
"""The name of a file that a call does not decide: it may be each."""


def settle_clusters(workloads: Iterable[Workload], invocations: Iterable[Invocation]) -> None:
    """Tell the clusters that only tests and jobs on hosted machines start that they do not last.

    A call whose file is called like a cluster's may mean that one, from wherever it runs; one that names it outright must be
    among them.
    """
    calls = _by_file(invocations)
    names = {name for found in calls.values() for _, name in found}
    known: dict[str, Assignment | None] = {}
    for workload in workloads:
        if not workload.containers or workload.containers[0].kind is not ContainerKind.CLUSTER_NODE:
            continue
        file = posixpath.basename(workload.path)
        if file in calls and not names.isdisjoint(_ends(workload.path)):
            if file not in known:
                known[file] = _concluded([call for call, _ in (*calls[file], *calls.get(_ANY, ()))])
            facts = known[file]
            if facts is not None:
                workload.settle(facts)


def _by_file(invocations: Iterable[Invocation]) -> Mapping[str, Sequence[tuple[Invocation, str]]]:
    """Return the calls that start clusters, each with what it names, by the file's own name."""
    found: dict[str, list[tuple[Invocation, str]]] = {}
    for call in invocations:
        if call.kind is InvocationKind.CLUSTER_START:
            named = [_named(text) for text in call.options.get("config", ())] or ([] if call.certain else [_ANY])
            for name in named:
                found.setdefault(posixpath.basename(name), []).append((call, name))
    return found


def _named(text: Text) -> str:
    """Return the end of a path as far as the file decides it, without what leads elsewhere first."""
    parts = text.pattern.split("/")
    aside = [at for at, part in enumerate(parts) if UNKNOWN_PIECE in part or part in _NO_NAMES]
    return "/".join(parts[aside[-1] + 1 :] if aside else parts)


def _ends(path: str) -> Iterator[str]:
    """Yield a path as it is named from each folder above it."""
    parts = path.split("/")
    return ("/".join(parts[at:]) for at in range(len(parts)))


def _concluded(calls: Sequence[Invocation]) -> Assignment | None:
    """Return why what all these calls start does not last; ``None`` if one of them is anybody's."""
    by_jobs = [call for call in calls if _machine(call) is not None]
    by_tests = [call for call in calls if _machine(call) is None and example_part(call.span.path)]
    if len(by_jobs) + len(by_tests) < len(calls):
        return None
    job, test = next(iter(by_jobs), None), next(iter(by_tests), None)
    words = (
        f"jobs on hosted machines, which end with them ({job.span.path})" if job is not None else "",
        f"tests ({test.span.path})" if test is not None else "",
    )
    return Assignment(short_lived=f"only started by {' and by '.join(filter(None, words))}")


def _machine(call: Invocation) -> Text | None:
    """Return the hosted machine that a call runs on."""
    return call.container.hosted_machine if call.container is not None and not call.remote else None
