"""Compose projects as a whole: which files make one, where each setting is written, what stays unknown."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

from dindguard import Options, budget, scan
from dindguard.formats import Reading
from dindguard.formats.compose import reader as compose
from dindguard.model.container import Container
from dindguard.model.mount import Medium, MountKind
from dindguard.model.values import How
from dindguard.model.workload import Platform, WorkloadKind
from dindguard.source import Gravity, Span
from support import context_of, documents_of, write_files


def read(folder: Path, files: dict[str, str], *given: str) -> Reading:
    write_files(folder, files)
    return compose.read(documents_of(folder, "compose", *given), context_of(folder))


def one(folder: Path, text: str, **files: str) -> Container:
    """Return the only container of a one-file project."""
    reading = read(folder, {"compose.yaml": text, **files})
    (workload,) = reading.workloads
    (container,) = workload.containers
    return container


def service(folder: Path, body: str) -> Container:
    """Return the container of a service with these settings."""
    lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
    return one(folder, f"services:\n  a:\n{lines}\n")


def at(span: Span) -> str:
    return f"{span.path}:{span.line}:{span.column}"


# -- which files make a project -------------------------------------------------------------------------

BASE = "services: {a: {image: a, privileged: true}}\n"
SAFE = "services: {a: {privileged: false}}\n"
OTHER = "services: {b: {image: b, pid: host}}\n"

GROUPS = {
    "one file": ({"compose.yaml": BASE}, {"compose.yaml": True}),
    "base and override are one project": (
        {"compose.yaml": BASE, "compose.override.yml": SAFE},
        {"compose.yaml": False},
    ),
    "the first of the default names counts": (
        {"compose.yaml": SAFE.replace("{priv", "{image: a, priv"), "docker-compose.yml": BASE},
        {"compose.yaml": False, "docker-compose.yml": True},
    ),
    "a complete file is a project of its own": (
        {"compose.yaml": BASE, "docker-compose.dev.yml": OTHER},
        {"compose.yaml": True, "docker-compose.dev.yml": False},
    ),
    "a fragment lies over its folder's base, without the default override": (
        {"compose.yaml": BASE, "compose.override.yaml": "services: {a: {user: '1'}}", "compose.prod.yaml": SAFE},
        {"compose.yaml": True, "compose.prod.yaml": False},
    ),
    "a fragment in a folder of its own lies over the base above": (
        {"compose.yaml": BASE, "overrides/compose.prod.yaml": SAFE},
        {"compose.yaml": True, "overrides/compose.prod.yaml": False},
    ),
    "a fragment lies over the only file that completes it": (
        {"docker-compose.base.yml": BASE, "docker-compose.prod.yml": SAFE},
        {"docker-compose.base.yml": True, "docker-compose.prod.yml": False},
    ),
    "a fragment whose base is nowhere stands alone": (
        {"compose.prod.yaml": "services: {z: {privileged: true}}"},
        {"compose.prod.yaml": True},
    ),
    "COMPOSE_FILE names the set": (
        {".env": "COMPOSE_FILE=compose.yaml:compose.safe.yaml", "compose.yaml": BASE, "compose.safe.yaml": SAFE},
        {"compose.yaml": False},
    ),
    "COMPOSE_FILE with a separator of its own": (
        {".env": "COMPOSE_FILE=compose.yaml,s.yaml\nCOMPOSE_PATH_SEPARATOR=,", "compose.yaml": BASE, "s.yaml": SAFE},
        {"compose.yaml": False},
    ),
    "an included file belongs to the one that includes it": (
        {"compose.yaml": "include: [sub/compose.yaml]\nservices: {b: {image: b}}", "sub/compose.yaml": BASE},
        {"compose.yaml": True},
    ),
    "files that include each other are read once": (
        {"compose.yaml": "include: [b/compose.yaml]", "b/compose.yaml": f"include: [../compose.yaml]\n{BASE}"},
        {"compose.yaml": True},
    ),
    "a template for extends is no project": (
        {
            "compose.yaml": "services: {b: {image: b, extends: {file: common.yaml, service: c}}}",
            "common.yaml": "services: {c: {privileged: true, user: '0'}}",
        },
        {"compose.yaml": True},
    ),
    "a template with the same names is no project either": (
        {
            "compose.yaml": "services: {a: {image: a, extends: {file: common.yaml, service: a}, privileged: false}}",
            "common.yaml": "services: {a: {privileged: true, user: '0'}}",
        },
        {"compose.yaml": False},
    ),
    "folders are apart": (
        {"x/compose.yaml": BASE, "y/compose.override.yaml": SAFE},
        {"x/compose.yaml": True, "y/compose.override.yaml": False},
    ),
}


@pytest.mark.parametrize(("files", "expected"), GROUPS.values(), ids=GROUPS.keys())
def test_files_make_projects(files: dict[str, str], expected: dict[str, bool], tmp_path: Path) -> None:
    names = [name for name in files if name.endswith(("yaml", "yml"))]
    write_files(tmp_path, files)
    found = compose.read(documents_of(tmp_path, "compose", *names), context_of(tmp_path)).workloads
    assert {w.address: any(c.privileged.on for c in w.containers) for w in found} == expected


def test_a_given_override_brings_its_base_along(tmp_path: Path) -> None:
    files = {"compose.yaml": BASE, "compose.override.yaml": SAFE}
    for given in files:
        (workload,) = read(tmp_path, files, given).workloads
        assert workload.containers[0].privileged.off


# -- where it is written --------------------------------------------------------------------------------


def test_a_setting_is_where_the_file_that_wrote_it_has_it(tmp_path: Path) -> None:
    files = {
        "compose.yaml": "services:\n  a:\n    extends:\n      file: lib/base.yaml\n      service: b\n    user: root\n",
        "lib/base.yaml": "services:\n  b:\n    image: b\n    privileged: true\n    pid: host\n",
        "compose.override.yaml": "services:\n  a:\n    pid: ''\n",
    }
    (container,) = read(tmp_path, files).workloads[0].containers
    assert at(container.privileged.span) == "lib/base.yaml:4:17"
    assert [(step.what, at(step.span)) for step in container.privileged.span.trail] == [
        ("extended here", "compose.yaml:3:5")
    ]
    assert container.user is not None
    assert at(container.user.span) == "compose.yaml:6:11"
    assert container.namespaces.pid is not None
    assert at(container.namespaces.pid.span) == "compose.override.yaml:3:10"
    assert container.address == "services.a"
    assert at(container.span) == "compose.yaml:2:3"


def test_what_is_extended_twice_has_the_route_of_the_service_that_wrote_it(tmp_path: Path) -> None:
    files = {
        "compose.yaml": "services:\n  first:\n    extends: {file: base.yaml, service: second}\n",
        "base.yaml": "services:\n  second:\n    extends: third\n  third:\n    image: b\n    volumes: [/run:/run]\n",
    }
    (container,) = read(tmp_path, files).workloads[0].containers
    assert container.mounts[0].span.route == "services.third.volumes[0]"


def test_an_anchor_is_the_place_and_its_use_explains_it(tmp_path: Path) -> None:
    text = "x-a: &a\n  privileged: true\n  image: a\nservices:\n  a:\n    <<: *a\n"
    container = one(tmp_path, text)
    assert at(container.privileged.span) == "compose.yaml:2:15"
    assert [at(step.span) for step in container.privileged.span.trail] == ["compose.yaml:6:5"]


def test_parts_of_short_syntax_have_their_own_characters(tmp_path: Path) -> None:
    container = service(
        tmp_path, "image: a\nvolumes:\n  - /run/docker.sock:/s:ro\nsecurity_opt: ['seccomp=unconfined']"
    )
    (mount,) = container.mounts
    assert mount.source is not None
    assert [at(mount.source.span), at(mount.target.span), at(mount.read_only.span)] == [
        "compose.yaml:5:9", "compose.yaml:5:26", "compose.yaml:5:29",
    ]  # fmt: skip
    assert container.confinement.seccomp is not None
    assert at(container.confinement.seccomp.span) == "compose.yaml:6:29"


def test_an_included_setting_leads_to_the_include(tmp_path: Path) -> None:
    files = {"compose.yaml": "include:\n  - sub/c.yaml\n", "sub/c.yaml": BASE}
    (container,) = read(tmp_path, files).workloads[0].containers
    assert container.privileged.span.path == "sub/c.yaml"
    assert [(step.what, at(step.span)) for step in container.privileged.span.trail] == [
        ("included here", "compose.yaml:2:5")
    ]


# -- variables ------------------------------------------------------------------------------------------

VALUES = {
    "true": ("true", How.WRITTEN),
    "${P}": (None, How.UNKNOWN),
    "$P": (None, How.UNKNOWN),
    "${P:-true}": ("true", How.DEFAULT),
    "${P-true}": ("true", How.DEFAULT),
    "${P:-${Q}}": (None, How.UNKNOWN),
    "${P:-${SET}}": ("value", How.DEFAULT),
    "${SET}": ("value", How.VARIABLE),
    "${SET:-other}": ("value", How.VARIABLE),
    "${SET:+yes}": ("yes", How.VARIABLE),
    "${P:+yes}": (None, How.UNKNOWN),
    "${EMPTY:-filled}": ("filled", How.DEFAULT),
    "${EMPTY-filled}": ("", How.VARIABLE),
    "${EMPTY+set}": ("set", How.VARIABLE),
    "${P:?needed}": (None, How.UNKNOWN),
    "$$P": ("$P", How.WRITTEN),
    "a-$SET-$$-b": ("a-value-$-b", How.VARIABLE),
    "${": ("${", How.WRITTEN),
    "${1}": ("${1}", How.WRITTEN),
    "100$": ("100$", How.WRITTEN),
}


@pytest.mark.parametrize(("written", "expected"), VALUES.items(), ids=VALUES.keys())
def test_values_know_how_they_came(written: str, expected: tuple[str | None, How], tmp_path: Path) -> None:
    text = f"services:\n  a:\n    image: a\n    hostname: '{written}'\n"
    hostname = one(tmp_path, text, **{".env": "SET=value\nEMPTY=\n"}).hostname
    assert hostname is not None
    assert (hostname.value, hostname.how) == expected


def test_a_value_from_the_env_file_leads_to_its_line(tmp_path: Path) -> None:
    container = one(
        tmp_path, "services:\n  a: {image: a, privileged: '${P}'}\n", **{".env": "# x\n  export P=true\n"}
    )
    assert container.privileged.on
    assert container.privileged.how is How.VARIABLE
    assert at(container.privileged.span) == "compose.yaml:2:29"
    assert [(step.what, at(step.span)) for step in container.privileged.span.trail] == [("set here", ".env:2:10")]


def test_an_unset_variable_keeps_what_is_known(tmp_path: Path) -> None:
    container = service(tmp_path, "image: '${R}docker:${V:-29}-dind'\nprivileged: ${P}\nports: ['${PORT}:2375']")
    assert container.privileged.unknown
    assert container.privileged.variable == "P"
    assert container.image is not None
    assert container.image.tag == "29-dind"
    assert container.published(2375) is not None


def test_variables_of_a_service(tmp_path: Path) -> None:
    text = """
services:
  a:
    image: a
    env_file: [one.env, missing.env]
    environment: {DOCKER_TLS_CERTDIR: "", DOCKER_HOST: , OWN: 1.40}
"""
    files = {"compose.yaml": text, "one.env": "DOCKER_HOST=tcp://dind:2375\nX=$OUT\n", ".env": "OUT=o\n"}
    reading = read(tmp_path, files)
    environment = reading.workloads[0].containers[0].environment
    assert environment.value("DOCKER_TLS_CERTDIR") == ""
    assert environment.value("OWN") == "1.4"
    assert environment.value("X") == "o"
    assert "DOCKER_HOST" in environment
    assert environment.value("DOCKER_HOST") is None  # from the caller's shell
    assert [(notice.gravity, at(notice.span)) for notice in reading.notices] == [(Gravity.NOTE, "compose.yaml:5:25")]


# -- mounts and storages --------------------------------------------------------------------------------


def test_volumes_are_joined_to_what_backs_them(tmp_path: Path) -> None:
    text = """
services:
  a:
    image: a
    volumes: ["hostrun:/host", "share:/nfs", "mem:/m", "/anon", "ext:/e", "./x:/x", "plain:/p"]
    tmpfs: "/t:size=64m"
volumes:
  hostrun: {driver_opts: {type: none, o: "bind,ro", device: /var/run}}
  share: {driver_opts: {type: nfs, o: "addr=10.0.0.1,rw", device: ":/x"}}
  mem: {driver_opts: {type: tmpfs, device: tmpfs, o: "size=100m,uid=1000"}}
  ext: {external: true}
  plain:
"""
    container = one(tmp_path, text)
    mounts = {mount.target.value: mount for mount in container.mounts}
    storages = {target: mount.storage for target, mount in mounts.items() if mount.storage is not None}
    assert mounts["/host"].host_path == "/run"
    assert mounts["/host"].declared is not None
    assert mounts["/host"].declared.line == 8
    assert storages["/nfs"].medium is Medium.NETWORK
    assert str(storages["/nfs"].file_system) == "nfs"
    assert storages["/nfs"].host_path is None
    assert (storages["/m"].medium, str(storages["/m"].size_limit)) == (Medium.MEMORY, "100m")
    assert (mounts["/t"].kind, str(storages["/t"].size_limit)) == (MountKind.TMPFS, "64m")
    assert (mounts["/anon"].kind, storages["/anon"].per_replica) == (MountKind.ANONYMOUS, True)
    assert storages["/e"].external
    assert storages["/p"].identity == "compose:.:plain"
    assert (mounts["/x"].host_path, storages["/x"].name) == ("./x", "./x")
    assert len(container.workload.storages) == len({storage.identity for storage in container.workload.storages})


def identities(reading: Reading) -> list[str]:
    return [m.storage.identity for w in reading.workloads for c in w.containers for m in c.mounts if m.storage]


def using(volume: str, declaration: str) -> str:
    return f"services: {{a: {{image: a, volumes: ['{volume}:/v']}}}}\nvolumes: {{{volume}: {declaration}}}\n"


def test_storages_are_one_only_with_evidence(tmp_path: Path) -> None:
    external = using("data", "{external: true}")
    apart = identities(read(tmp_path / "1", {"x/compose.yaml": external, "y/compose.yaml": external}))
    assert len(set(apart)) == 2
    same = using("vol", "{name: data}")
    joined = identities(read(tmp_path / "2", {"x/compose.yaml": external, "y/compose.yaml": same}))
    assert len(set(joined)) == 1
    folder = {"compose.yaml": using("data", ""), "compose.dev.yaml": using("data", "")}
    assert len(set(identities(read(tmp_path / "3", folder)))) == 1
    hosts = {f"{name}/compose.yaml": "services: {a: {image: a, volumes: [/srv:/s]}}" for name in "xy"}
    assert len(set(identities(read(tmp_path / "4", hosts)))) == 2


def test_volumes_from_hands_on_what_the_other_has(tmp_path: Path) -> None:
    text = """
services:
  a: {image: a, volumes_from: [b], volumes: ["xx:/x"]}
  b: {image: b, volumes_from: ["c:ro", "container:gone", nobody]}
  c: {image: c, volumes: ["/var/run/docker.sock:/s", "yy:/x"], volumes_from: [a]}
volumes: {xx: , yy: }
"""
    (workload,) = read(tmp_path, {"compose.yaml": text}).workloads
    a, b, _ = workload.containers
    (taken,) = [mount for mount in a.mounts if mount.through]
    assert (taken.host_path, taken.through, taken.read_only.on) == ("/run/docker.sock", "volumes_from b", True)
    assert taken.declared is not None
    assert (taken.span.line, taken.declared.line) == (3, 4)
    assert {mount.through for mount in b.mounts} == {"volumes_from c"}


# -- Swarm ----------------------------------------------------------------------------------------------

STACK = """
services:
  a:
    image: a
    privileged: true
    pid: host
    cap_add: [NET_ADMIN]
    volumes: ["/var/run/docker.sock:/s"]
    deploy: {mode: global, placement: {constraints: [node.role == manager]}}
"""
STACKS = {
    "docker-stack.yml": (STACK, True),
    "prod-stack.yml": (STACK, True),
    "docker-stack.dev.yml": ("services: {a: {image: a, privileged: true}}", True),
    "stack.yml": ("services: {a: {image: a, privileged: true}}", False),  # run with Compose as often
    "compose.yaml": (STACK + "networks: {n: {driver: overlay}}\n", True),
    "compose.yml": (STACK, False),
    "docker-stack.build.yml": ("services: {a: {build: ., privileged: true}}", False),
    "docker-stack.mem.yml": ("services: {a: {image: a, privileged: true, mem_limit: 1g}}", False),
}


@pytest.mark.parametrize("name", STACKS)
def test_a_stack_drops_what_swarm_ignores(name: str, tmp_path: Path) -> None:
    text, is_stack = STACKS[name]
    (workload,) = read(tmp_path, {name: text}).workloads
    container = workload.containers[0]
    assert (workload.kind is WorkloadKind.STACK, workload.platform is Platform.SWARM) == (is_stack, is_stack)
    assert container.privileged.on is not is_stack
    assert ("privileged" in container.ignored_settings) is is_stack
    if "cap_add" in text:
        assert [str(cap) for cap in container.capabilities.added] == ["NET_ADMIN"]
        assert container.mounts[0].host_path == "/run/docker.sock"


# -- documents in documents -----------------------------------------------------------------------------


def test_documents_inside_keep_their_place_and_owner(tmp_path: Path) -> None:
    text = """
services:
  a:
    image: docker:29-dind
    command: ["sh", "-c", "echo $$X && docker run --privileged x"]
    build:
      dockerfile_inline: |
        FROM docker:29
        USER root
    configs: [{source: engine, target: /etc/docker/daemon.json}]
    volumes: ["./buildkitd.toml:/etc/buildkit/buildkitd.toml"]
    post_start: [{command: "sh -ec 'docker info'", privileged: true}]
configs:
  engine:
    content: |
      {"hosts": ["tcp://0.0.0.0:2375"]}
"""
    reading = read(tmp_path, {"compose.yaml": text, "buildkitd.toml": "debug = true\n"})
    (container,) = reading.workloads[0].containers
    found = {embedded.source.hint: embedded for embedded in reading.embedded if embedded.source.hint != "shell"}
    scripts = [embedded.source for embedded in reading.embedded if embedded.source.hint == "shell"]
    assert all(embedded.owner is container for embedded in reading.embedded)
    assert [script.text for script in scripts] == ["echo $X && docker run --privileged x", "docker info"]
    start = scripts[0].text.index("--privileged")
    assert at(scripts[0].span(start, start + 12)) == "compose.yaml:5:51"
    assert at(scripts[1].span(0, 6)) == "compose.yaml:12:37"
    assert found["dockerfile"].source.position(0) == (8, 9)
    assert found["/etc/docker/daemon.json"].source.position(0) == (16, 7)
    assert found["/etc/buildkit/buildkitd.toml"].source.path == "buildkitd.toml"
    assert container.build is not None
    assert (container.build.inline, container.build.dockerfile) == (True, "compose.yaml")
    assert container.privileged.off
    assert [at(flag.span) for flag in container.privileged_commands] == ["compose.yaml:12:64"]


@pytest.mark.parametrize(
    ("command", "text", "column"),
    [
        ("[docker, run, --privileged, 'a b']", "docker run --privileged 'a b'", 28),
        ("docker run --privileged x", "docker run --privileged x", 25),
        ("[tini, --, bash, -xec, docker run --privileged x]", "docker run --privileged x", 48),
        ("[catatonit, --, sh, -c, docker run --privileged x]", "docker run --privileged x", 49),
        ("['/bin/sh', -c, 'x=$$Y; docker run --privileged x']", "x=$Y; docker run --privileged x", 49),
        ("echo docker run --privileged x", "", 0),
        ("[sh, script.sh]", "", 0),
    ],
)
def test_commands_that_start_containers_are_scripts(command: str, text: str, column: int, tmp_path: Path) -> None:
    reading = read(tmp_path, {"compose.yaml": f"services:\n  a:\n    image: a\n    command: {command}\n"})
    scripts = [embedded.source for embedded in reading.embedded]
    assert [script.text for script in scripts] == ([text] if text else [])
    for script in scripts:
        start = text.index("--privileged")
        span = script.span(start, start + len("--privileged"))
        assert (span.line, span.column, span.end_column) == (4, column, column + len("--privileged"))


def test_a_string_command_has_no_shell(tmp_path: Path) -> None:
    container = service(tmp_path, "image: a\ncommand: dockerd -H 'tcp://0.0.0.0:2375' && docker run --privileged x")
    assert container.command is not None
    assert [str(word) for word in container.command] == ["dockerd", "-H", "tcp://0.0.0.0:2375"]
    assert at(container.command.words[1].span) == "compose.yaml:4:22"


# -- single settings ------------------------------------------------------------------------------------


def test_settings_of_a_service(tmp_path: Path) -> None:
    container = service(
        tmp_path,
        """
image: a
use_api_socket: true
security_opt: ["seccomp:unconfined", apparmor=unconfined, "label:type:spc_t", no-new-privileges, systempaths=unconfined,
  "writable-cgroups=false"]
healthcheck: {test: docker info, interval: 5s}
deploy: {replicas: 2, update_config: {order: start-first}, resources: {limits: {memory: 1g, pids: 5}}}
container_name: known
networks: {default: {aliases: [docker]}}
device_cgroup_rules: ["a *:* rwm"]
build: {context: ., dockerfile: sub/Dockerfile, privileged: true, entitlements: [security.insecure], network: host}
""",
    )
    confinement = container.confinement
    assert (str(confinement.seccomp), str(confinement.apparmor)) == ("unconfined", "unconfined")
    assert (str(confinement.system_paths), [str(label) for label in confinement.selinux]) == (
        "unconfined",
        ["type:spc_t"],
    )
    assert confinement.no_new_privileges is not None
    assert confinement.no_new_privileges.on
    assert confinement.writable_cgroups is not None
    assert confinement.writable_cgroups.off
    assert container.engine_api.on
    assert container.health is not None
    assert container.health.command is not None
    assert container.health.command.shell
    assert container.replicas is not None
    assert (container.replicas.count, container.replicas.overlap) == (2, True)
    assert (str(container.limits.memory), str(container.limits.pids)) == ("1g", "5")
    assert [str(alias) for alias in container.aliases] == ["docker", "known"]
    assert container.build is not None
    assert (container.build.context, container.build.dockerfile) == ("", "sub/Dockerfile")
    assert container.build.privileged is not None
    assert container.build.privileged.on


@pytest.mark.parametrize(
    ("written", "state"),
    [
        ("true", True),
        ("false", False),
        ("'true'", True),
        ("yes", True),
        ("no", False),
        ("", False),
        ("perhaps", None),
    ],
)
def test_privileged_is_three_valued(written: str, state: bool | None, tmp_path: Path) -> None:
    assert service(tmp_path, f"image: a\nprivileged: {written}").privileged.state is state


def test_a_version_1_file_is_read(tmp_path: Path) -> None:
    text = "web:\n  build: .\n  dockerfile: D\n  net: host\n  privileged: true\ndb:\n  image: x\n  volumes: [/run:/run]\n"
    (workload,) = read(tmp_path, {"docker-compose.yml": text}).workloads
    web, db = workload.containers
    assert web.privileged.on
    assert str(web.namespaces.network) == "host"
    assert web.build is not None
    assert web.build.dockerfile == "D"
    assert db.mounts[0].host_path == "/run"


# -- what is not as it should be ------------------------------------------------------------------------

BROKEN = {
    "cyclic extends": "services: {a: {extends: b, image: a}, b: {extends: a, privileged: true}}",
    "extends itself": "services: {a: {extends: a, image: a}}",
    "extends in a circle of files": "services: {a: {image: a, extends: {file: compose.yaml, service: a}}}",
    "extends nobody": "services: {a: {extends: nobody, image: a}}",
    "extends from outside": "services: {a: {extends: {file: ../../x.yaml, service: b}, image: a}}",
    "extends from elsewhere": "services: {a: {extends: {file: https://x/c.yaml, service: b}, image: a}}",
    "includes itself": "include: [compose.yaml]\nservices: {a: {image: a}}",
    "includes what a variable says": "include: ['${X}']\nservices: {a: {image: a}}",
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN.keys())
def test_what_cannot_be_followed_is_a_notice(text: str, tmp_path: Path) -> None:
    reading = read(tmp_path, {"compose.yaml": text})
    assert "a" in [container.name for workload in reading.workloads for container in workload.containers]
    assert [notice.kind for notice in reading.notices if notice.span.path == "compose.yaml"]


STRANGE = {
    "null services": "services:\n  a:\n  b: {image: b}\n",
    "lists for mappings": "services: {a: {image: [x], environment: [[1], {a: b}], build: [1], deploy: [], networks: 3}}",
    "mappings for lists": "services: {a: {image: a, volumes: {a: b}, ports: {1: 2}, cap_add: {}, security_opt: x}}",
    "scalars at the top": "services: {a: 1, b: [2], c: {image: c}}\nvolumes: [v]\nnetworks: x\nconfigs: {c: 1}\n",
    "an alias within itself": "services: {a: &a {image: a, environment: *a, build: *a, deploy: *a}}",
    "services as a list": "services: [a]\ninclude: {path: [x]}\n",
    "ports and volumes of every kind": "services: {a: {image: a, ports: ['', ':', 99999999, x/y], volumes: ['', ':', '::']}}",
}


@pytest.mark.parametrize("text", STRANGE.values(), ids=STRANGE.keys())
def test_strange_documents_are_read_as_far_as_they_go(text: str, tmp_path: Path) -> None:
    for over in ("services: {a: {environment: {A: 1}, volumes: [x], networks: {}, build: x}}", text):
        reading = read(tmp_path, {"compose.yaml": text, "compose.override.yaml": over})
        for workload in reading.workloads:
            assert all(container.address for container in workload.containers)


def test_long_chains_end(tmp_path: Path) -> None:
    chain = "".join(f"  s{i}: {{image: a, extends: s{i + 1}, volumes_from: [s{i + 1}]}}\n" for i in range(300))
    with budget.opened() as ledger:
        reading = read(tmp_path, {"compose.yaml": f"services:\n{chain}  s300: {{image: a, privileged: true}}\n"})
    containers = reading.workloads[0].containers
    assert len(containers) == 301
    assert containers[290].privileged.on
    assert {notice.kind for notice in ledger.notices} == {"budget"}


def test_a_project_that_was_read_goes_without_the_cycle_collector(tmp_path: Path) -> None:
    text = "services:\n  a: {image: a, volumes: ['/a:/a'], volumes_from: [b]}\n  b: {image: b, volumes: ['/b:/b']}\n"
    read(tmp_path, {"compose.yaml": text})  # imports what it needs
    gc.collect()
    gc.disable()
    try:
        reading = read(tmp_path, {"compose.yaml": text})
        assert gc.collect() == 0, "nodes of a project that nobody holds"
        assert reading.workloads
    finally:
        gc.enable()


def test_many_projects_in_three_ways_are_read_whole(tmp_path: Path) -> None:
    """Fifty small projects, each with files for two surroundings, that all extend services of one large file."""
    shared = "services:\n" + "".join(f"  s{i}:\n    image: example/s{i}:1\n    # {'x' * 14_000}\n" for i in range(6))
    own = "".join(f"  s{i}:\n    extends: {{file: ../shared.yml, service: s{i}}}\n" for i in range(6))
    over = "services:\n" + "".join(f"  s{i}: {{restart: always}}\n" for i in range(6))
    files = {"shared.yml": shared}
    for number in range(50):
        files[f"p{number}/compose.yml"] = f"services:\n{own}"
        files |= {f"p{number}/compose.override-{name}.yml": over for name in ("dev", "prod")}
    report = scan(Options(paths=(write_files(tmp_path, files),), root=tmp_path))
    assert not [notice for notice in report.notices if notice.kind == "budget"]
    assert sum(len(workload.containers) for workload in report.model.workloads) == 900


def test_variables_of_an_include_are_not_read_as_yaml(tmp_path: Path) -> None:
    """Most files of variables are YAML by chance: one text over several lines. This one is not."""
    files = {
        "compose.yaml": "include:\n  - path: db/compose.yaml\n    env_file: db/defaults.env\n",
        "db/compose.yaml": "services:\n  db:\n    image: example/db:${DB_VERSION}\n",
        "db/defaults.env": "# see https://example.org\nDB_VERSION=7\n\n# the port: a number\nDB_PORT=1\n",
    }
    report = scan(Options(paths=(write_files(tmp_path, files),), root=tmp_path))
    assert not report.notices
    images = [str(each.image) for workload in report.model.workloads for each in workload.containers]
    assert "example/db:7" in images
