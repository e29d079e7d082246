"""Podman as the outer engine: what has to be said to it otherwise than to Docker, and its answers in Docker's words.

Observed with Debian's Podman 4.3.1. It reads a system call filter from a file of its own host and not from the request,
asks health checks by timers of systemd alone, resolves no names where its network has no resolver, lets its networks
reach each other, and tells an object's settings in words of its own.
"""

from __future__ import annotations

import io
import tarfile
from typing import Any

from dindguard.engine_client import Engine
from dindguard.environment import labels
from dindguard.environment.plan import FILTER_NAME, Plan, object_labels
from dindguard.environment.signals import Guard
from dindguard.environment.spec import Isolation
from dindguard.errors import ENGINE, UserError
from dindguard.printable import printable

Body = dict[str, Any]
FILTER_FOLDER = "/filter"
"""Where containers that write or read the file of the filter have its volume."""
ISOLATED = {"isolate": "true"}
"""The option by which networks of Podman that all have it cannot reach each other."""
UNMASKED = "unmask=ALL"
_INIT = ["/run/podman-init", "--"]
_SUFFIX = "rprivate,nosuid,nodev,rbind"
_TUN = "/dev/net/tun"


def daemon(plan: Plan, body: Body) -> Body:
    """Say to Podman what ``body`` says to Docker."""
    host = body["HostConfig"]
    host["LogConfig"] = {"Type": "json-file", "Config": {"max-size": host["LogConfig"]["Config"]["max-size"]}}
    host["Mounts"] = [{key: value for key, value in one.items() if key != "VolumeOptions"} for one in host["Mounts"]]
    if plan.isolation is Isolation.ROOTLESS:
        kept = [option for option in host["SecurityOpt"] if not option.startswith("seccomp=")]
        host["SecurityOpt"] = [f"seccomp={plan.filter_file}", UNMASKED, *kept]
    # Nobody asks the health check where there is no systemd: the end of the time to live is a clock of its own.
    left = f't=$(({plan.expires} - $(date +%s))); [ "$t" -gt 0 ] && exec timeout "$t" "$@"'
    return body | {"Entrypoint": ["/bin/sh", "-c", left, "dindguard", *plan.entry_point]}


def known_as(address: str) -> Body:
    """Return the setting by which a container finds the nested engine at ``address`` under its name."""
    return {"ExtraHosts": [f"docker:{address}"]}


def entry_point(engine: Engine, image: str) -> tuple[str, ...]:
    """Return an image's own entry point, which is started with a clock around it; :class:`UserError` (2) for none."""
    config = engine.api.inspect_image(image).get("Config") or {}
    found = tuple(config.get("Entrypoint") or ())
    if not found:
        raise UserError(f"{printable(image, 80)} has no entry point: does it start a Docker engine?")
    return found


def ask_health(engine: Engine, container: str) -> None:
    """Let Podman ask a container's health check now; one that stopped meanwhile is seen by whoever looks next."""
    try:
        engine.native(f"containers/{container}/healthcheck")
    except Exception as error:
        if getattr(error, "response", None) is None:
            raise


def native(engine: Engine, container: str) -> Body:
    """Return what Podman tells of a container in its own words alone."""
    told = engine.native(f"containers/{container}/json")
    host = told.get("HostConfig") or {}
    return {
        "runtime": told.get("OCIRuntime"),
        "capabilities": told.get("BoundingCaps"),
        "cgroups": host.get("CgroupMode"),
        "log-size": (host.get("LogConfig") or {}).get("Size"),
    }


def network(engine: Engine, plan: Plan) -> Body:
    """Return the inspection of the environment's network, with the options that Podman tells in its own words alone.

    With CNI it forgets them, and keeps what they mean: that other networks are blocked is asked for by a probe.
    """
    found: Body = engine.api.inspect_network(plan.network)
    return found | {"Options": engine.native(f"networks/{plan.network}/json").get("options") or ISOLATED}


def place_filter(engine: Engine, guard: Guard, plan: Plan, profile: str) -> None:
    """Write ``profile`` into the volume from which Podman reads it; :class:`UserError` (5) where it keeps that elsewhere."""
    volume = plan.object_name(labels.FILTER)
    told = f"{engine.api.inspect_volume(volume).get('Mountpoint', '')}/{FILTER_NAME}"
    if told != plan.filter_file:
        raise UserError(
            f"this Podman keeps its volumes at {printable(told)} and not below {printable(plan.ground.root)} "
            "(volume_path in containers.conf), where the system call filter is looked for",
            ENGINE,
        )
    body = {
        "Image": plan.daemon_image.id,
        "Labels": object_labels(plan, labels.PROBE),
        "HostConfig": {"NetworkMode": "none", "Mounts": [filter_mount(plan, read_only=False)]},
    }
    with guard.unbroken():
        unique = labels.passing_name(plan.spec.name, labels.PROBE)
        made = engine.api.create_container_from_config(body, unique)["Id"]
        try:
            engine.api.put_archive(made, FILTER_FOLDER, _archive(FILTER_NAME, profile.encode()))
        finally:
            engine.api.remove_container(made, v=True, force=True)


def filter_mount(plan: Plan, *, read_only: bool = True) -> Body:
    """Return the mount of the filter's volume."""
    source = plan.object_name(labels.FILTER)
    return {"Type": "volume", "Source": source, "Target": FILTER_FOLDER, "ReadOnly": read_only}


def _archive(name: str, content: bytes) -> bytes:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), 0o444
    with io.BytesIO() as written:
        with tarfile.open(fileobj=written, mode="w") as archive:
            archive.addfile(member, io.BytesIO(content))
        return written.getvalue()


def in_dockers_words(planned: Body, runtime: str, inspected: Body, native: Body, image: Body) -> Body:
    """Return Podman's inspection of a container as Docker would have told it.

    ``native`` is what :func:`native` returned, ``image`` the configuration of the container's image. Only the
    exact words of Podman are put into Docker's: what is told otherwise stays as it is, and is a difference to the plan.
    """
    arguments = [inspected.get("Path"), *(inspected.get("Args") or ())]
    if inspected["HostConfig"].get("Init") and arguments[:2] == _INIT:
        arguments = arguments[2:]
    return inspected | {
        "Path": arguments[0] if arguments else "",
        "Args": arguments[1:],
        "Config": _config(inspected["Config"], image, planned["Image"], str(inspected.get("Id", ""))[:12]),
        "HostConfig": _host(planned["HostConfig"], runtime, inspected, native),
    }


def _config(told: Body, image: Body, image_id: str, short_id: str) -> Body:
    own = {"TERM=xterm", "container=podman", f"HOSTNAME={short_id}"}
    if not any(entry.startswith("HOME=") for entry in image.get("Env") or ()):
        own.add("HOME=/root")
    found = told | {"Env": [entry for entry in told.get("Env") or () if entry not in own], "Image": image_id}
    for field, default in (("StopSignal", "15"), ("WorkingDir", "/"), ("Volumes", None)):
        if found.get(field) == default:  # it does not tell whether that was asked for
            found[field] = image.get(field)
    return found


def _host(planned: Body, runtime: str, inspected: Body, native: Body) -> Body:
    told = inspected["HostConfig"]
    found: Body = told | {
        "Runtime": runtime
        if told.get("Runtime") == "oci" and native.get("runtime") == runtime
        else told.get("Runtime"),
        "CgroupnsMode": told.get("CgroupnsMode") or native.get("cgroups"),
        "NetworkMode": _network(told, inspected),
        "PortBindings": _ports(told.get("PortBindings") or {}),
        "Tmpfs": {target: _memory(text) for target, text in (told.get("Tmpfs") or {}).items()},
    }
    found["Mounts"], found["Binds"] = _mounts(told.get("Binds") or [], inspected.get("Mounts") or [])
    found |= _capabilities(told, native) | _processors(told) | _log(told, native)
    for field, word in (("PidMode", "private"), ("UTSMode", "private")):
        if found.get(field) == word:
            found[field] = ""
    if found.get("IpcMode") == "shareable":  # its word for every memory segment that is not another's
        found["IpcMode"] = planned.get("IpcMode")
    if told.get("Devices") == [{"PathOnHost": _TUN, "PathInContainer": _TUN, "CgroupPermissions": ""}]:
        found["Devices"] = planned.get("Devices")  # it tells the device's usual name, and no permissions
    if UNMASKED in (planned.get("SecurityOpt") or ()):  # nor what is unmasked, without which no inner container runs
        found["SecurityOpt"] = [*(told.get("SecurityOpt") or ()), UNMASKED]
    return found


def _memory(options: object) -> object:
    return options.removesuffix(",rprivate,tmpcopyup") if isinstance(options, str) else options


def _network(told: Body, inspected: Body) -> object:
    attached = list((inspected.get("NetworkSettings") or {}).get("Networks") or {})
    return attached[0] if told.get("NetworkMode") == "bridge" and len(attached) == 1 else told.get("NetworkMode")


def _ports(bindings: Body) -> Body:
    """The port that Podman chose on the loopback, as Docker tells it: not at all."""

    def told(one: object) -> object:
        return one | {"HostPort": ""} if isinstance(one, dict) and one.get("HostIp") == "127.0.0.1" else one

    return {port: [told(one) for one in to] if isinstance(to, list) else to for port, to in bindings.items() if to}


def _mounts(binds: list[str], mounts: list[Body]) -> tuple[list[Body], list[str]]:
    """Return the volumes that are told among the folders of the host, and what is left of those."""
    volumes = {
        f"{one.get('Name')}:{one.get('Destination')}:{'rw' if one.get('RW') else 'ro'},{_SUFFIX}": one
        for one in mounts
        if one.get("Type") == "volume"
    }
    asked = [
        {"Type": "volume", "Source": one["Name"], "Target": one["Destination"], "ReadOnly": not one["RW"]}
        for bind in binds
        if (one := volumes.get(bind))
    ]
    return asked, [bind for bind in binds if bind not in volumes]


def _capabilities(told: Body, native: Body) -> Body:
    """What is left to the container says more than how it came about."""
    if told.get("Privileged"):
        return {"CapDrop": None}  # what the machine does not have is told as dropped
    return {"CapDrop": ["ALL"], "CapAdd": native.get("capabilities")}


def _processors(told: Body) -> Body:
    period, quota = told.get("CpuPeriod") or 0, told.get("CpuQuota") or 0
    said_twice = period and quota * 1_000_000_000 == (told.get("NanoCpus") or 0) * period
    return {"CpuPeriod": 0, "CpuQuota": 0} if said_twice else {}


def _log(told: Body, native: Body) -> Body:
    log = told.get("LogConfig") or {}
    size = str(native.get("log-size") or "")
    if log.get("Config") is not None or not size.endswith("MB"):
        return {}
    return {"LogConfig": log | {"Config": {"max-size": f"{size.removesuffix('MB')}m"}}}
