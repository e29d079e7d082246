"""Sabotage of a real environment: the engine makes what nobody planned, and `verify` names it."""

import copy
import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from private_engine import BUSYBOX, IMAGES, Host

from dindguard.engine_client import Engine, connect
from dindguard.environment import bodies, labels
from dindguard.environment.images import pin
from dindguard.environment.plan import Ground, Plan
from dindguard.environment.spec import Isolation, Spec
from dindguard.environment.verify import conformity
from dindguard.errors import INCOMPLETE

Change = Callable[[dict[str, Any]], object]


def host(**fields: object) -> Change:
    return lambda body: body["HostConfig"].update(fields)


def config(**fields: object) -> Change:
    return lambda body: body.update(fields)


def security(option: str) -> Change:
    return lambda body: body["HostConfig"]["SecurityOpt"].append(option)


def filtered(change: Callable[[dict[str, Any]], object]) -> Change:
    """Another system call filter: ours, changed."""

    def put(body: dict[str, Any]) -> None:
        profile = json.loads(bodies.seccomp_profile())
        change(profile)
        body["HostConfig"]["SecurityOpt"] = [f"seccomp={json.dumps(profile)}"]

    return put


def health(**fields: object) -> Change:
    return lambda body: body["Healthcheck"].update(fields)


def mounted(**mount: object) -> Change:
    return lambda body: body["HostConfig"]["Mounts"].append(mount)


def device(path: str, inside: str, permissions: str = "rwm") -> Change:
    told = {"PathOnHost": path, "PathInContainer": inside, "CgroupPermissions": permissions}
    return lambda body: body["HostConfig"]["Devices"].append(told)


def label(key: str, value: str) -> Change:
    return lambda body: body["Labels"].update({key: value})


def endpoint(**fields: object) -> Change:
    return lambda body: next(iter(body["NetworkingConfig"]["EndpointsConfig"].values())).update(fields)


SABOTAGES: dict[str, Change] = {
    "privileged": host(Privileged=True),
    "network of the host": lambda body: (host(NetworkMode="host")(body), body.pop("NetworkingConfig")),
    "another network": lambda body: (host(NetworkMode="bridge")(body), body.pop("NetworkingConfig")),
    "processes of the host": host(PidMode="host"),
    "memory segments of the host": host(IpcMode="host"),
    "memory segments to share": host(IpcMode="shareable"),
    "name of the host": host(UTSMode="host"),
    "users of the host": host(UsernsMode="host"),
    "one more capability": host(CapAdd=["SETUID", "SETGID", "NET_ADMIN"]),
    "SYS_ADMIN": host(CapAdd=["SETUID", "SETGID", "SYS_ADMIN", "DAC_OVERRIDE"]),
    "all capabilities": host(CapAdd=["ALL"]),
    "none dropped": host(CapDrop=[]),
    "one dropped": host(CapDrop=["NET_RAW"]),
    "no filter": lambda body: body["HostConfig"].update(SecurityOpt=["seccomp=unconfined"]),
    "the engine's filter": host(SecurityOpt=[]),
    "an allow-all filter": filtered(lambda profile: profile.update(defaultAction="SCMP_ACT_ALLOW", syscalls=[])),
    "one more call": filtered(lambda profile: profile["syscalls"][0]["names"].append("bpf")),
    "a filter that only logs": filtered(lambda profile: profile.update(defaultAction="SCMP_ACT_LOG")),
    "no label": security("label=disable"),
    "no new privileges": security("no-new-privileges"),
    "a disk": device("/dev/zero", "/dev/sda"),
    "a disk at another path": device("/dev/zero", "/srv/data/innocent"),
    "a wider tun device": lambda body: body["HostConfig"]["Devices"][0].update(CgroupPermissions="rwm"),
    "the tun device elsewhere": lambda body: body["HostConfig"]["Devices"][0].update(PathInContainer="/dev/tun0"),
    "no tun device": host(Devices=[]),
    "every block device": host(DeviceCgroupRules=["b *:* rwm"]),
    "one character device": host(DeviceCgroupRules=["c 1:1 rwm"]),
    "a folder of the host": host(Binds=["/srv:/srv:ro"]),
    "the engine's socket": host(Binds=["/run/docker.sock:/run/docker.sock"]),
    "the root of the host, as a mount": mounted(Type="bind", Source="/", Target="/host"),
    "a volume more": mounted(Type="volume", Source="dindguard-sabotage-other", Target="/other"),
    "a volume in memory": mounted(Type="tmpfs", Target="/other"),
    "certificates read-only": lambda body: body["HostConfig"]["Mounts"][1].update(ReadOnly=True),
    "certificates elsewhere": lambda body: body["HostConfig"]["Mounts"][1].update(Target="/certs"),
    "another's certificates": lambda body: body["HostConfig"]["Mounts"][1].update(Source="dindguard-sabotage-other"),
    "the data root elsewhere": lambda body: body["HostConfig"]["Mounts"][0].update(Target="/data"),
    "the authority on disk": host(Tmpfs={}),
    "the authority in a roomier memory": host(Tmpfs={"/certs/ca": "rw,size=1g,mode=1777"}),
    "one more memory file system": lambda body: body["HostConfig"]["Tmpfs"].update({"/x": "rw"}),
    "no memory limit": host(Memory=0, MemorySwap=0),
    "a memory limit of 1 PiB": host(Memory=1 << 50, MemorySwap=1 << 50),
    "swap": host(MemorySwap=-1),
    "no processor limit": host(NanoCpus=0),
    "shares": host(CpuShares=2),
    "a processor set": host(CpusetCpus="0"),
    "no process limit": host(PidsLimit=0),
    "more processes": host(PidsLimit=4_000_000),
    "never out of memory": host(OomScoreAdj=-500),
    "restarted": host(RestartPolicy={"Name": "always"}),
    "an endless log": host(LogConfig={"Type": "json-file", "Config": {}}),
    "no log": host(LogConfig={"Type": "none"}),
    "control groups elsewhere": host(CgroupParent="/elsewhere"),
    "control groups of its own": host(CgroupnsMode="private"),
    "no init": host(Init=False),
    "another runtime": host(Runtime="sysbox-runc"),
    "masked paths": host(MaskedPaths=["/proc/kcore"]),
    "read-only paths": host(ReadonlyPaths=["/proc/sys"]),
    "a read-only root": host(ReadonlyRootfs=True),
    "a published port": host(PortBindings={"2376/tcp": [{"HostPort": "12376"}]}),
    "all ports published": host(PublishAllPorts=True),
    "a foreign resolver": host(Dns=["192.0.2.1"]),
    "a foreign name": host(ExtraHosts=["registry-1.docker.io:192.0.2.1"]),
    "kernel settings": host(Sysctls={"net.ipv4.ip_unprivileged_port_start": "0"}),
    "more groups": host(GroupAdd=["0"]),
    "removed by itself": host(AutoRemove=True),
    "shared memory": host(ShmSize=1 << 30),
    "root": config(User="0"),
    "another command": config(Cmd=["--host=tcp://0.0.0.0:2375"]),
    "another entry point": config(Entrypoint=["dockerd"]),
    "a folder to start in": config(WorkingDir="/srv"),
    "no certificates": config(Env=["DOCKER_TLS_CERTDIR="]),
    "a setting more": config(
        Env=["DOCKER_TLS_CERTDIR=/certs", "DOCKERD_ROOTLESS_ROOTLESSKIT_FLAGS=-p 2375:2375/tcp"]
    ),
    "an empty setting more": config(Env=["DOCKER_TLS_CERTDIR=/certs", "DOCKER_TLS_SAN="]),
    "another name": config(Hostname="docker"),
    "a signal": config(StopSignal="SIGKILL"),
    "a terminal": config(Tty=True),
    "input": config(OpenStdin=True),
    "no end": health(Test=["CMD-SHELL", "docker version"]),
    "no health check": health(Test=["NONE"]),
    "a rare health check": health(Interval=86_400_000_000_000),
    "another time to live": label(labels.EXPIRES, "2999-01-01T00:00:00Z"),
    "another owner": label(labels.RUN, "0"),
    "a label more": label("com.example.more", "1"),
    "no plan": label(labels.PLAN, ""),
    "a plan's other digest": label(labels.PLAN_DIGEST, "0" * 64),
    "one more name": endpoint(Aliases=["docker", "registry"]),
    "no name": endpoint(Aliases=[]),
    "an address of its own": endpoint(IPAMConfig={"IPv4Address": "172.31.240.7"}),
    "another image": lambda body: body.update(Image=BUSYBOX, Entrypoint=None, Cmd=["true"]),
}


@pytest.fixture(scope="module")
def bench(host: Host) -> Iterator[tuple[Engine, Plan]]:
    """An engine with the network and the volumes of a planned environment; the containers are made by the tests."""
    former = os.environ.get("DOCKER_HOST")
    os.environ["DOCKER_HOST"] = host.environ["DOCKER_HOST"]
    try:
        with connect() as engine:
            spec = Spec("sabotage", Isolation.ROOTLESS, tun_device=host.tun)
            images = [pin(engine, name, lambda _: None) for name in (IMAGES["rootless"], "local/docker-cli:test")]
            plan = Plan(spec, Isolation.ROOTLESS, *images, Ground.of(engine.facts), "run", int(time.time()))
            subnet = ("--subnet", "172.31.240.0/24")  # a fixed address can be asked for in one of these only
            marks = [f"--label={key}={value}" for key, value in bodies.network(plan)["Labels"].items()]
            host.docker("network", "create", *subnet, *marks, plan.network)
            for body in (*bodies.volumes(plan), {"Name": "dindguard-sabotage-other"}):
                marks = [f"--label={key}={value}" for key, value in body.get("Labels", {}).items()]
                host.docker("volume", "create", *marks, body["Name"])
            yield engine, plan
    finally:
        host.docker("network", "rm", plan.network)
        host.docker("volume", "rm", *(body["Name"] for body in bodies.volumes(plan)), "dindguard-sabotage-other")
        os.environ.pop("DOCKER_HOST")
        if former is not None:
            os.environ["DOCKER_HOST"] = former


def differences(engine: Engine, plan: Plan, body: dict[str, Any]) -> list[str]:
    """What is found on the container that the engine makes from ``body``; it is not started."""
    name = plan.object_name(labels.DAEMON)
    made = engine.api.create_container_from_config(body, name)["Id"]
    try:
        inspected = engine.api.inspect_container(made)
        image = engine.api.inspect_image(inspected["Image"])
        return [str(one) for one in conformity.container(plan, inspected, image)]
    finally:
        engine.api.remove_container(made, force=True)


def test_there_are_enough() -> None:
    assert len(SABOTAGES) >= 60


def test_nothing_is_alleged_of_what_was_planned(bench: tuple[Engine, Plan]) -> None:
    engine, plan = bench
    assert differences(engine, plan, bodies.daemon(plan)) == []


@pytest.mark.parametrize("name", SABOTAGES)
def test_the_engine_made_what_nobody_planned(bench: tuple[Engine, Plan], name: str) -> None:
    engine, plan = bench
    body = copy.deepcopy(bodies.daemon(plan))
    SABOTAGES[name](body)
    assert differences(engine, plan, body)


def test_every_planned_field_is_sabotaged_above(bench: tuple[Engine, Plan]) -> None:
    _, plan = bench
    field = "HostConfig"
    planned = bodies.daemon(plan)
    touched: set[str] = set()
    for change in SABOTAGES.values():
        body = copy.deepcopy(planned)
        change(body)
        touched |= {f"{field}.{key}" for key in planned[field] if body[field].get(key) != planned[field][key]}
        touched |= {key for key in planned if body.get(key) != planned[key]}
    assert {f"{field}.{key}" for key in planned[field]} | set(planned) <= touched


# Below, a running environment is changed behind its back.


@pytest.fixture(scope="module")
def victim(host: Host) -> Iterator[str]:
    done = host.env("up", "victim", *host.up_options("rootless"))
    assert done.returncode == 0, done.stderr
    yield "victim"
    host.env("down", "victim")


def alleged(host: Host, name: str) -> dict[str, str]:
    done = host.env("verify", name, "--format", "json")
    bad = {check["check"]: check["found"] for check in json.loads(done.stdout)["checks"] if check["remedy"]}
    assert done.returncode == (INCOMPLETE if bad else 0)
    return bad


def inside(host: Host, script: str, *options: str) -> subprocess.CompletedProcess[str]:
    return host.docker("exec", *options, "dindguard-victim-daemon", "sh", "-c", script)


DATA = "/home/rootless/.local/share/docker"
HIDDEN = "authority-key-hidden"
MORE = (
    "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj '/CN=docker:dind CA' -keyout /tmp/second.key "
    "-out /tmp/second.pem 2>/dev/null && cat /tmp/second.pem >>"
)
Sabotage = tuple[str, str, str, str]
INSIDE: tuple[tuple[Sabotage, ...], ...] = (
    # Done in the engine's container; undone; the check that sees it; what it says. One verification a round.
    (
        (
            f"cp /certs/server/ca.pem /tmp/kept && {MORE} /certs/server/ca.pem",
            "cp /tmp/kept /certs/server/ca.pem; rm /tmp/second.*",
            "one-authority",
            "trusts 2 authorities",
        ),
        (
            "cp /certs/ca/key.pem /certs/client/notes.txt",
            "rm /certs/client/notes.txt",
            HIDDEN,
            "/certs/client/notes.txt",
        ),
        (f"cp /certs/ca/key.pem {DATA}/spare", f"rm {DATA}/spare", HIDDEN, f"{DATA}/spare"),
        ("cp /certs/ca/key.pem /tmp/innocent", "rm /tmp/innocent", HIDDEN, "/tmp/innocent"),
        (
            "echo '{}' >/home/rootless/.config/docker/daemon.json",
            "rm /home/rootless/.config/docker/daemon.json",
            "image-unchanged",
            "/home/rootless/.config/docker/daemon.json",
        ),
    ),
    (
        (
            f"cp /certs/client/ca.pem /tmp/kept && {MORE} /certs/client/ca.pem",
            "cp /tmp/kept /certs/client/ca.pem; rm /tmp/second.*",
            "one-authority",
            "different authorities",
        ),
        ("cp /certs/ca/key.pem /certs/client/key.pem", "", HIDDEN, "/certs/client/key.pem (clients)"),
    ),
)


@pytest.mark.parametrize("changes", INSIDE, ids=["engine", "clients"])
def test_a_change_inside_is_noticed(host: Host, victim: str, changes: tuple[Sabotage, ...]) -> None:
    inside(host, "cp /certs/client/key.pem /tmp/kept-key")
    for done, *_ in changes:
        inside(host, done)
    found = alleged(host, victim)
    inside(host, "cp /tmp/kept-key /certs/client/key.pem; rm /tmp/kept-key")
    for _, undone, *_ in changes:
        inside(host, undone)
    for _, _, check, words in changes:
        assert words in found.get(check, ""), found


STRANGERS = {
    # how a container is created that has no business there; the check that sees it
    "thief": (["-v", "dindguard-victim-client-certificates:/c:ro"], "certificates-exclusive"),
    "sharer": (["-v", "dindguard-victim-data:/d:ro"], "data-root-exclusive"),
    "sleeper": (["--network", "dindguard-victim-network"], "own-network-only"),
    "pretender": (
        ["--network", "dindguard-victim-network", "--label", "io.dindguard.environment=victim",
         "--label", "io.dindguard.managed=true", "--label", "io.dindguard.role=client"],
        "own-network-only",
    ),
}  # fmt: skip
DAEMON = "dindguard-victim-daemon"
UPDATES = (
    # changed on the running container; undone; the check that sees it; what it says
    (["network", "connect", "bridge"], ["network", "disconnect", "bridge"], "container-as-planned", "bridge"),
    (
        ["update", "--memory=4g", "--memory-swap=4g"],
        ["update", "--memory=2g", "--memory-swap=2g"],
        "limits-set",
        "Memory is",
    ),
    (["update", "--pids-limit=4000000"], ["update", "--pids-limit=1024"], "limits-hold", "process-limit 4000000"),
    (["update", "--restart=always"], ["update", "--restart=no"], "time-to-live", "always"),
)


def test_strangers_are_noticed_stopped_or_not(host: Host, victim: str) -> None:
    try:
        for name, (options, _) in STRANGERS.items():
            host.docker("run", "--name", name, *options, BUSYBOX, "true")
        found = alleged(host, victim)
    finally:
        host.docker("rm", "--force", *STRANGERS)
    for name, (_, check) in STRANGERS.items():
        assert name in found.get(check, ""), found


def test_changes_of_the_running_container_are_noticed(host: Host, victim: str) -> None:
    for done, *_ in UPDATES:
        host.docker(*done, DAEMON)
    found = alleged(host, victim)
    for _, undone, *_ in UPDATES:
        host.docker(*undone, DAEMON)
    for *_, check, words in UPDATES:
        assert words in found.get(check, ""), found


def test_after_all_that_nothing_is_alleged(host: Host, victim: str) -> None:
    assert alleged(host, victim) == {}


def test_probes_of_a_killed_verification_are_swept_by_the_next(host: Host, victim: str) -> None:
    with subprocess.Popen(host.command("verify", victim), env=host.environ, stdout=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 20
        while not (left := [name for name in host.leftovers() if "-probe-" in name]) and time.monotonic() < deadline:
            time.sleep(0.05)
        process.kill()
    assert left
    assert alleged(host, victim) == {}
    assert not [name for name in host.leftovers() if "-probe-" in name]
