"""What an engine reports becomes the model that files become: what was chosen, and not what is merely so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import live
from dindguard.model.container import Role, Sandbox
from dindguard.model.engine import Backing, Reach
from dindguard.model.mount import MountKind
from dindguard.model.workload import WorkloadKind


def host(**settings: Any) -> dict[str, Any]:
    return live.snapshot(live.container(HostConfig=settings))


@pytest.mark.parametrize(
    ("settings", "fact", "expected"),
    [
        ({}, "seccomp", None),
        ({"SecurityOpt": ["seccomp=unconfined"]}, "seccomp", "unconfined"),
        ({"SecurityOpt": ["seccomp:unconfined"]}, "seccomp", "unconfined"),
        ({"SecurityOpt": ['seccomp={"defaultAction": "SCMP_ACT_ERRNO"}']}, "seccomp", "a profile"),
        ({"SecurityOpt": ["apparmor=unconfined"]}, "apparmor", "unconfined"),
        ({"MaskedPaths": []}, "system_paths", "unconfined"),
        ({"MaskedPaths": None}, "system_paths", None),
        ({"MaskedPaths": ["/proc/kcore"]}, "system_paths", None),
    ],
)
def test_confinement(settings: dict[str, Any], fact: str, expected: str | None, tmp_path: Path) -> None:
    found = getattr(live.only(host(**settings), tmp_path).confinement, fact)
    assert (found.value if found is not None else None) == expected


@pytest.mark.parametrize(
    ("settings", "chosen"),
    [
        ({"SecurityOpt": ["label=disable"]}, True),
        ({"SecurityOpt": ["label=type:spc_t"], "PidMode": "host"}, True),
        # The engine adds it by itself:
        ({"SecurityOpt": ["label=disable"], "Privileged": True}, False),
        ({"SecurityOpt": ["label=disable"], "PidMode": "host"}, False),
        ({"SecurityOpt": ["label=disable"], "IpcMode": "host"}, False),
    ],
)
def test_selinux_is_off_where_somebody_chose_it(settings: dict[str, Any], chosen: bool, tmp_path: Path) -> None:
    assert (live.only(host(**settings), tmp_path).confinement.selinux_off is not None) is chosen


@pytest.mark.parametrize(
    ("version", "mode", "chosen"), [("2", "host", True), ("2", "private", False), ("1", "host", False)]
)
def test_the_host_cgroup_namespace_is_the_default_on_cgroup_v1(
    version: str, mode: str, chosen: bool, tmp_path: Path
) -> None:
    document = host(CgroupnsMode=mode) | {"info": live.info(CgroupVersion=version)}
    assert (live.only(document, tmp_path).namespaces.host("cgroup") is not None) is chosen


@pytest.mark.parametrize(
    ("image", "entrypoint", "command", "port"),
    [
        ("docker:29.10.0-dind", ["dockerd-entrypoint.sh"], [], 2376),
        ("docker:29.10.0-dind", ["dockerd-entrypoint.sh"], None, 2376),
        ("docker:29.10.0-dind", ["dockerd-entrypoint.sh"], ["--mtu=1400"], 2376),
        ("docker:29.10.0-dind", ["dockerd-entrypoint.sh"], ["docker", "ps"], None),
        ("docker:29.10.0-dind", ["sleep"], ["600"], None),
        ("docker:29.10.0-cli", ["docker-entrypoint.sh"], ["sh"], None),
        ("own/dind:1", ["dockerd-entrypoint.sh"], [], 2376),
        ("own/dind:1", ["tini", "--", "dockerd"], ["--host=tcp://0.0.0.0:2375"], 2375),
        ("own/dind:1", ["sh", "-c"], ["dockerd --host=tcp://0.0.0.0:2375 & exec serve"], 2375),
        ("sha256:" + "a" * 64, ["dockerd-entrypoint.sh"], [], 2376),
        ("own/tool:1", None, ["serve"], None),
    ],
)
def test_who_runs_an_engine(image: str, entrypoint: Any, command: Any, port: int | None, tmp_path: Path) -> None:
    config = {"Entrypoint": entrypoint, "Cmd": command, "Env": ["DOCKER_TLS_CERTDIR=/certs"]}
    found = live.only(live.snapshot(live.container(image=image, Config=config)), tmp_path)
    ports = [each.port for each in found.engine.listens if each.scheme == "tcp"] if found.engine is not None else []
    assert ports == ([port] if port is not None else [])


def test_an_engine_that_runs_as_an_ordinary_user_is_rootless(tmp_path: Path) -> None:
    config = {"Entrypoint": ["dockerd-entrypoint.sh"], "Cmd": [], "User": "rootless"}
    engine = live.only(live.snapshot(live.container(image="own/dind:1", Config=config)), tmp_path).engine
    assert engine is not None
    assert engine.rootless.on


def test_mounts(tmp_path: Path) -> None:
    mounts = [
        live.bind("/run", "/host-run", writable=False, mode="ro,z"),
        live.volume("cache", "/cache"),
        live.volume(live.ANONYMOUS, "/var/lib/docker"),
        {"Type": "tmpfs", "Source": "", "Destination": "/scratch", "Mode": "", "RW": True, "Propagation": ""},
    ]
    document = live.snapshot(live.dind(Mounts=mounts, HostConfig={"Tmpfs": {"/run": "size=64m"}}))
    document["volumes"] = [
        {"Name": "cache", "Mountpoint": "/x", "Driver": "local", "Options": {"type": "none", "o": "bind", "device": "/srv"}}
    ]  # fmt: skip
    found = live.only(document, tmp_path)
    run, cache, state, scratch, tmpfs = found.mounts
    assert (run.kind, run.host_path, run.read_only.on, str(run.relabel)) == (MountKind.HOST, "/run", True, "z")
    assert (cache.kind, cache.host_path, cache.relabel) == (MountKind.VOLUME, "/srv", None)
    assert (state.kind, scratch.kind, tmpfs.kind) == (MountKind.ANONYMOUS, MountKind.TMPFS, MountKind.TMPFS)
    assert tmpfs.storage is not None
    assert str(tmpfs.storage.size_limit) == "64m"
    assert found.engine is not None
    assert found.engine.backing is Backing.ANONYMOUS_VOLUME


def test_ports_are_what_the_engine_bound(tmp_path: Path) -> None:
    both = [{"HostIp": "0.0.0.0", "HostPort": "2376"}, {"HostIp": "::", "HostPort": "2376"}]
    local = [{"HostIp": "127.0.0.1", "HostPort": "80"}]
    running = live.container("a", NetworkSettings={"Ports": {"2376/tcp": both, "80/tcp": local, "99/udp": None}})
    stopped = live.container("b", HostConfig={"PortBindings": {"2376/tcp": [{"HostIp": "", "HostPort": "1"}]}})
    first, second = live.model_of([running, stopped], tmp_path).containers
    assert [(port.container_port, port.host_port, port.loopback) for port in first.ports] == [
        (2376, 2376, False),
        (80, 80, True),
    ]
    assert [(port.container_port, port.host_port) for port in second.ports] == [(2376, 1)]


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({"info": live.info(SecurityOptions=["name=userns"])}, True),
        ({"info": live.info()}, False),  # it leaves what the engine does not make
        ({"info": {}}, True),
    ],
)
def test_to_leave_a_user_namespace_means_something_where_there_is_one(
    facts: dict[str, Any], told: bool, tmp_path: Path
) -> None:
    left = live.only(host(UsernsMode="host") | facts, tmp_path).namespaces.host("user")
    assert (left is not None) is told


def test_who_is_joined_is_told_by_an_id(tmp_path: Path) -> None:
    agent = live.container("agent", HostConfig={"PidMode": "host"})
    joining = live.container("tools", HostConfig={"PidMode": f"container:{agent['Id']}"})
    (_, tools) = live.model_of(live.snapshot(agent, joining), tmp_path).containers
    assert tools.joins("pid").name == "agent"
    assert tools.in_hosts("pid") is not None
    assert tools.in_hosts("network") is None


@pytest.mark.parametrize(
    ("options", "mode", "sandbox"),
    [
        (["name=userns"], "", Sandbox.USER_NAMESPACE),
        (["name=userns"], "host", Sandbox.NONE),
        (["name=rootless"], "", Sandbox.USER_NAMESPACE),
        (["name=cgroupns"], "", Sandbox.NONE),
    ],
)
def test_the_engine_gives_user_namespaces(options: list[str], mode: str, sandbox: Sandbox, tmp_path: Path) -> None:
    document = host(UsernsMode=mode) | {"info": live.info(SecurityOptions=options)}
    assert live.only(document, tmp_path).sandbox is sandbox


@pytest.mark.parametrize(
    ("warning", "reach", "encrypted"),
    [
        ("WARNING: API is accessible on http://0.0.0.0:2375 without encryption.\n  Access", Reach.HOST_NETWORK, False),
        ("[DEPRECATION NOTICE]: API is accessible on http://127.0.0.1:2375 without encryption.",
         Reach.PUBLISHED_LOCALLY, False),
        ("WARNING: API is accessible on https://[::]:2376 without TLS client verification.", Reach.HOST_NETWORK, True),
    ],
)  # fmt: skip
def test_a_host_engine_warns_of_its_open_api(warning: str, reach: Reach, encrypted: bool, tmp_path: Path) -> None:
    document = live.snapshot(info=live.info(Warnings=["WARNING: No swap limit support", warning]))
    (engine,) = live.model_of(document, tmp_path).engines
    (exposure,) = engine.exposures
    assert exposure.reach is reach
    assert exposure.endpoint.encrypted is not None
    assert exposure.endpoint.encrypted.on is encrypted
    assert exposure.endpoint.authenticated is not None
    assert exposure.endpoint.authenticated.off


def test_projects_are_workloads_and_the_rest_is_the_hosts(tmp_path: Path) -> None:
    def labelled(name: str, **labels: str) -> dict[str, Any]:
        return live.container(
            name, Config={"Labels": {f"com.docker.compose.{key}": value for key, value in labels.items()}}
        )

    document = [
        labelled("shop-dind-1", project="shop", service="dind"),
        labelled("shop-job-1", project="shop", service="job", depends_on="dind:service_completed_successfully:false"),
        live.container("lone"),
    ]
    model = live.model_of(document, tmp_path)
    kinds = [(each.kind, each.name, len(each.containers)) for each in model.workloads]
    assert kinds == [(WorkloadKind.PROJECT, "shop", 2), (WorkloadKind.HOST, "", 1)]
    first, second, _ = model.containers
    assert first.workload.find("dind") is first
    assert not first.runs_beside(second)
    assert not model.engines


def test_a_neighbour_by_network_and_by_namespace(tmp_path: Path) -> None:
    engine = live.dind(Config={"Env": ["DOCKER_TLS_CERTDIR="]})
    beside = live.container("beside")
    away = live.container("away", HostConfig={"NetworkMode": "other"}, NetworkSettings={"Networks": {"other": {}}})
    joined = live.container("joined", HostConfig={"NetworkMode": f"container:{engine['Id']}"})
    found = {each.name: each for each in live.model_of([engine, beside, away, joined], tmp_path).containers}
    assert found["dind"].role is Role.ENGINE
    assert [bool(found[name].accesses) for name in ("beside", "away", "joined")] == [True, False, True]


@pytest.mark.parametrize(
    "document",
    [
        [{"Id": "sha256:1", "RepoTags": ["a:1"], "Config": {"Env": []}}],
        {"info": {"title": "an API"}, "containers": []},
        {"containers": [{"name": "a", "image": "b"}]},
        [],
        [1, None, {"HostConfig": {}}],
    ],
)
def test_lookalikes_are_left_alone(document: Any, tmp_path: Path) -> None:
    model = live.model_of(document, tmp_path)
    assert not model.engines
    assert not any(each.kind is WorkloadKind.HOST for each in model.workloads)
