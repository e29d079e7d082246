"""Linux capabilities: how they are written, how far each one leads, and which ones a container has.

The facts: docs/engine-facts.md, "Capabilities".
"""

from __future__ import annotations

from collections.abc import Iterable

from dindguard.enumerations import StrEnum


class Tier(StrEnum):
    """How far a capability leads, farthest first."""

    ALL = "all"
    """Every capability there is: as good as ``--privileged``."""
    ROOT = "root"
    """Enough by itself to become root on the host."""
    STRONG = "strong"
    """Changes the host, or its neighbours; leads to root in company."""
    DEFAULT = "default"
    """An engine grants it to every container."""
    OTHER = "other"


_DEFAULT_NAMES = (
    "CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT "
    "KILL AUDIT_WRITE"
)
DEFAULT = frozenset(_DEFAULT_NAMES.split())
"""What a container has when nobody asks (moby daemon/pkg/oci/caps/defaults.go)."""

_OTHER_NAMES = (
    "DAC_READ_SEARCH LINUX_IMMUTABLE NET_BROADCAST NET_ADMIN IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_PTRACE "
    "SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG LEASE AUDIT_CONTROL MAC_OVERRIDE "
    "MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE"
)
KNOWN = DEFAULT | frozenset(_OTHER_NAMES.split())
"""Every capability of Linux (capabilities(7))."""

_ROOT = {
    "SYS_ADMIN": "can mount file systems and enter namespaces, and unlocks those calls in the seccomp filter",
    "SYS_MODULE": "can load code into the host's kernel",
    "SYS_RAWIO": "can use I/O ports and physical memory",
    "DAC_READ_SEARCH": "can open any file of the host by its handle",
    "SYS_BOOT": "can restart the host or boot another kernel",
    "MAC_ADMIN": "can change the host's mandatory access control policy",
    "MAC_OVERRIDE": "can ignore the host's mandatory access control policy",
}
_STRONG = {
    "NET_ADMIN": "can change interfaces, routes and firewall rules of its network namespace",
    "SYS_PTRACE": "can read and change any process it sees",
    "SYS_TIME": "can set the host's clock",
    "SYSLOG": "can read kernel messages and addresses",
    "CHECKPOINT_RESTORE": "can restore processes with chosen ids",
    "SYS_RESOURCE": "can exceed resource limits",
    "BPF": "can load BPF programs into the host's kernel",
    "PERFMON": "can observe the host's kernel and every process",
}

_OF_THE_FIRST_USERS = frozenset(
    {
        "SYS_MODULE",
        "SYS_RAWIO",
        "SYS_BOOT",
        "SYS_TIME",
        "SYSLOG",
        "MAC_ADMIN",
        "MAC_OVERRIDE",
        "DAC_READ_SEARCH",
        "BPF",
        "PERFMON",
    }
)
"""What the kernel asks for in the initial user namespace, at least for the danger that it is here: it means nothing in another
(user_namespaces(7); ``open_by_handle_at`` and ``init_module`` ask ``capable()``)."""


def ends_with_users(name: str) -> bool:
    """Whether a capability means nothing in a container with a user namespace of its own."""
    return normalise(name) in _OF_THE_FIRST_USERS


def normalise(name: str) -> str:
    """Return the name as Docker writes it: ``SYS_ADMIN`` for ``cap_sys_admin``, ``ALL`` for ``all``."""
    return name.strip().upper().removeprefix("CAP_")


def tier(name: str) -> Tier:
    """Return how far a capability leads by itself; a name that Linux doesn't know is ``OTHER``."""
    name = normalise(name)
    if name == "ALL":
        return Tier.ALL
    if name in _ROOT:
        return Tier.ROOT
    if name in _STRONG:
        return Tier.STRONG
    return Tier.DEFAULT if name in DEFAULT else Tier.OTHER


def root_grade(names: Iterable[str], *, host_pid: bool = False) -> frozenset[str]:
    """Return those of ``names`` that make root on the host, in the company they are in.

    BPF does with PERFMON, SYS_PTRACE with the host's process namespace (``host_pid``).
    """
    held = frozenset(map(normalise, names))
    found = {name for name in held if tier(name) in (Tier.ALL, Tier.ROOT)}
    if {"BPF", "PERFMON"} <= held:
        found |= {"BPF", "PERFMON"}
    if host_pid:
        found |= held & {"SYS_PTRACE"}
    return frozenset(found)


def tier_in_company(name: str, held: Iterable[str], *, host_pid: bool = False, host_network: bool = False) -> Tier:
    """Return how far a capability leads beside those ``held``, among the host's processes or in its network."""
    own = tier(name)
    if own is not Tier.STRONG:
        return own
    name = normalise(name)
    farther = name in root_grade(held, host_pid=host_pid) or (host_network and name == "NET_ADMIN")
    return Tier.ROOT if farther else own


def why(name: str) -> str:
    """Return in one phrase what the capability permits; ``""`` for a harmless or unknown one."""
    name = normalise(name)
    if name == "ALL":
        return "has every capability of the host's root"
    return _ROOT.get(name) or _STRONG.get(name, "")


def effective(added: Iterable[str], dropped: Iterable[str]) -> frozenset[str]:
    """Return the capabilities of an unprivileged container (moby daemon/pkg/oci/caps/utils.go).

    What is both added and dropped stays; only the explicit drops shrink an added ``ALL``, and ``ALL``
    dropped leaves what is added.
    """
    add, drop = frozenset(map(normalise, added)), frozenset(map(normalise, dropped))
    if "ALL" in add:
        return KNOWN - drop
    if "ALL" in drop:
        return add
    return (DEFAULT - drop) | add
