"""What is created, as bodies for the Engine API: pure functions of the plan, so that they can be made again and compared."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from typing import Any

from dindguard.environment import labels, podman
from dindguard.environment.levels import SYSBOX_RUNTIME
from dindguard.environment.plan import Plan, object_labels
from dindguard.environment.spec import Isolation
from dindguard.environment.workspace import TARGET, Workspace, mount

Body = dict[str, Any]

# `newuidmap` with a file capability keeps its caller's user id, which owns the new namespace; with the setuid
# bit it does not, and the kernel then asks for CAP_SYS_ADMIN (observed: "write to uid_map failed").
FILE_CAPABILITY_SET = ("SETUID", "SETGID")
SETUID_BIT_SET = ("SETUID", "SETGID", "SYS_ADMIN", "DAC_OVERRIDE")
CERTIFICATES = "/certs/client"
AUTHORITY = "/certs/ca"
CLIENT_ENVIRONMENT = {
    "DOCKER_HOST": "tcp://docker:2376",
    "DOCKER_TLS_VERIFY": "1",
    "DOCKER_CERT_PATH": CERTIFICATES,
}
LOCAL_CLIENT = tuple(
    f"{key}={value}".replace("//docker:", "//localhost:") for key, value in CLIENT_ENVIRONMENT.items()
)
PORT = "2376/tcp"
NOBODY = "65534:65534"
SCRATCH = "/tmp"  # noqa: S108 - in the container, where it is a file system of its own
PROBES_END_AFTER = 120
_SECOND = 1_000_000_000  # the API counts durations in nanoseconds
_LOG_LIMITS = {"Type": "json-file", "Config": {"max-size": "10m", "max-file": "3"}}


def seccomp_profile() -> str:
    """Return our seccomp profile as JSON text, the form in which the API takes it."""
    return (files("dindguard.environment") / "data" / "seccomp-nested.json").read_text(encoding="utf-8")


def network(plan: Plan) -> Body:
    """Return the body that creates the environment's network."""
    return {
        "Name": plan.network,
        "Driver": "bridge",
        "Internal": plan.spec.offline,
        "Options": podman.ISOLATED if plan.on_podman else {},
        "Labels": object_labels(plan, labels.NETWORK),
    }


def volumes(plan: Plan) -> tuple[Body, ...]:
    """Return the bodies that create the environment's volumes."""
    return tuple(
        {"Name": plan.object_name(role), "Driver": "local", "Labels": object_labels(plan, role)}
        for role in _volume_roles(plan)
    )


def _volume_roles(plan: Plan) -> Iterator[str]:
    yield from (labels.DATA, labels.CERTIFICATES)
    if plan.spec.workspace:
        yield labels.WORKSPACE
    if plan.filter_file:
        yield labels.FILTER


def daemon(plan: Plan) -> Body:
    """Return the body that creates the nested engine's container."""
    limits = plan.spec.limits
    host: Body = {
        "NetworkMode": plan.network,
        "Mounts": [
            volume_mount(plan.object_name(labels.DATA), plan.isolation.data_root),
            volume_mount(plan.object_name(labels.CERTIFICATES), CERTIFICATES),
            *([mount(plan.object_name(labels.WORKSPACE))] if plan.spec.workspace else []),
        ],
        # The key of the certificate authority lives in memory and in this container alone.
        "Tmpfs": {AUTHORITY: "rw,nosuid,nodev,noexec,size=1m,mode=1777"},
        "Memory": limits.memory,
        "MemorySwap": limits.memory,
        "NanoCpus": int(limits.cpus * _SECOND),
        "PidsLimit": limits.pids,
        "RestartPolicy": {"Name": "no"},
        "LogConfig": _LOG_LIMITS,
        "IpcMode": "private",
        "CgroupnsMode": "private" if plan.ground.cgroup == "2" else "host",
        # Process 1 of the rootless image reaps nothing: without this, every inner container leaves a zombie.
        "Init": True,
    }
    host |= _isolation(plan)
    if plan.spec.exported:
        host["PortBindings"] = {PORT: [{"HostIp": "127.0.0.1", "HostPort": ""}]}
    body = {
        "Image": plan.daemon_image.id,
        "Cmd": [f"--registry-mirror={plan.spec.mirror}"] if plan.spec.mirror else [],
        "Env": ["DOCKER_TLS_CERTDIR=/certs"],
        "Labels": object_labels(plan, labels.DAEMON),
        "Healthcheck": _health(plan),
        "HostConfig": host,
        "NetworkingConfig": {"EndpointsConfig": {plan.network: {"Aliases": ["docker"]}}},
    }
    return podman.daemon(plan, body) if plan.on_podman else body


def _isolation(plan: Plan) -> Body:
    match plan.isolation:
        case Isolation.KATA:
            raise AssertionError("kata is rendered, never created")
        case Isolation.SYSBOX:
            return {"Runtime": SYSBOX_RUNTIME}
        case Isolation.PRIVILEGED:
            return {"Privileged": True}
        case Isolation.ROOTLESS:
            options = [f"seccomp={seccomp_profile()}"]
            if plan.ground.apparmor:
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


def _health(plan: Plan) -> Body:
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
    if plan.ground.api >= (1, 44):
        health |= {"Interval": 10 * _SECOND, "StartInterval": _SECOND // 2}
    return health


def client(
    plan: Plan,
    command: list[str],
    *,
    interactive: bool = False,
    tty: bool = False,
    workspace: Workspace | None = None,
    address: str = "",
) -> Body:
    """Return the body for one command beside the nested engine, which is at ``address``."""
    body = _bystander(plan.client_image.reference, plan.network, object_labels(plan, labels.CLIENT), command)
    body["HostConfig"] |= {
        "Mounts": [volume_mount(plan.object_name(labels.CERTIFICATES), CERTIFICATES, read_only=True)],
        "LogConfig": {"Type": "none"},  # the output goes to the caller, and nowhere else
    }
    body["Env"] += [f"{key}={value}" for key, value in CLIENT_ENVIRONMENT.items()]
    if plan.on_podman:
        body["HostConfig"] |= podman.known_as(address)
    if interactive or tty:
        body |= {"OpenStdin": True, "StdinOnce": True, "AttachStdin": True}
    if tty:
        body |= {"Tty": True, "Env": [*body["Env"], "TERM=xterm"]}
    if workspace or plan.spec.workspace:
        body["HostConfig"]["Mounts"].append(mount(plan.object_name(labels.WORKSPACE), workspace))
        body["WorkingDir"] = TARGET
        if workspace and workspace.bound and workspace.user:
            body["User"] = workspace.user
    return body


def reservation(plan: Plan) -> Body:
    """Return the body of a container that is never started: its name is the engine's to give away once only."""
    return {
        "Image": plan.daemon_image.id,
        "Labels": object_labels(plan, labels.RESERVATION),
        "HostConfig": {"NetworkMode": "none"},
    }


def probe_of_client_image(plan: Plan, script: str, address: str) -> Body:
    """Return the body of a container like that of a command, which runs one of our probe scripts."""
    body = client(plan, ["/bin/sh", "-c", script], address=address)
    body["HostConfig"]["LogConfig"] = {"Type": "json-file"}  # its answer is read from there
    return body | {"Labels": object_labels(plan, labels.PROBE)}


def probe(plan: Plan, in_network: str, script: str, address: str, *, certificates: bool) -> Body:
    """Return the body of a container that runs one of our probe scripts against ``address``, in a network."""
    labelled = object_labels(plan, labels.PROBE)
    command = ["/bin/sh", "-c", script, "probe", address]
    body = _bystander(plan.daemon_image.reference, in_network, labelled, command)
    if certificates:
        certificate_volume = plan.object_name(labels.CERTIFICATES)
        body["HostConfig"]["Mounts"] = [volume_mount(certificate_volume, CERTIFICATES, read_only=True)]
        if plan.filter_file:
            body["HostConfig"]["Mounts"].append(podman.filter_mount(plan))
        if plan.on_podman:
            body["HostConfig"] |= podman.known_as(address)
    return body


def _bystander(image: str, in_network: str, its_labels: dict[str, str], command: list[str]) -> Body:
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
            "NetworkMode": in_network,
            "ReadonlyRootfs": True,
            "Tmpfs": {SCRATCH: "rw,nosuid,nodev,size=256m,mode=1777"},
            "CapDrop": ["ALL"],
            "SecurityOpt": ["no-new-privileges"],
            "Memory": 512 << 20,
            "MemorySwap": 512 << 20,
            "PidsLimit": 256,
            "RestartPolicy": {"Name": "no"},
            "LogConfig": _LOG_LIMITS,
            "Init": True,
        },
    }


def address_in(plan: Plan, inspected: Body) -> str:
    """Return the nested engine's address in the environment's network, from the inspection of its container."""
    attached = inspected["NetworkSettings"]["Networks"].get(plan.network) or {}
    return str(attached.get("IPAddress") or "")


def volume_mount(name: str, target: str, *, read_only: bool = False) -> Body:
    """Return the mount of a volume, as the API takes it."""
    return {"Type": "volume", "Source": name, "Target": target, "ReadOnly": read_only}
