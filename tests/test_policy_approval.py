"""What an approval covers: each attribute that widens a container ends it, nothing else does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dindguard.model.container import Container
from dindguard.policy import approval
from dindguard.records import replace
from dindguard.scanning import Options, scan
from policy_tree import write

SERVICE = """\
services:
  it:
    image: registry.example/runner:1.2
    volumes:
      - /var/run/docker.sock:/var/run/docker.sock
  other:
    image: nginx:1.29
networks: {inner: {}, outer: {}}
"""

ADDED = {
    "privileged": "privileged: true",
    "capabilities": "cap_add: [SYS_PTRACE]",
    "confinement": "security_opt: ['seccomp=unconfined']",
    "namespaces": "pid: host",
    "devices": "devices: [/dev/kvm]",
    "device rules": "device_cgroup_rules: ['c 10:232 rwm']",
    "ports": "ports: ['80:80']",
    "environment": "environment: {DOCKERD_ROOTLESS_ROOTLESSKIT_NET: host}",
    "command": "command: [docker, run, --privileged, x]",
    "user": "user: root",
    "runtime": "runtime: runc",
    "engine socket": "use_api_socket: true",
    "build": "build: {context: ., dockerfile: Other}",
    "networks": "networks: [inner]",
    "volumes from": "volumes_from: ['container:somebody']",
    "read-only root": "read_only: true",
    "control group": "cgroup_parent: jobs.slice",
    "further": "gpus: all",
}
REPLACED = {
    "image": ("runner:1.2", "attacker:1.2"),
    "mounts": ("docker.sock\n  other", "docker.sock:ro\n  other"),
    "user namespace": ("    image: registry", "    userns_mode: host\n    image: registry"),
}
MORE = [
    ("environment: {DOCKER_HOST: 'tcp://a:2376'}", "environment: {DOCKER_HOST: 'tcp://b:2376'}"),
    *(
        (f"environment: {{{name}: a}}", f"environment: {{{name}: b}}")
        for name in (
            "BUILDKIT_HOST",
            "BUILDAH_ISOLATION",
            "CONTAINER_HOST",
            "CONTAINERD_NAMESPACE",
            "ROOTLESSKIT_NET",
            "XDG_RUNTIME_DIR",
        )
    ),
    ("networks: [inner]", "networks: [inner, outer]"),
    ("build: .", "build: ./other"),
    ("build: {context: ., privileged: false}", "build: {context: ., privileged: true}"),
    ("build: {context: ., entitlements: []}", "build: {context: ., entitlements: [security.insecure]}"),
    ("build: {context: ., network: none}", "build: {context: ., network: host}"),
    ("ports: ['80:80']", "ports: ['80-90:80-90']"),
    ("ports: ['80:80']", "ports: ['80:80/udp']"),
    ("ports: ['127.0.0.1:80:80']", "ports: ['80:80']"),
    ("security_opt: []", "security_opt: ['apparmor=unconfined']"),
    ("security_opt: []", "security_opt: ['label=disable']"),
    ("security_opt: []", "security_opt: ['systempaths=unconfined']"),
    ("security_opt: ['no-new-privileges:true']", "security_opt: []"),
    ("cap_drop: [ALL]", "cap_drop: [NET_RAW]"),
    ("ipc: private", "ipc: host"),
    ("network_mode: bridge", "network_mode: host"),
    ("uts: ''", "uts: host"),
    ("cgroup: private", "cgroup: host"),
    ("devices: ['/dev/a:/dev/a:r']", "devices: ['/dev/a:/dev/a:rwm']"),
    ("group_add: []", "group_add: ['999']"),
    ("entrypoint: [a]", "entrypoint: [b]"),
    ("volumes_from: [other]", "volumes_from: [other, 'container:x']"),
]
HARMLESS = [
    ("labels: {}", "labels: {a: b}"),
    ("restart: always", "restart: 'no'"),
    ("environment: {LOG: debug}", "environment: {LOG: info, MORE: x}"),
    *(
        (f"environment: {{{name}: a}}", f"environment: {{{name}: b}}")
        for name in (
            "DOCKER_PASSWORD",
            "DOCKER_TOKEN",
            "DOCKER_SECRET",
            "DOCKER_AUTH_CONFIG",
            "SOME_XDG_RUNTIME_DIR",
        )
    ),
    ("healthcheck: {test: a}", "healthcheck: {test: b}"),
    ("mem_limit: 1g", "mem_limit: 2g"),
]
PROXY = """\
services:
  it:
    image: tecnativa/docker-socket-proxy:0.3
    environment:
      %s
    volumes:
      - /var/run/docker.sock:/var/run/docker.sock
"""


def container(folder: Path, text: str) -> Container:
    (folder / ".git").mkdir(exist_ok=True)
    write(folder, "compose.yaml", text)
    write(folder, "Dockerfile", "FROM scratch\n")
    model = scan(Options(paths=(folder,))).model
    return next(each for each in model.containers if each.name == "it")


def profile(folder: Path, setting: str = "", text: str = SERVICE) -> dict[str, Any]:
    if setting:
        text = text.replace("    image: reg", f"    {setting}\n    image: reg", 1)
    return approval.content(container(folder, text))


@pytest.mark.parametrize("name", [*ADDED, *REPLACED])
def test_each_attribute_is_part_of_an_approval(tmp_path: Path, name: str) -> None:
    before = profile(tmp_path)
    if name in ADDED:
        after = profile(tmp_path, ADDED[name])
    else:
        old, new = REPLACED[name]
        assert old in SERVICE
        after = profile(tmp_path, text=SERVICE.replace(old, new, 1))
    changed = {key for key in before if before[key] != after[key]}
    assert name in changed or (name == "user namespace" and "namespaces" in changed)


def test_every_attribute_has_a_case(tmp_path: Path) -> None:
    derived = {"sandbox", "engine", "rootless host", "started by"}  # told by other settings, or by other formats
    assert set(profile(tmp_path)) == {*ADDED, *REPLACED, *derived}


@pytest.mark.parametrize(("one", "other"), MORE)
def test_more_of_the_same_is_another_approval(tmp_path: Path, one: str, other: str) -> None:
    assert profile(tmp_path, one) != profile(tmp_path, other)


@pytest.mark.parametrize(("one", "other"), HARMLESS)
def test_what_widens_nothing_keeps_an_approval(tmp_path: Path, one: str, other: str) -> None:
    assert profile(tmp_path, one) == profile(tmp_path, other)


@pytest.mark.parametrize("other", ["privileged: false", "privileged: true", ""])
def test_what_is_unknown_is_approved_as_unknown(tmp_path: Path, other: str) -> None:
    assert profile(tmp_path, "privileged: ${P}") != profile(tmp_path, other)


def test_a_command_counts_of_what_runs_an_engine_and_in_newer_approvals(tmp_path: Path) -> None:
    one, other = (
        container(tmp_path, SERVICE.replace("    image: reg", f"    command: [{word}]\n    image: reg", 1))
        for word in "ab"
    )
    assert approval.first_profile(one) == approval.first_profile(other)
    assert approval.second_profile(one) != approval.second_profile(other)


def test_a_service_without_an_image_has_an_approval_too(tmp_path: Path) -> None:
    built = profile(tmp_path, text="services:\n  it:\n    build: .\n    privileged: true\n")
    assert built["image"] is None


POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n%s%s%s"
CONTAINER = "    - name: it\n      image: x:1\n      securityContext: {privileged: true}\n"


def of_a_chart(
    folder: Path, values: str, opens: str = "    {{- if .Values.debug }}\n", ends: str = "    {{- end }}\n"
) -> Any:
    for name, text in (("Chart.yaml", "name: c\napiVersion: v2\nversion: 1.0.0\n"), ("values.yaml", values),
                       ("templates/p.yaml", POD % (opens, CONTAINER, ends))):  # fmt: skip
        write(folder, name, text)
    model = scan(Options(paths=(folder,), root=folder)).model
    return approval.content(next(each for each in model.containers if each.name == "it"))


def test_the_condition_of_a_template_is_part_of_an_approval(tmp_path: Path) -> None:
    """Approved for a debugging build that is off by default: turned on by default, it is another thing."""
    off, on = of_a_chart(tmp_path, "debug: false\n"), of_a_chart(tmp_path, "debug: true\n")
    always = of_a_chart(tmp_path, "debug: false\n", "", "")
    assert off != on
    assert off != always
    assert on != always


@pytest.mark.parametrize("switch", ["SECRETS", "AUTH", "POST", "EXEC"])
def test_a_proxy_that_lets_more_through_is_another_one(tmp_path: Path, switch: str) -> None:
    closed, opened = (profile(tmp_path, text=PROXY % f"{switch}: {value}") for value in (0, 1))
    assert closed != opened


@pytest.mark.parametrize("switch", ["", "0", "1", "true", "False", "YES", "no", "on", "off"])
def test_a_switch_is_told_although_its_name_is_a_secrets(tmp_path: Path, switch: str) -> None:
    one, other = (profile(tmp_path, text=PROXY % f"SECRETS: '{value}'") for value in (switch, "hunter2"))
    assert one != other


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("v1:" + "0123456789abcdef" * 2, True),
        ("v2:" + "0" * 32, True),
        ("v2:" + "0" * 31, False),
        ("v2:" + "0" * 33, False),
        ("v2:" + "0" * 31 + "g", False),
        ("v2:" + "A" * 32, False),
        ("v2" + "0" * 32, False),
        ("v2", False),
        ("v3:" + "0" * 32, True),
        ("v4:" + "0" * 32, False),
        ("v0:" + "0" * 32, False),
        (":" + "0" * 32, False),
        ("0" * 32, False),
        ("", False),
    ],
)
def test_what_a_fingerprint_looks_like(text: str, known: bool) -> None:
    assert approval.is_fingerprint(text) is known


@pytest.mark.parametrize("version", approval.PROFILES)
def test_the_schema_of_waivers_knows_every_version(version: str) -> None:
    import re
    from importlib.resources import files

    pattern = re.search(
        r'"pattern": "(\^v[^"]+)"', (files("dindguard") / "schemas/waivers.schema.json").read_text("utf-8")
    )
    assert pattern is not None
    assert re.fullmatch(pattern[1], f"{version}:{'0' * 32}")
    assert not re.fullmatch(pattern[1], f"v{len(approval.PROFILES) + 1}:{'0' * 32}")


def test_a_secret_is_no_part_of_an_approval(tmp_path: Path) -> None:
    one, other = (profile(tmp_path, text=PROXY % f"PROXY_PASSWORD: {value}") for value in ("hunter2", "hunter3"))
    assert one == other


ENGINE = """\
services:
  it:
    image: registry.example/docker:29.5.1-dind
    privileged: true
    command: [dockerd, --host=tcp://0.0.0.0:2375]
    environment:
      DOCKER_TLS_CERTDIR: ""
      DOCKER_AUTH_CONFIG: secret
      SOME_TOKEN: secret
      LOG: debug
    volumes:
      - data:/var/lib/docker
volumes: {data: {}}
"""


def all_subjects(folder: Path, name: str, text: str) -> dict[str, Any]:
    """Return what the findings about a file are about, by rule."""
    (folder / ".git").mkdir(exist_ok=True)
    write(folder, name, text)
    report = scan(Options(paths=(folder / name,)))
    return {finding.rule.id: finding.subjects[0].about for finding in report.findings}


ENGINE_CHANGES = [
    ("--host=tcp://0.0.0.0:2375", "--host=tcp://127.0.0.1:2375"),
    ("--host=tcp://0.0.0.0:2375", "--host=tcp://0.0.0.0:2375, --insecure-registry=0.0.0.0/0"),
    ('DOCKER_TLS_CERTDIR: ""', "DOCKER_TLS_CERTDIR: /certs"),
    ("29.5.1-dind", "29.5.1-dind-rootless"),
    ("      DOCKER_AUTH_CONFIG: secret\n", ""),
]


@pytest.mark.parametrize("version", approval.PROFILES)
@pytest.mark.parametrize(("old", "new"), ENGINE_CHANGES)
def test_what_an_engine_is_told_is_part_of_an_approval(tmp_path: Path, version: str, old: str, new: str) -> None:
    assert old in ENGINE
    one, other = (
        approval.PROFILES[version](container(tmp_path, text)) for text in (ENGINE, ENGINE.replace(old, new))
    )
    assert one != other


@pytest.mark.parametrize("version", approval.PROFILES)
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("SOME_TOKEN: secret", "SOME_TOKEN: other"),
        ("DOCKER_AUTH_CONFIG: secret", "DOCKER_AUTH_CONFIG: other"),
        ("LOG: debug", "LOG: info"),
        ("29.5.1", "29.5.2"),
    ],
)
def test_secrets_tags_and_chatter_are_none(tmp_path: Path, version: str, old: str, new: str) -> None:
    one, other = (
        approval.PROFILES[version](container(tmp_path, text)) for text in (ENGINE, ENGINE.replace(old, new))
    )
    assert one == other


SCRIPT = "docker run --privileged -v /:/host alpine\n"
DAEMON = '{"hosts": ["tcp://0.0.0.0:2375"], "insecure-registries": ["0.0.0.0/0"]}\n'
PROXIED = PROXY % "POST: 1"


def things(folder: Path) -> dict[str, Any]:
    """Return one thing of each kind that approvals are given for."""
    return {
        "service": container(folder / "a", SERVICE),
        "engine": container(folder / "b", ENGINE),
        "proxy": container(folder / "c", PROXIED),
        "script": all_subjects(folder / "d", "run.sh", SCRIPT)["privileged-container"],
        "machine": all_subjects(folder / "e", "daemon.json", DAEMON)["any-registry-insecure"],
        "command": replace(scan(Options(paths=(folder / "d",))).model.invocations[0], container=None),
        "model": scan(Options(paths=(folder / "e",))).model,
    }


FROZEN: dict[str, tuple[str, str]] = {
    "command": (
        "v1:fade6cf3af399ad2d81d12a40ce4aae5",
        "v2:8845a0467e4fade3a0f0d79917392cf2",
        "v3:90b056c2a7ba73ef1bc59a6b2191f00b",
    ),
    "engine": (
        "v1:f1c1cde0c33e3c80ed06aa80c31fa977",
        "v2:a3a0d6d80d190e846a80f33370925dc4",
        "v3:8a8141c22eccfaee6ee9fb601cf750f8",
    ),
    "machine": (
        "v1:e6f42274532c6d9d335a3268e0d24965",
        "v2:ed0b8a6286a0276c22f6d935b3c24a23",
        "v3:259a2a11f5b8e62c838dd15a1ba2480c",
    ),
    "model": (
        "v1:897be5d3b852f18108dba166c082d7af",
        "v2:35c9d0a2ce114a8569cf7112092ddfac",
        "v3:229cef5387fbb7486c5befac484b4f07",
    ),
    "proxy": (
        "v1:184d806193e2bd39332ce8c218296377",
        "v2:a7edc0157bac6def1f288fceab38ba0b",
        "v3:239810b849af27d68515afc2137627ff",
    ),
    "script": (
        "v1:13423690069e4a9724a41ac15963f9c5",
        "v2:dae5f1f3b7f3d24c1737c9975ee66095",
        "v3:1510c4e75d4761f3e248a6b49ea7a49b",
    ),
    "service": (
        "v1:d1fa5886de25a0321eebc76a09d04be4",
        "v2:ffdc2ae60c5a48cfae3f2c7d6efadc82",
        "v3:06dc7b6e5bf952103bd762df512c2b7b",
    ),
}
"""The fingerprints of things, by all profiles, which no later version of dindguard may change."""


def test_approvals_that_people_have_given_still_hold(tmp_path: Path) -> None:
    for name in "abcde":
        (tmp_path / name).mkdir()
    found = {
        name: tuple(approval._fingerprint(version, "i", about, ["b"]) for version in approval.PROFILES)
        for name, about in things(tmp_path).items()
    }
    assert found == FROZEN


def test_an_older_approval_is_compared_by_its_own_profile(tmp_path: Path) -> None:
    about = container(tmp_path, SERVICE)
    old = approval._fingerprint("v1", "i", about, ["b"])
    assert approval.holds(old, "i", about, ["b"])
    assert approval.holds(approval.fingerprint("i", about, ["b"]), "i", about, ["b"])
    assert approval.fingerprint("i", about, ["b"]).startswith("v3:")
    for identity, blames in (("j", ["b"]), ("i", ["c"]), ("i", ["b", "b"])):
        assert not approval.holds(old, identity, about, blames)
    other = "1" if old[-1] == "0" else "0"
    assert not approval.holds(old[:-1] + other, "i", about, ["b"]), "every digit counts"
    assert not approval.holds("v4" + old[2:], "i", about, ["b"])
