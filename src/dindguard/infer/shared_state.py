"""Engines that one machine or one container starts side by side, and that keep their state in one directory.

The facts: docs/engine-facts.md, "Shared data roots".
"""

from __future__ import annotations

from collections.abc import Iterable

from dindguard.model.container import Container
from dindguard.model.engine import Engine, Machine
from dindguard.model.facts import Sharing
from dindguard.model.mount import MountKind, Storage
from dindguard.vocabulary import EngineProduct

_OWN = ("pidfile", "exec-root")
"""What a second ``dockerd`` needs for itself beside the first (docker/cli docs/reference/dockerd.md)."""


def own_storages(engines: Iterable[Engine]) -> tuple[Storage, ...]:
    """Return the directories in which several engines of one owner keep their state, each with these engines."""
    found: dict[tuple[Container | Machine, str], list[Engine]] = {}
    for engine in engines:
        if engine.product is EngineProduct.DOCKER and engine.launch.certain and engine.data_root.value is not None:
            found.setdefault((engine.owner, engine.data_root.value), []).append(engine)
    groups = ((path, _side_by_side(group)) for (_, path), group in found.items() if len(group) > 1)
    return tuple(_storage(path, group) for path, group in groups if len(group) > 1)


def _side_by_side(engines: Iterable[Engine]) -> list[Engine]:
    """Return those that are meant to run at once: services of one machine, or commands that keep their files apart.

    Of two commands of one script that share a pid file, the second one starts when the first has ended.
    """
    apart: dict[tuple[str, ...], Engine] = {}
    for engine in engines:
        own = tuple(str(setting.value) if (setting := engine.setting(name)) is not None else "" for name in _OWN)
        apart.setdefault((engine.address,) if engine.container is None else own, engine)
    return list(apart.values())


def _storage(path: str, engines: list[Engine]) -> Storage:
    first = engines[0]
    kind = MountKind.HOST if first.container is None else MountKind.OTHER
    storage = Storage(identity=f"{first.span.path}:{path}", name=path, kind=kind, span=first.span)
    storage.settle(Sharing(engines=tuple(engines)))
    return storage
