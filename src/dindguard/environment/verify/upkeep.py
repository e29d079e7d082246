"""Checks of storage, limits and life: that the environment works, and ends."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from datetime import datetime
from typing import Any

from dindguard.engine_client import EngineFacts
from dindguard.environment import bodies, labels
from dindguard.environment.plan import Ground
from dindguard.environment.verify.answers import Answers
from dindguard.environment.verify.mounts import file_system_of
from dindguard.environment.verify.result import Check, Judgement, failed, passed, require, unknown

# Which file systems can carry the writable layer of an overlay (Linux, fs/overlayfs; observed for overlay itself:
# "filesystem on … not supported as upperdir").
_OVERLAY = {"overlay2", "overlayfs"}
_BELOW_OVERLAY = {"ext4", "xfs", "btrfs", "tmpfs", "zfs", "f2fs"}
_NETWORK_FILE_SYSTEMS = {"nfs", "nfs4", "cifs", "smb3", "9p", "ceph"}
_COUNTED = {"memory", "pids", "cpu"}
_PAGE = 65536  # the kernel rounds a limit down to whole pages, and they have up to 64 KiB
_HEALTH_PATIENCE = 60.0
_CLOCK_SLACK = 10.0
# Where engines, their entry points and the probes write. A key of its own is in /etc/docker or below a home.
_WRITTEN_BY_ENGINES = re.compile(
    r"/(?:run|var|tmp|certs|dev|sys|proc|(?:root|home/[^/]+)/\.(?:local|cache))(?:/|$)"
    r"|/(?:etc|(?:root|home/[^/]+)/\.config)/docker/key\.json$"
    r"|/opt(?:/containerd(?:/(?:bin|lib))?)?$"
    r"|/(?:usr/)?sbin/docker-init$"  # the engine mounts its own over it
    r"|/workspace$"  # where a volume is mounted
    r"|/etc/(?:hosts|hostname|resolv\.conf|mtab)$"
)


def _inner_run(answers: Answers) -> Judgement:
    made, ran = answers.probe("inner-image"), answers.probe("inner-run")
    if not made.ok:
        return failed(f"no image could be made: {made.output or 'no answer'}")
    works = ran.ok and "inner-container-ran" in ran.output
    return require(works, "an inner container ran", f"it did not run: {ran.output or 'no answer'}")


def _driver(answers: Answers) -> Judgement:
    info = answers.inner()
    driver, root = str(info.get("Driver", "")), str(info.get("DockerRootDir", ""))
    _, kind = file_system_of(root, answers.probe("mounts").output)
    if not driver or not kind:
        return unknown("the nested engine did not tell its storage driver")
    seen = f"{driver} on {kind}"
    if driver == "vfs":
        return failed(f"{seen}: every container copies its whole image")
    if driver in _OVERLAY:
        return require(kind in _BELOW_OVERLAY, seen, f"{seen}: the kernel does not support it")
    if driver == "fuse-overlayfs":
        return require(kind not in _NETWORK_FILE_SYSTEMS, f"{seen}: slower than overlay2, and right", seen)
    return require(driver == kind, seen, f"{seen}: the driver and the file system do not belong together")


def _data_root(answers: Answers) -> Judgement:
    root = str(answers.inner().get("DockerRootDir", ""))
    if not root:
        return unknown("the nested engine did not tell its data root")
    mounts = {mount.get("Destination"): mount for mount in answers.daemon["Mounts"]}
    mount = mounts.get(root)
    own = labels.object_name(answers.labels[labels.ENVIRONMENT], labels.DATA)
    if mount is None or mount.get("Name") != own:
        return failed(f"{root} is not on the volume {own}")
    # The engine hands out a volume that exists already as if it had been made now.
    prefix, run = labels.object_name(answers.labels[labels.ENVIRONMENT], ""), answers.labels.get(labels.RUN)
    older = sorted(
        name
        for name, volume in answers.volumes.items()
        if name.startswith(prefix) and (volume.get("Labels") or {}).get(labels.RUN) != run
    )
    return require(not older, f"{root} is on a volume made for it", f"older than the daemon: {', '.join(older)}")


def _exclusive(answers: Answers) -> Judgement:
    """Of all volumes of the engine but the certificates and the workspace, which are for clients too."""
    name = answers.labels[labels.ENVIRONMENT]
    own, daemon = (labels.object_name(name, role) for role in (labels.DATA, labels.DAEMON))
    if daemon not in answers.users.get(own, []):
        return unknown(f"the engine does not list the daemon as a user of {own}")
    shared = labels.object_name(name, labels.CERTIFICATES)
    others = sorted(
        {user for volume, users in answers.users.items() if volume != shared for user in users} - {daemon}
    )
    return require(not others, "no other container mounts the data root", f"also: {', '.join(others)}")


def _limits_set(answers: Answers) -> Judgement:
    """As asked for, and below what the machine has: a limit above that stops nothing."""
    host, asked = answers.host, bodies.daemon(answers.plan)["HostConfig"]
    given = {field: int(host.get(field) or 0) for field in ("Memory", "MemorySwap", "NanoCpus", "PidsLimit")}
    wrong = [
        f"{field} is {value}, asked for {asked[field]}" for field, value in given.items() if value != asked[field]
    ]
    if wrong:
        return failed("; ".join(wrong))
    pid_max = answers.probe("pid-max").output.strip()
    memory, processors = int(answers.outer.get("MemTotal") or 0), int(answers.outer.get("NCPU") or 0)
    told = f"{given['Memory'] >> 20} MiB, {given['NanoCpus'] / 1e9:g} processors, {given['PidsLimit']} processes"
    if not memory or not processors or not pid_max.isdigit():
        return unknown(f"{told}; the machine's own size could not be read")
    vain = [
        f"{what} {limit} of {there}"
        for what, limit, there in (
            ("memory", given["Memory"], memory),
            ("processors", given["NanoCpus"] / 1e9, processors),
            ("processes", given["PidsLimit"], int(pid_max)),
        )
        if limit > there or (limit == there and what != "processors")
    ]
    return require(not vain, told, f"above what the machine has, so it stops nothing: {', '.join(vain)}")


def cgroup_paths(text: str) -> dict[str, str]:
    """Return the path by controller list from ``/proc/PID/cgroup``; the unified hierarchy's key is empty."""
    rows = (line.split(":", 2) for line in text.splitlines() if line.count(":") >= 2)
    return {controllers: path for _, controllers, path in rows}


def _escaped(own: dict[str, str], inner: dict[str, str], private: bool) -> list[str]:
    """Return the controllers in which an inner container is not counted with its engine's container."""
    counting = {name: path for name, path in own.items() if _COUNTED & set(name.split(","))}
    # With version 2 alone there is one hierarchy, and its name is empty.
    return sorted(
        name or "all controllers"
        for name, path in (counting or own).items()
        if not _is_below(inner.get(name, ""), path, private)
    )


def _is_below(inner: str, own: str, private: bool) -> bool:
    if not inner or inner.startswith("/.."):
        return False
    if private:  # the root that both paths are told from is the container's own
        return True
    # With version 2 the image moves the engine into a leaf, next to which the inner containers are made.
    base = own.removesuffix("/init").rstrip("/")
    return inner == base or inner.startswith(base + "/")


def _limits_hold(answers: Answers) -> Judgement:
    """The kernel's own files hold the limits, and inner containers are counted with the outer one."""
    asked = bodies.daemon(answers.plan)["HostConfig"]
    wrong = list(_not_in_force(answers, asked))
    if wrong:
        return failed(f"in the kernel: {', '.join(wrong)}")
    own, inner = (cgroup_paths(answers.probe(name).output) for name in ("cgroup", "inner-cgroup"))
    if not own or not inner or not answers.probe("inner-cgroup").ok:
        return unknown("no inner container could be found in the control groups")
    private = answers.host.get("CgroupnsMode") == "private"
    outside = _escaped(own, inner, private)
    return require(
        not outside,
        "inner containers are counted within the daemon's own limits",
        f"inner containers escape the limits of {', '.join(outside)}",
    )


def _not_in_force(answers: Answers, asked: dict[str, Any]) -> Iterator[str]:
    """Compare the kernel's numbers with those asked for.

    Version 1 counts swap with the memory and writes "no limit" as a huge number or -1; version 2 counts swap alone
    and writes "max". Processors are a share of a period of 100 ms unless the file tells another.
    """
    unified = answers.outer.get("CgroupVersion") == "2"
    swap = asked["MemorySwap"] - (asked["Memory"] if unified else 0)
    for probe, wanted, slack in (
        ("memory-limit", asked["Memory"], _PAGE),
        ("swap-limit", swap, _PAGE),
        ("process-limit", asked["PidsLimit"], 1),
        ("processor-limit", asked["NanoCpus"] // 10_000, 1),
    ):
        answer = answers.probe(probe)
        value = (answer.output.split() or [""])[0]
        if not answer.ok or not value.isdigit() or not 0 <= wanted - int(value) < slack:
            yield f"{probe} {value or 'unknown'} instead of {wanted}"


def _logs(answers: Answers) -> Judgement:
    log = answers.host.get("LogConfig") or {}
    size = (log.get("Config") or {}).get("max-size", "")
    bounded = log.get("Type") in {"local", "none"} or bool(size)
    return require(bounded, f"the log ends at {size or log.get('Type')}", "the log has no limit")


def _pinned(answers: Answers) -> Judgement:
    """Both images are those of the plan, by id, and a registry's digest still stands for that id."""
    plan = answers.plan
    for what, pinned, image in (
        ("engine", plan.daemon_image, answers.image),
        ("client", plan.client_image, answers.client_image),
    ):
        if "sha256:" not in pinned.reference:
            return failed(f"the {what}'s image is named by {pinned.reference or 'nothing'}, which is no digest")
        if image.get("Id") != pinned.id:
            return failed(f"the {what}'s image is {image.get('Id') or 'gone'}, planned {pinned.id}")
        if "@" in pinned.reference and pinned.reference not in (image.get("RepoDigests") or ()):
            return failed(f"{pinned.reference} does not stand for the {what}'s image")
        if "@" not in pinned.reference and pinned.reference != pinned.id:
            return failed(f"the {what}'s image is named by another id: {pinned.reference}")
    where = "" if "@" in plan.daemon_image.reference else " (made locally: no registry knows it)"
    return passed(f"{plan.daemon_image.reference}{where}")


def _same_machine(answers: Answers) -> Judgement:
    """What the plan was made for is what is there."""
    planned, facts = answers.plan.ground, EngineFacts.read(answers.outer, ".".join(map(str, answers.plan.ground.api)))
    now = Ground.of(facts)
    changed = [
        f"{field.name} {getattr(now, field.name)}, planned for {getattr(planned, field.name)}"
        for field in fields(Ground)
        if getattr(now, field.name) != getattr(planned, field.name)
    ]
    return require(not changed, "the outer engine is the one that it was planned for", "; ".join(changed))


def _healthy(answers: Answers) -> Judgement:
    status = str((answers.daemon["State"].get("Health") or {}).get("Status", "no health check"))
    return require(status == "healthy", status, status)


def _ends(answers: Answers) -> Judgement:
    """The health check stops the engine when its time is over: it is the planned one, and it is being asked."""
    plan = answers.plan
    if answers.labels.get(labels.EXPIRES) != labels.timestamp(plan.expires):
        return failed(f"the label tells another end than the plan: {answers.labels.get(labels.EXPIRES) or 'none'}")
    restart = (answers.host.get("RestartPolicy") or {}).get("Name", "")
    if restart not in {"", "no"}:
        return failed(f"it is started again by itself: {restart}")
    if answers.daemon["Config"].get("Healthcheck", {}).get("Test") != bodies.daemon(plan)["Healthcheck"]["Test"]:
        return failed("the health check that would stop it has been changed")
    if plan.expires <= answers.taken:
        return failed("its time to live is over")
    if plan.on_podman:
        return _clocked(answers)
    asked = [_moment(entry.get("Start")) for entry in (answers.daemon["State"].get("Health") or {}).get("Log") or ()]
    if not asked or answers.taken - max(asked) > _HEALTH_PATIENCE:
        return failed("the engine does not ask the health check that would stop it")
    return passed(f"until {answers.labels[labels.EXPIRES]}")


def _clocked(answers: Answers) -> Judgement:
    """Where nobody asks the health check: a clock was started before the engine, and runs."""
    plan = answers.plan
    if answers.daemon["Config"].get("Entrypoint") != bodies.daemon(plan)["Entrypoint"]:
        return failed("it was started without the clock that would stop it")
    words = answers.probe("clock").output.split()
    start = _moment(answers.daemon["State"].get("StartedAt"))
    if words[:1] != ["timeout"] or len(words) < 2 or not words[1].isdigit():
        return failed("the clock that would stop the engine does not run")
    late = start + int(words[1]) - plan.expires
    if late > _CLOCK_SLACK:
        return failed(f"its clock ends it {late:.0f} s after its time")
    return passed(f"until {answers.labels[labels.EXPIRES]}, by a clock in its container")


def _moment(stamp: object) -> float:
    """Seconds since the epoch of an engine's time, which has nine decimals and a zone."""
    match = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)", str(stamp))
    return datetime.fromisoformat(match[1] + match[2]).timestamp() if match else 0.0


def _zombies(answers: Answers) -> Judgement:
    answer = answers.probe("zombies")
    if not answer.ok or not answer.output.strip().isdigit():
        return unknown("dead processes could not be counted")
    count = int(answer.output)
    return require(
        not count, "process 1 reaps: none after the inner containers", f"{count} dead processes are not reaped"
    )


def _unchanged(answers: Answers) -> Judgement:
    """Nothing of the image was replaced: programs, libraries and configuration are what the digest stands for."""
    parents = {path[:end] for path in answers.changes for end in range(1, len(path)) if path[end] == "/"}
    own = {"/etc"} if answers.plan.on_podman else set()  # where it writes without telling what
    foreign = sorted(path for path in set(answers.changes) - parents - own if not _WRITTEN_BY_ENGINES.match(path))
    shown = ", ".join(foreign[:5]) + (f" and {len(foreign) - 5} more" if len(foreign) > 5 else "")
    return require(not foreign, "nothing of the image was changed", f"not as in the image: {shown}")


CHECKS = (
    Check("inner-container-runs", _inner_run, "look at the answer: it names what the kernel or the engine refused"),
    Check("storage-driver", _driver, "put the engine's data on ext4 or xfs, or add fuse-overlayfs to the image"),
    Check("data-root-own-volume", _data_root, "use the image that belongs to the level: rootless or not"),
    Check("data-root-exclusive", _exclusive, "stop the other container: two engines on one data root destroy it"),
    Check("limits-set", _limits_set, "turn on the memory (with swap), pids and cpu controllers on the engine's host"),
    Check("limits-hold", _limits_hold, "enable the memory, pids and cpu controllers on the engine's host"),
    Check("log-limited", _logs, "dindguard env down, then up: the object was not made by this tool"),
    Check("image-pinned", _pinned, "dindguard env down, then up: the object was not made by this tool"),
    Check("same-machine", _same_machine, "dindguard env down, then up: it was planned for another machine"),
    Check("healthy", _healthy, "look at the daemon's log"),
    Check("no-zombies", _zombies, "start it with an init process (--init, init: true)"),
    Check("image-unchanged", _unchanged, "dindguard env down, then up; and find out who changed it"),
    Check("time-to-live", _ends, "dindguard env down, then up"),
)
