"""What is created, as bodies for the Engine API: pure functions, so that they can be tested without an engine."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from dindguard import __version__
from dindguard.engine_client import EngineFacts
from dindguard.environment import labels
from dindguard.environment.images import Pinned
from dindguard.environment.levels import SYSBOX_RUNTIME
from dindguard.environment.spec import Isolation, Spec

# `newuidmap` with a file capability keeps its caller's user id, which owns the new namespace; with the setuid
# bit it does not, and the kernel then asks for CAP_SYS_ADMIN (observed: "write to uid_map failed").
FILE_CAPABILITY_SET = ("SETUID", "SETGID")
SETUID_BIT_SET = ("SETUID", "SETGID", "SYS_ADMIN", "DAC_OVERRIDE")
CERTIFICATES = "/certs/client"
CLIENT_ENVIRONMENT = {
    "DOCKER_HOST": "tcp://docker:2376",
    "DOCKER_TLS_VERIFY": "1",
    "DOCKER_CERT_PATH": CERTIFICATES,
}
LOCAL_CLIENT = tuple(
    f"{key}={value}".replace("//docker:", "//localhost:") for key, value in CLIENT_ENVIRONMENT.items()
)
NOBODY = "65534:65534"
SCRATCH = "/tmp"  # noqa: S108 - in the container, where it is a file system of its own
_SECOND = 1_000_000_000  # the API counts durations in nanoseconds
_LOG_LIMITS = {"Type": "json-file", "Config": {"max-size": "10m", "max-file": "3"}}


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that is decided before the first object is created."""

    spec: Spec
    isolation: Isolation
    daemon_image: Pinned
    client_image: Pinned
    facts: EngineFacts
    run: str
    created: float
    setuid_mapper: bool = False

    @property
    def network(self) -> str:
        """The name of the environment's own network."""
        return labels.object_name(self.spec.name, labels.NETWORK)

    @property
    def expires(self) -> int:
        """When the time to live is over, in seconds since the epoch."""
        return int(self.created) + self.spec.time_to_live


def seccomp_profile() -> str:
    """Return our seccomp profile as JSON text, the form in which the API takes it."""
    return (files("dindguard.environment") / "data" / "seccomp-nested.json").read_text(encoding="utf-8")


def object_labels(plan: Plan, role: str) -> dict[str, str]:
    """Return the labels of one object: whose it is, how it came about, and who consented to what."""
    found = {
        labels.MANAGED: "true",
        labels.ENVIRONMENT: plan.spec.name,
        labels.RUN: plan.run,
        labels.ROLE: role,
        labels.ISOLATION: plan.isolation.value,
        labels.CREATED: labels.timestamp(plan.created),
        labels.EXPIRES: labels.timestamp(plan.expires),
        labels.VERSION: __version__,
        labels.DAEMON_IMAGE: plan.daemon_image.reference,
        labels.CLIENT_IMAGE: plan.client_image.reference,
    }
    if plan.isolation is Isolation.PRIVILEGED:
        found[labels.CONSENT] = plan.spec.consent
    return found


def daemon(plan: Plan) -> dict[str, Any]:
    """Return the body that creates the nested engine's container."""
    name = plan.spec.name
    limits = plan.spec.limits
    host: dict[str, Any] = {
        "NetworkMode": plan.network,
        "Mounts": [
            _volume(labels.object_name(name, labels.DATA), plan.isolation.data_root),
            _volume(labels.object_name(name, labels.CERTIFICATES), CERTIFICATES),
        ],
        # The key of the certificate authority lives in memory and in this container alone.
        "Tmpfs": {"/certs/ca": "rw,nosuid,nodev,noexec,size=1m,mode=1777"},
        "Memory": limits.memory,
        "MemorySwap": limits.memory,
        "NanoCpus": int(min(limits.cpus, plan.facts.processors) * _SECOND),
        "PidsLimit": limits.pids,
        "RestartPolicy": {"Name": "no"},
        "LogConfig": _LOG_LIMITS,
        "CgroupnsMode": "private" if plan.facts.cgroup == "2" else "",
    }
    host |= _isolation(plan)
    return {
        "Image": plan.daemon_image.id,
        "Cmd": [f"--registry-mirror={plan.spec.mirror}"] if plan.spec.mirror else [],
        "Env": ["DOCKER_TLS_CERTDIR=/certs"],
        "Labels": object_labels(plan, labels.DAEMON),
        "Healthcheck": _health(plan),
        "HostConfig": host,
        "NetworkingConfig": {"EndpointsConfig": {plan.network: {"Aliases": ["docker"]}}},
    }


def _isolation(plan: Plan) -> dict[str, Any]:
    match plan.isolation:
        case Isolation.SYSBOX:
            return {"Runtime": SYSBOX_RUNTIME}
        case Isolation.PRIVILEGED:
            return {"Privileged": True}
        case Isolation.ROOTLESS:
            options = [f"seccomp={seccomp_profile()}"]
            if "apparmor" in plan.facts.security:
                options.append("apparmor=unconfined")  # docker-default denies every mount
            return {
                "CapDrop": ["ALL"],
                "CapAdd": list(SETUID_BIT_SET if plan.setuid_mapper else FILE_CAPABILITY_SET),
                "SecurityOpt": options,
                # The inner containers mount a /proc of their own, which the kernel refuses below a masked one.
                # `systempaths=unconfined` is the command line's word for these two; the API does not know it.
                "MaskedPaths": [],
                "ReadonlyPaths": [],
                "Devices": [
                    {
                        "PathOnHost": plan.spec.tun_device,
                        "PathInContainer": "/dev/net/tun",
                        "CgroupPermissions": "rw",
                    }
                ],
            }


def _health(plan: Plan) -> dict[str, Any]:
    """Ask the TLS port as a client would; and stop the engine by itself once its time is over."""
    ask = " ".join(LOCAL_CLIENT)
    over = f'[ "$(date +%s)" -lt {plan.expires} ] || {{ kill -TERM 1; exit 1; }}'
    health = {
        "Test": ["CMD-SHELL", f"{over}; {ask} docker version"],
        "Interval": 2 * _SECOND,
        "Timeout": 10 * _SECOND,
        "StartPeriod": 60 * _SECOND,
        "Retries": 3,
    }
    if plan.facts.api >= (1, 44):
        health |= {"Interval": 10 * _SECOND, "StartInterval": _SECOND // 2}
    return health


def client(plan_labels: dict[str, str], command: list[str], *, interactive: bool) -> dict[str, Any]:
    """Return the body for one command beside the environment whose daemon carries ``plan_labels``."""
    name = plan_labels[labels.ENVIRONMENT]
    body = _bystander(
        plan_labels[labels.CLIENT_IMAGE],
        labels.object_name(name, labels.NETWORK),
        plan_labels | {labels.ROLE: labels.CLIENT},
        command,
    )
    body["HostConfig"] |= {
        "Mounts": [_volume(labels.object_name(name, labels.CERTIFICATES), CERTIFICATES, read_only=True)],
        "LogConfig": {"Type": "none"},  # the output goes to the caller, and nowhere else
    }
    body["Env"] += [f"{key}={value}" for key, value in CLIENT_ENVIRONMENT.items()]
    if interactive:
        body |= {"OpenStdin": True, "StdinOnce": True, "AttachStdin": True}
    return body


def probe(
    plan_labels: dict[str, str], network: str, script: str, *arguments: str, certificates: bool
) -> dict[str, Any]:
    """Return the body of a container that runs one of our probe scripts in ``network``."""
    name = plan_labels[labels.ENVIRONMENT]
    body = _bystander(
        plan_labels[labels.DAEMON_IMAGE],
        network,
        plan_labels | {labels.ROLE: labels.PROBE},
        ["/bin/sh", "-c", script, "probe", *arguments],
    )
    if certificates:
        volume = labels.object_name(name, labels.CERTIFICATES)
        body["HostConfig"]["Mounts"] = [_volume(volume, CERTIFICATES, read_only=True)]
    return body


def _bystander(image: str, network: str, its_labels: dict[str, str], command: list[str]) -> dict[str, Any]:
    """A container without any right but to talk to its network."""
    return {
        "Image": image,
        "Entrypoint": command[:1],
        "Cmd": command[1:],
        "User": NOBODY,
        "Env": [f"HOME={SCRATCH}"],
        "Labels": its_labels,
        "Healthcheck": {"Test": ["NONE"]},
        "HostConfig": {
            "NetworkMode": network,
            "ReadonlyRootfs": True,
            "Tmpfs": {SCRATCH: "rw,nosuid,nodev,size=256m,mode=1777"},
            "CapDrop": ["ALL"],
            "SecurityOpt": ["no-new-privileges"],
            "Memory": 512 << 20,
            "MemorySwap": 512 << 20,
            "PidsLimit": 256,
            "RestartPolicy": {"Name": "no"},
            "LogConfig": _LOG_LIMITS,
        },
    }


def _volume(name: str, target: str, *, read_only: bool = False) -> dict[str, Any]:
    return {"Type": "volume", "Source": name, "Target": target, "ReadOnly": read_only}
