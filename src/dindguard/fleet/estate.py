"""What runs, and who commands what: the model as rows of the dataset."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from dindguard.fleet.schema import ACCESSES, CONTAINERS
from dindguard.fleet.staging import Filled, Row
from dindguard.model.engine import Endpoint, Engine, Machine, Owner
from dindguard.model.mount import Mount
from dindguard.model.values import Flag, Text

if TYPE_CHECKING:
    from dindguard.fleet.wording import Wording
    from dindguard.model.access import Access
    from dindguard.model.container import Container
    from dindguard.report import Report


def containers(report: Report, wording: Wording) -> Iterator[Row]:
    """Yield a row for each container, then one for each engine of a machine."""
    row = Filled(CONTAINERS).row
    for container in report.model.containers:
        yield row(
            **wording.of,
            **wording.place(container.span),
            **_workload(container, wording),
            **(_engine(container.engine, wording) if container.engine is not None else {}),
            **wording.way(container.escape.steps if container.escape is not None else ()),
            name=wording.text(container.name),
            address=wording.text(container.address),
            kind=container.kind.value,
            role=container.role.value,
            image=wording.text(container.image) if container.image is not None else "",
            privileged=wording.flag(container.privileged),
            as_root=wording.flag(container.as_root),
            sandbox=container.sandbox.value,
            owners=wording.owners(container.span.path),
        )
    for engine in report.model.machine_engines:
        yield row(
            **wording.of,
            **wording.place(engine.span),
            **_engine(engine, wording),
            name=wording.text(engine.owner),
            address=wording.text(engine.address),
            kind="machine",
            role="engine",
            privileged="unknown",
            as_root="unknown",
            sandbox="none",
            owners=wording.owners(engine.span.path),
        )


def _workload(container: Container, wording: Wording) -> dict[str, Any]:
    workload = container.workload
    labels = ", ".join(map(str, workload.runner_labels))
    hosted = container.hosted_machine
    started_by = container.runs_on
    machine = str(started_by) if isinstance(started_by, Machine) and not started_by.own else ""
    return {
        "workload": wording.text(workload.name),
        "workload_kind": workload.kind.value,
        "platform": workload.platform.value,
        "runner": wording.text(labels or (str(hosted) if hosted is not None else machine)),
        "hosted": hosted is not None,
    }


def _engine(engine: Engine, wording: Wording) -> dict[str, Any]:
    version = engine.version or ()
    return {
        "engine": wording.text(engine.product),
        "engine_version": ".".join(map(str, version)),
        "engine_version_sort": ".".join(f"{number:05}" for number in version),
        "engine_rootless": wording.flag(engine.rootless),
        "listens": [wording.text(endpoint) for endpoint in engine.listens],
        "open_to_anyone": any(map(_open_to_anyone, engine.listens)),
        "storage_driver": wording.setting(engine.storage_driver),
        "data_on": engine.backing.value if engine.launch.shown else "",
    }


def _open_to_anyone(endpoint: Endpoint) -> bool:
    return endpoint.scheme == "tcp" and endpoint.authenticated is not None and endpoint.authenticated.off


def accesses(report: Report, wording: Wording) -> Iterator[Row]:
    """Yield a row for each engine that a container can command."""
    row = Filled(ACCESSES).row
    for access in report.model.accesses:
        of_machine = isinstance(access.to, Machine) or access.to.owned_by is Owner.MACHINE
        kind, via = _via(access)
        yield row(
            **wording.of,
            **wording.place(access.span),
            who=wording.text(access.who),
            who_address=wording.text(access.who.address),
            who_path=wording.valid(access.who.span.path),
            to=wording.text(access.to if isinstance(access.to, Machine) else access.to.owner),
            to_address="" if isinstance(access.to, Machine) else wording.text(access.to.address),
            to_machine=of_machine,
            engine=wording.text(access.product),
            via=wording.text(via),
            via_kind=kind,
            permits=access.permits.value,
            proxy=wording.text(access.proxy) if access.proxy is not None else "",
            rootless=access.rootless,
            deliberate=access.deliberate,
            assumed=access.assumed,
            uses=access.uses,
            owners=wording.owners(access.span.path),
        )


def _via(access: Access) -> tuple[str, str]:
    """Return what kind of thing grants an access, and which one."""
    via = access.via
    if isinstance(via, Mount):
        return "mount", str(via.source if via.source is not None else via.target)
    if isinstance(via, Endpoint):
        return "endpoint", str(via)
    if isinstance(via, Text):
        return "setting", str(via)
    return "flag" if isinstance(via, Flag) else "variable", via.name
