"""What makes a privileged engine worse than it has to be: ways to the host that need no vulnerability."""

from __future__ import annotations

from dindguard.model.container import Container
from dindguard.source import Step
from dindguard.vocabulary import EngineProduct

_NAMESPACES = {"pid": "processes", "network": "network", "ipc": "interprocess communication", "cgroup": "cgroups"}


def aggravations(container: Container) -> tuple[Step, ...]:
    """Return what brings the host, or strangers, nearer to an engine's container; ``()`` for the tidy set-up.

    A host path that matters, a host namespace that somebody chose, a published port of the engine, an engine
    whose API has no authentication, an image whose tag names no version.
    """
    return (*_mounts(container), *_namespaces(container), *_engine(container), *_image(container))


def _mounts(container: Container) -> list[Step]:
    found = [(mount, path) for mount in container.mounts if (path := mount.host_path) is not None]
    if not found:
        return []
    from dindguard.model import paths

    return [
        Step(f"the host's {mount.shown_path} is mounted", mount.span)
        for mount, path in found
        if paths.classify(path) in paths.LEADS_OUT and not (mount.read_only.on and paths.harmless_read_only(path))
    ]


def _namespaces(container: Container) -> list[Step]:
    return [
        Step(f"it shares the host's {what}", text.span)
        for name, what in _NAMESPACES.items()
        if (text := container.namespaces.host(name)) is not None and text.written
    ]


def _engine(container: Container) -> list[Step]:
    found: list[Step] = []
    engine = container.engine
    for exposure in engine.exposures if engine is not None else ():
        asked = exposure.endpoint.authenticated
        if asked is not None and asked.off and not keeps_privilege(container):
            found.append(Step("its engine's API has no authentication", asked.span))
        if exposure.reach.beyond_the_host:
            found.extend(Step("its engine's port is published", place.span) for place in exposure.because)
    return found


def keeps_privilege(container: Container) -> bool:
    """Whether its clients get none of its privilege: BuildKit's builds may ask for that by an entitlement only."""
    engine = container.engine
    if engine is None or engine.product is not EngineProduct.BUILDKIT:
        return False
    entitled = engine.settings("allow-insecure-entitlement")
    return not any(each.value.unknown or "security.insecure" in each.value.pattern for each in entitled)


def _image(container: Container) -> list[Step]:
    image = container.image
    if image is None or container.build is not None:
        return []
    engine = image.engine
    if engine is None or engine.version is not None or not engine.floating:
        return []
    return [Step("what gets that privilege changes unseen: its image's tag names no version", image.span)]
