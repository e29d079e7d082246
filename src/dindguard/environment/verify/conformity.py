"""What an engine reports of an object, compared with the plan: field by field, and what nobody planned is a difference.

The rule for a field is strict by default: it is as planned; if nobody planned it, it is empty, or what an engine puts
there by itself. The few fields that say nothing about the plan are listed with the reason.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from dindguard.environment import bodies, labels
from dindguard.environment.plan import Plan
from dindguard.environment.spec import Isolation

Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """``field`` of an object is not as planned. ``planned`` and ``found`` are shown shortened."""

    field: str
    planned: object
    found: object

    def __str__(self) -> str:
        """Say it on one line."""
        return f"{self.field} is {_short(self.found)}, planned {_short(self.planned)}"


ENGINE_DEFAULTS: dict[str, tuple[object, ...]] = {
    "ShmSize": (64 << 20, 64_000 << 10),  # Docker, Podman
    "Isolation": ("default",),
    "MemorySwappiness": (-1,),  # cgroup version 2 in some releases: none set
}
"""Fields of ``HostConfig`` that nobody plans and an engine fills in, with what it puts there."""

SAYS_NOTHING = {
    "HostConfig.ConsoleSize": "the size of a terminal",
    "HostConfig.Ulimits": "an engine may be told to set some for every container, and none lets anybody out",
    "HostConfig.ContainerIDFile": "a file that the command line of whoever created it wrote",
    "network.Id": "the engine's own name",
    "network.Created": "the engine's own clock",
    "network.IPAM": "addresses are the engine's to give",
    "network.Containers": "judged by own-network-only, stopped containers too",
    "network.Peers": "judged by own-network-only, stopped containers too",
    "network.Status": "counts of addresses",
    "network.EnableIPv4": "addresses are the engine's to give",
    "volume.CreatedAt": "the engine's own clock",
    "volume.Mountpoint": "where the engine keeps it",
    "volume.Status": "what a driver tells about itself, and the driver is compared",
    "volume.UsageData": "how much is in it",
}
"""Reported fields that are compared with nothing, and why."""

MASKED = frozenset({
    "/proc/asound", "/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
    "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware",
})  # fmt: skip
READ_ONLY = frozenset(f"/proc/{name}" for name in ["bus", "fs", "irq", "sys", "sysrq-trigger"])
"""What every release of an engine (20.10 and later) hides or protects in a container that is not told otherwise."""

MOUNT = ("Type", "Name", "Source", "Destination", "Driver", "Mode", "RW", "Propagation")
ADDRESSES = frozenset({
    "NetworkID", "EndpointID", "MacAddress", "Gateway", "IPAddress", "IPPrefixLen", "IPv6Gateway", "GlobalIPv6Address",
    "GlobalIPv6PrefixLen", "DNSNames", "Aliases",
})  # fmt: skip
"""What an engine tells of a mount, and which of an endpoint's fields are its own to give."""


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
    if value is None or value in ("", [], {}):
        return "nothing"
    return text if len(text) <= 80 else text[:60] + "…"


def normal(value: object) -> object:
    """Return ``value`` with all ways of saying *nothing* as ``None``; empty items of a dict are left out."""
    if isinstance(value, dict):
        value = {key: kept for key, item in value.items() if (kept := normal(item)) is not None}
    return value or None


def container(plan: Plan, inspected: Facts, image: Facts) -> list[Difference]:
    """Compare the inspection of the nested engine's container, made from ``image``, with the plan."""
    body = bodies.daemon(plan)
    name = plan.object_name(labels.DAEMON)
    config, host = inspected.get("Config") or {}, inspected.get("HostConfig") or {}
    return [
        *_one("Name", f"/{name}", inspected.get("Name")),
        *_one("Image", plan.daemon_image.id, inspected.get("Image")),
        *_one("image", plan.daemon_image.id, image.get("Id")),
        *_config(body, config, image.get("Config") or {}, str(inspected.get("Id", ""))),
        *_one("command", _command(config), [inspected.get("Path"), *(inspected.get("Args") or ())]),
        *_host(plan, body["HostConfig"], host),
        *_mounts(body["HostConfig"]["Mounts"], inspected.get("Mounts") or [], image.get("Config") or {}),
        *_attachments(plan, inspected),
    ]


def _one(field: str, planned: object, found: object) -> Iterator[Difference]:
    if normal(planned) != normal(found):
        yield Difference(field, planned, found)


def _all(prefix: str, planned: Facts, found: Facts) -> Iterator[Difference]:
    """Compare all fields of both, but those that say nothing."""
    for field in sorted(planned.keys() | found.keys()):
        if f"{prefix}.{field}" not in SAYS_NOTHING:
            yield from _one(f"{prefix}.{field}", planned.get(field), found.get(field))


def _command(config: Facts) -> list[str]:
    return [*(config.get("Entrypoint") or ()), *(config.get("Cmd") or ())]


def _config(body: Facts, config: Facts, image: Facts, identity: str) -> Iterator[Difference]:
    """What the image says, with the plan on top."""
    expected = {
        **image,
        "Hostname": identity[:12],
        "Image": body["Image"],
        "Cmd": body["Cmd"] or image.get("Cmd"),
        "Entrypoint": body.get("Entrypoint") or image.get("Entrypoint"),
        "Env": _environment(image.get("Env"), body["Env"]),
        "Labels": {**(image.get("Labels") or {}), **body["Labels"]},
        "Healthcheck": body["Healthcheck"],
    }
    yield from _all("Config", expected, config | {"Env": _environment(config.get("Env"))})


def _environment(*layers: list[str] | None) -> list[str]:
    """Return ``NAME=value`` entries in one order, a later layer's value in place of an earlier one's."""
    pairs = (entry.partition("=") for layer in layers for entry in layer or ())
    return sorted({name: f"{name}{sign}{value}" for name, sign, value in pairs}.values())


def _host(plan: Plan, planned: Facts, found: Facts) -> Iterator[Difference]:
    expected = planned | {"Runtime": planned.get("Runtime") or plan.ground.runtime}
    if plan.isolation is Isolation.PRIVILEGED and found.get("SecurityOpt") == ["label=disable"]:
        found = found | {"SecurityOpt": None}  # the engine's own note, as it has no label for a privileged container
    for field in sorted(expected.keys() | found.keys()):
        place = f"HostConfig.{field}"
        told, seen = expected.get(field), found.get(field)
        if place in SAYS_NOTHING or field in ("MaskedPaths", "ReadonlyPaths"):
            continue
        if field not in planned and seen in ENGINE_DEFAULTS.get(field, ()):
            continue
        form = _FORMS.get(field)
        yield from _one(place, form(told), form(seen)) if form else _one(place, told, seen)
    yield from _paths(plan, found)


def _paths(plan: Plan, found: Facts) -> Iterator[Difference]:
    """Rootless unmasks on purpose, privileged mode by nature; elsewhere the engine's own list is in force."""
    for field, least in (("MaskedPaths", MASKED), ("ReadonlyPaths", READ_ONLY)):
        place, seen = f"HostConfig.{field}", found.get(field)
        if plan.isolation is not Isolation.SYSBOX:
            yield from _one(place, [], seen)
        elif missing := least - set(seen or ()):
            yield Difference(place, f"the engine's own, with {', '.join(sorted(missing))}", seen)


def _capabilities(value: object) -> object:
    return sorted(str(name).removeprefix("CAP_") for name in value) if isinstance(value, list) else value


def _security_options(value: object) -> object:
    """Options as a dict, the text of a profile as what it means."""
    if not isinstance(value, list):
        return value
    found: dict[str, list[object]] = {}
    for option in value:
        name, _, text = str(option).partition("=")
        found.setdefault(name, []).append(_profile(text))
    return found


def _profile(text: str) -> object:
    try:
        return json.loads(text) if text.lstrip().startswith("{") else text
    except ValueError:
        return text


def _requested_mounts(value: object) -> object:
    """Mounts in one order; a writable one may or may not say so."""
    if not isinstance(value, list):
        return value
    return sorted((normal(mount) for mount in value), key=lambda mount: json.dumps(mount, sort_keys=True))


_FORMS: dict[str, Callable[[object], object]] = {
    "CapAdd": _capabilities,
    "CapDrop": _capabilities,
    "SecurityOpt": _security_options,
    "Mounts": _requested_mounts,
}


def _mounts(planned: list[Facts], found: list[Facts], image: Facts) -> Iterator[Difference]:
    """What is really mounted: the planned volumes, and a fresh one where the image declares another."""
    expected = {
        mount["Target"]: {"Type": "volume", "Name": mount["Source"], "Driver": "local", "RW": True}
        for mount in planned
    }
    seen: dict[str, Facts] = {}
    for mount in found:
        told = {key: mount.get(key) for key in ("Type", "Name", "Driver", "RW")}
        target = str(mount.get("Destination", ""))
        anonymous = len(str(mount.get("Name", ""))) == 64 and told | {"Name": ""} == {
            "Type": "volume", "Name": "", "Driver": "local", "RW": True,
        }  # fmt: skip
        if target in expected or target not in (image.get("Volumes") or {}) or not anonymous:
            seen[target] = told
        if str(mount.get("Propagation") or "") not in ("", "rprivate", "private"):
            yield Difference(f"mount {target} propagation", "", mount["Propagation"])
        for field in sorted(mount.keys() - set(MOUNT)):
            yield from _one(f"mount {target} {field}", None, mount[field])
    yield from _all("mount", expected, seen)


def _attachments(plan: Plan, inspected: Facts) -> Iterator[Difference]:
    """In which networks it is, under which names; what is published."""
    settings = inspected.get("NetworkSettings") or {}
    attached = settings.get("Networks") or {}
    identity = str(inspected.get("Id", ""))[:12]
    yield from _one("networks", [plan.network], sorted(attached))
    for name, endpoint in sorted(attached.items()):
        own = {identity, plan.object_name(labels.DAEMON)}
        names = sorted(set(endpoint.get("Aliases") or ()) - own)
        yield from _one(f"names in {name}", ["docker"], names)
        for field in sorted(endpoint.keys() - ADDRESSES):
            yield from _one(f"{field} in {name}", None, endpoint[field])
    published = {
        port: sorted({str(binding.get("HostIp")) for binding in to})
        for port, to in (settings.get("Ports") or {}).items()
        if to
    }
    yield from _one("published ports", {bodies.PORT: ["127.0.0.1"]} if plan.spec.exported else {}, published)


def network(plan: Plan, inspected: Facts) -> list[Difference]:
    """Compare the inspection of the network with the plan."""
    expected = bodies.network(plan) | {"Scope": "local"}
    found = inspected | {"IPAM": None, "ConfigFrom": normal(inspected.get("ConfigFrom"))}
    driver = (inspected.get("IPAM") or {}).get("Driver") or "default"
    return [*_all("network", expected, found), *_one("network.IPAM.Driver", "default", driver)]


def volumes(plan: Plan, inspected: dict[str, Facts]) -> list[Difference]:
    """Compare the inspections of the planned volumes, by name, with the plan."""
    found: list[Difference] = []
    for body in bodies.volumes(plan):
        told = inspected.get(body["Name"])
        if told is None:
            found.append(Difference(f"volume {body['Name']}", "there", "missing"))
            continue
        differing = _all("volume", body | {"Scope": "local"}, told)
        found += [Difference(f"{item.field} of {body['Name']}", item.planned, item.found) for item in differing]
    return found
