"""Which Compose projects only jobs start, each by naming the file: nobody would start such a file by chance."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping, Sequence

from dindguard.model.invocation import Invocation, InvocationKind
from dindguard.model.workload import Workload

_STARTS = frozenset({"compose up", "compose run", "compose create", "compose start", "compose restart"})
_USUAL = frozenset(
    f"{name}{kind}.{ending}" for name in ("compose", "docker-compose") for kind in ("", ".override")
    for ending in ("yaml", "yml")
)  # fmt: skip
"""Files that Compose takes by itself: whoever stands in their folder starts them."""
_GOES_ELSEWHERE = frozenset({"cd", "pushd"})


def starting_calls(
    workloads: Iterable[Workload], invocations: Iterable[Invocation]
) -> Mapping[Workload, tuple[Invocation, ...]]:
    """Return the calls that start each project of which nobody else could start the file, as far as the scan shows."""
    calls = [each for each in invocations if each.kind is InvocationKind.ENGINE_CALL and each.action in _STARTS]
    named = [(call, name) for call in calls for name in _names(call)]
    if not named or any(name is None for _, name in named):
        return {}
    found: dict[Workload, tuple[Invocation, ...]] = {}
    for workload in workloads:
        file = posixpath.basename(workload.address)
        if file not in _USUAL:
            own = [(call, name) for call, name in named if name is not None and posixpath.basename(name) == file]
            if own and all(_certain(call) and name == workload.address for call, name in own):
                found[workload] = tuple(dict.fromkeys(call for call, _ in own))
    return found


def _names(call: Invocation) -> Sequence[str | None]:
    """Return the files that a call names, from where it runs; ``None`` for one that the file does not decide."""
    return [posixpath.normpath(text.value) if text.value else None for text in call.options.get("file", ())]


def _certain(call: Invocation) -> bool:
    """Whether a call is a job's, in the folder in which its script begins."""
    container = call.container
    if container is None or call.remote or not call.certain:
        return False
    return container.programs is not None and not container.programs & _GOES_ELSEWHERE
