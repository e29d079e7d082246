"""Checks of storage, limits and life: that the environment works, and ends."""

from __future__ import annotations

from dindguard.environment import labels
from dindguard.environment.verify.answers import Answers
from dindguard.environment.verify.result import Check, Judgement, failed, passed, require, unknown

# Which file systems can carry the writable layer of an overlay (Linux, fs/overlayfs; observed for overlay itself:
# "filesystem on … not supported as upperdir").
_OVERLAY = {"overlay2", "overlayfs"}
_BELOW_OVERLAY = {"ext4", "xfs", "btrfs", "tmpfs", "zfs", "f2fs"}
_NETWORK_FILE_SYSTEMS = {"nfs", "nfs4", "cifs", "smb3", "9p", "ceph"}
_COUNTED = {"memory", "pids", "cpu"}
_LIMITS = ("memory-limit", "process-limit", "processor-limit")


def _inner_run(answers: Answers) -> Judgement:
    made, ran = answers.probe("inner-image"), answers.probe("inner-run")
    if not made.ok:
        return failed(f"no image could be made: {made.output or 'no answer'}")
    works = ran.ok and "inner-container-ran" in ran.output
    return require(works, "an inner container ran", f"it did not run: {ran.output or 'no answer'}")


def file_system_of(path: str, mounts: str) -> tuple[str, str]:
    """Return mount point and type of the file system that holds ``path``, from ``/proc/self/mountinfo``."""
    best = ("", "")
    for line in mounts.splitlines():
        left, _, right = line.partition(" - ")
        fields, kind = left.split(), right.split()
        if len(fields) < 5 or not kind:
            continue
        point = fields[4]
        inside = path == point or path.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best[0]):
            best = (point, kind[0])
    return best


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
    own = labels.object_name(answers.labels[labels.ENVIRONMENT], labels.DATA)
    users = answers.users.get(own, [])
    daemon = labels.object_name(answers.labels[labels.ENVIRONMENT], labels.DAEMON)
    others = sorted(set(users) - {daemon})
    if daemon not in users:
        return unknown(f"the engine does not list the daemon as a user of {own}")
    return require(not others, "no other container mounts the data root", f"also: {', '.join(others)}")


def _limits_set(answers: Answers) -> Judgement:
    host = answers.host
    memory, swap = int(host.get("Memory") or 0), int(host.get("MemorySwap") or 0)
    cpus, pids = int(host.get("NanoCpus") or 0), int(host.get("PidsLimit") or 0)
    missing = [
        what
        for what, there in (
            ("memory", memory > 0),
            ("swap", swap == memory),
            ("processors", cpus > 0),
            ("processes", pids > 0),
        )
        if not there
    ]
    told = f"{memory >> 20} MiB, {cpus / 1e9:g} processors, {pids} processes"
    return require(not missing, told, f"no limit for {', '.join(missing)}")


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
    unlimited = [name for name in _LIMITS if not _is_finite(answers, name)]
    if unlimited:
        return failed(f"the kernel shows no limit: {', '.join(unlimited)}")
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


def _is_finite(answers: Answers, probe: str) -> bool:
    answer = answers.probe(probe)
    value = (answer.output.split() or [""])[0]
    # Version 1 writes "no limit" as a number close to 2^63, or as -1 for processors; version 2 as "max".
    return answer.ok and value.isdigit() and 0 < int(value) < 1 << 60


def _logs(answers: Answers) -> Judgement:
    log = answers.host.get("LogConfig") or {}
    size = (log.get("Config") or {}).get("max-size", "")
    bounded = log.get("Type") in {"local", "none"} or bool(size)
    return require(bounded, f"the log ends at {size or log.get('Type')}", "the log has no limit")


def _pinned(answers: Answers) -> Judgement:
    used, named = str(answers.daemon.get("Image", "")), answers.labels.get(labels.DAEMON_IMAGE, "")
    if "sha256:" not in named or not used.startswith("sha256:"):
        return failed(f"runs {named or 'an unnamed image'}, which is no digest")
    where = "" if "@" in named else " (made locally: no registry knows it)"
    return passed(f"{named}{where}")


def _healthy(answers: Answers) -> Judgement:
    status = str((answers.daemon["State"].get("Health") or {}).get("Status", "no health check"))
    return require(status == "healthy", status, status)


def _ends(answers: Answers) -> Judgement:
    end = labels.seconds(answers.labels.get(labels.EXPIRES, ""))
    restart = (answers.host.get("RestartPolicy") or {}).get("Name", "")
    if end is None:
        return failed("it has no time to live")
    if restart not in {"", "no"}:
        return failed(f"it is started again by itself: {restart}")
    return require(end > answers.taken, f"until {answers.labels[labels.EXPIRES]}", "its time to live is over")


CHECKS = (
    Check("inner-container-runs", _inner_run, "look at the answer: it names what the kernel or the engine refused"),
    Check("storage-driver", _driver, "put the engine's data on ext4 or xfs, or add fuse-overlayfs to the image"),
    Check("data-root-own-volume", _data_root, "use the image that belongs to the level: rootless or not"),
    Check("data-root-exclusive", _exclusive, "stop the other container: two engines on one data root destroy it"),
    Check("limits-set", _limits_set, "turn on the memory (with swap), pids and cpu controllers on the engine's host"),
    Check("limits-hold", _limits_hold, "enable the memory, pids and cpu controllers on the engine's host"),
    Check("log-limited", _logs, "dindguard env down, then up: the object was not made by this tool"),
    Check("image-pinned", _pinned, "dindguard env down, then up: the object was not made by this tool"),
    Check("healthy", _healthy, "look at the daemon's log"),
    Check("time-to-live", _ends, "dindguard env down, then up"),
)
