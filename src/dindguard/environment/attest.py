"""What a verification proved, as a statement to be signed; and whether the engine that is there is still that one."""

from __future__ import annotations

import uuid
from typing import Any

from dindguard import __version__, attestation
from dindguard.engine_client import Engine
from dindguard.environment import labels
from dindguard.environment.lookup import find_daemon
from dindguard.environment.plan import rebuilt
from dindguard.environment.spec import Isolation
from dindguard.environment.verify import Answers, Report, conformity
from dindguard.errors import ENGINE, INCOMPLETE, UserError
from dindguard.printable import printable

Facts = dict[str, Any]
LASTS = 24 * 3600
_BOOT = "/proc/sys/kernel/random/boot_id"


def statement(answers: Answers, report: Report, nonce: str = "") -> attestation.Statement:
    """Return the statement of a verification that passed; :class:`UserError` (3) for one that did not."""
    if not report.passed:
        raise UserError("what is not verified is not attested", INCOMPLETE)
    plan, outer = answers.plan, answers.outer
    if plan.on_podman:
        raise UserError(
            "Podman gives another id with every answer, so that a statement could be about any of them", ENGINE
        )
    boot = answers.probe("boot-id").output.strip()
    if not boot or not outer.get("ID"):
        raise UserError("the engine's identity or the machine's boot could not be read", INCOMPLETE)
    subjects = {
        f"plan of {plan.spec.name}": plan.digest(),
        f"engine image {plan.daemon_image.reference}": plan.daemon_image.id.removeprefix("sha256:"),
    }
    return attestation.statement(subjects, _predicate(answers, report, boot, nonce or uuid.uuid4().hex))


def _predicate(answers: Answers, report: Report, boot: str, nonce: str) -> Facts:
    """Return what is stated: which engine, which nested one, from which images, and what was checked."""
    plan, outer = answers.plan, answers.outer
    return {
        "environment": plan.spec.name,
        "isolation": plan.isolation.value,
        "isolated": plan.isolation is not Isolation.PRIVILEGED,
        "consent": plan.spec.consent if plan.isolation is Isolation.PRIVILEGED else "",
        "dindguard": __version__,
        "engine": {
            "id": outer["ID"],
            "version": outer.get("ServerVersion"),
            "kernel": outer.get("KernelVersion"),
            "boot": boot,
        },
        "nested": {
            "id": answers.inner().get("ID", ""),
            "container": answers.daemon["Id"],
            "started": answers.daemon["State"].get("StartedAt", ""),
        },
        "images": {
            "engine": {"reference": plan.daemon_image.reference, "id": plan.daemon_image.id},
            "client": {"reference": plan.client_image.reference, "id": plan.client_image.id},
        },
        "plan": plan.digest(),
        "checks": [
            {"check": one.check, "outcome": one.outcome.value, "evidence": one.found} for one in report.results
        ],
        "taken": labels.timestamp(answers.taken),
        "expires": labels.timestamp(answers.taken + LASTS),
        "nonce": nonce,
    }


def refuse_if_over(predicate: Facts, now: float, nonce: str = "") -> None:
    """Raise :class:`UserError` (3) for a statement whose time is over, or that answers another question."""
    end, start = (labels.seconds(str(predicate.get(key, ""))) for key in ("expires", "taken"))
    if end is None or start is None or end - start > LASTS:
        raise UserError("the statement does not say when its time is over", INCOMPLETE)
    if now >= end:
        raise UserError(f"the statement's time was over at {printable(predicate['expires'], 40)}", INCOMPLETE)
    if start > now + 300:
        raise UserError("the statement is from the future: is this clock right, or that one?", INCOMPLETE)
    if nonce and predicate.get("nonce") != nonce:
        raise UserError(
            "the statement answers another question: its nonce is not the one that was asked for", INCOMPLETE
        )


def differences(engine: Engine, predicate: Facts, *, look_inside: bool = True) -> list[str]:
    """Read the engine again and say in words in what it is not the one that was attested; empty: it is.

    Without ``look_inside`` nothing is run in the container, and the boot is told by the container's start alone.
    """
    try:
        daemon = find_daemon(engine, str(predicate.get("environment", "")))
    except UserError as error:  # it is gone or has stopped
        return [str(error).partition("\n")[0]]
    plan = rebuilt(daemon["Config"]["Labels"])
    info = engine.api.info()
    attested, nested = _part(predicate, "engine"), _part(predicate, "nested")
    boot = engine.execute(daemon["Id"], ["cat", _BOOT])[1].strip() if look_inside else attested.get("boot")
    images = _part(predicate, "images")
    found = [
        f"{what} is {printable(now, 80) or 'unknown'}, attested {printable(then, 80) or 'nothing'}"
        for what, now, then in (
            ("the outer engine", info.get("ID"), attested.get("id")),
            ("the kernel", info.get("KernelVersion"), attested.get("kernel")),
            ("the boot", boot, attested.get("boot")),
            ("the container", daemon["Id"], nested.get("container")),
            ("its start", daemon["State"].get("StartedAt"), nested.get("started")),
            ("the plan", plan.digest(), predicate.get("plan")),
            ("the engine's image", daemon.get("Image"), _part(images, "engine").get("id")),
        )
        if now != then or not now
    ]
    network = engine.api.inspect_network(plan.network)
    volumes = {role: engine.api.inspect_volume(role) for role in _names(daemon)}
    image = engine.api.inspect_image(daemon["Image"])
    changed = [
        *conformity.container(plan, daemon, image),
        *conformity.network(plan, network),
        *conformity.volumes(plan, volumes),
    ]
    return found + [str(one) for one in changed]


def doubts(engine: Engine, predicate: Facts) -> list[str]:
    """Say why a statement does not prove the engine that is asked; empty if it does.

    That engine is the nested one itself (a job asks it), or the one below it: then the nested one must still run there, and
    be the one that was attested. Only questions are asked.
    """
    info = engine.api.info()
    if reason := proves(predicate, info):
        return [reason]
    if info["ID"] == _part(predicate, "nested").get("id"):
        return []
    return differences(engine, predicate, look_inside=False)


def proves(predicate: Facts, info: Facts) -> str:
    """Say why a statement is not about an isolated engine, or not about the one that says ``info`` of itself; or nothing."""
    engine, nested = _part(predicate, "engine"), _part(predicate, "nested")
    if predicate.get("isolated") is not True:
        return "what was attested is a privileged engine, which is not isolated from its host"
    if not info.get("ID") or info["ID"] not in (engine.get("id"), nested.get("id")):
        return "it is about another engine"
    if info.get("KernelVersion") != engine.get("kernel"):
        return f"the kernel is {printable(info.get('KernelVersion', ''), 60)}, attested {printable(engine.get('kernel'), 60)}"
    return ""


def _names(daemon: Facts) -> list[str]:
    return sorted(str(mount["Name"]) for mount in daemon["Mounts"] if mount.get("Type") == "volume")


def _part(told: Facts, key: str) -> Facts:
    found = told.get(key)
    return found if isinstance(found, dict) else {}
