"""How an engine is started: by which program, behind which prefixes, and with which words."""

from __future__ import annotations

from pathlib import Path

import pytest

from build import container, model, text
from dindguard.model.engine import Engine
from dindguard.scanning import Options, scan
from support import write_files

DIND = "docker:29.10.0-dind"
DIGEST = "docker@sha256:" + "0123456789abcdef" * 4


def engines(image: str, command: list[str] | None = None, entrypoint: list[str] | None = None) -> tuple[Engine, ...]:
    return model(container(image, command=command, entrypoint=entrypoint)).engines


@pytest.mark.parametrize(
    "words",
    [
        ["--config", "/c"], ["-c", "builders"], ["--context", "builders"], ["-D"], ["--debug"], ["-H", "ssh://far"],
        ["--host", "ssh://far"], ["-l", "debug"], ["--log-level", "debug"], ["--log-level=debug"], ["--tls"],
        ["--tlscacert", "/c"], ["--tlscert", "/c"], ["--tlskey", "/c"], ["--tlsverify"], ["-v"], ["--version"],
    ],
    ids=lambda words: words[0],
)  # fmt: skip
def test_flags_that_the_client_takes_too_tell_no_engine_where_the_tag_is_not_known(words: list[str]) -> None:
    assert engines(DIGEST, [*words]) == ()
    assert engines(DIGEST, [*words, "--storage-driver=vfs"]) != ()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], False),
        (["info"], False),
        (["sh", "-c", "--storage-driver"], False),
        (["-H", "tcp://0.0.0.0:2375"], True),
        (["-H", "tcp://[::]:2375"], True),
        (["-H", "tcp://10.0.0.1:2375"], False),
        (["--registry-mirror=https://mirror.example.com"], True),
        (["--mtu", "1400"], True),
    ],
)
def test_what_only_an_engine_takes_tells_one_where_the_tag_is_not_known(words: list[str], told: bool) -> None:
    assert (engines(DIGEST, words) != ()) is told
    assert engines("example/app@sha256:" + "0" * 64, words) == ()


@pytest.mark.parametrize(
    ("words", "product", "rootless"),
    [
        (["dockerd"], "docker", False),
        (["/usr/local/bin/dockerd"], "docker", False),
        (["dockerd-rootless.sh"], "docker", True),
        (["buildkitd"], "buildkit", False),
        (["containerd"], "containerd", False),
        (["start-docker.sh"], "docker", False),
        (["dockerd-entrypoint.sh"], "docker", False),
        (["rootlesskit", "buildkitd"], "buildkit", True),
        (["rootlesskit", "dockerd"], "docker", True),
        (["podman", "system", "service"], "podman", False),
        (["podman", "--log-level=info", "system", "service"], "podman", False),
        (["podman", "--log-level", "info", "system", "service"], None, False),
        (["podman", "system", "prune"], None, False),
        (["docker"], None, False),
        (["dockerd2"], None, False),
        (["ssh", "far", "dockerd"], None, False),
        (["kubectl", "exec", "engine", "--", "dockerd"], None, False),
        (["sudo", "dockerd"], "docker", False),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
def test_which_program_starts_which_engine(words: list[str], product: str | None, rootless: bool) -> None:
    found = engines("ubuntu:24.04", words)
    assert [each.product for each in found] == ([product] if product is not None else [])
    assert all(each.rootless.on is rootless for each in found)


@pytest.mark.parametrize(
    ("command", "entrypoint", "arguments"),
    [
        (None, None, []),
        (["--mtu=1400"], None, ["--mtu=1400"]),
        (["dockerd"], None, []),
        (["dockerd", "--mtu=1400", "--debug"], None, ["--mtu=1400", "--debug"]),
        (["--mtu=1400"], ["dockerd"], ["--mtu=1400"]),
        (None, ["tini", "--", "dockerd", "--debug"], ["--debug"]),
        (["dind", "dockerd", "--debug"], None, ["--debug"]),
    ],
)
def test_the_words_that_an_engine_is_given(
    command: list[str] | None, entrypoint: list[str] | None, arguments: list[str]
) -> None:
    (engine,) = engines(DIND, command, entrypoint)
    assert [word.pattern for word in engine.launch.arguments] == arguments


def test_a_setting_makes_an_engine_rootless() -> None:
    (engine,) = engines("ubuntu:24.04", ["dockerd", "--rootless"])
    assert engine.rootless.on
    assert engine.rootless.set
    (plain,) = engines("ubuntu:24.04", ["dockerd"])
    assert plain.rootless.off


SERVICES = [
    ('DOCKER_OPTS="-H tcp://0.0.0.0:2375"', True),
    ('OPTIONS="-H tcp://0.0.0.0:2375"', True),
    ('other_args="-H tcp://0.0.0.0:2375"', True),
    ('DOCKER_STORAGE_OPTIONS="-H tcp://0.0.0.0:2375"', True),
    ('DOCKER_NETWORK_OPTIONS="-H tcp://0.0.0.0:2375"', True),
    ('DOCKER_OTHER="-H tcp://0.0.0.0:2375"', False),
    ('DOCKER_OPTS="-H unix:///var/run/docker.sock"', False),
]


@pytest.mark.parametrize(("line", "opened"), SERVICES)
def test_variables_that_init_scripts_put_into_the_command_line(tmp_path: Path, line: str, opened: bool) -> None:
    root = write_files(tmp_path, {"etc/default/docker": f"{line}\n"})
    report = scan(Options(paths=(root,), root=root, select=("unauthenticated-engine-api",)))
    assert [finding.rule.id for finding in report.findings] == ["unauthenticated-engine-api"] * opened


@pytest.mark.parametrize("service", ["docker", "containerd", "podman", "buildkit", "engine"])
def test_a_packaged_unit_has_a_command_of_its_own_until_it_is_taken_back(tmp_path: Path, service: str) -> None:
    opened = "ExecStart=/usr/bin/dockerd -H tcp://0.0.0.0:2375\n"
    for name, reset in (("kept", ""), ("taken", "ExecStart=\n")):
        root = write_files(
            tmp_path / name, {f"etc/systemd/system/{service}.service.d/a.conf": f"[Service]\n{reset}{opened}"}
        )
        report = scan(Options(paths=(root,), root=root, select=("unauthenticated-engine-api",)))
        assert bool(report.findings) is (bool(reset) or service == "engine")


@pytest.mark.parametrize(
    ("image", "command", "env", "driver"),
    [
        (DIND, None, {}, None),
        (DIND, None, {"DOCKER_DRIVER": "vfs"}, "vfs"),
        (DIND, None, {"DOCKER_DRIVER": ""}, None),
        (DIND, None, {"STORAGE_DRIVER": "vfs"}, None),
        (DIND, ["--storage-driver=btrfs"], {"DOCKER_DRIVER": "vfs"}, "btrfs"),
        ("quay.io/podman/stable", ["podman", "system", "service"], {"STORAGE_DRIVER": "vfs"}, "vfs"),
        ("quay.io/podman/stable", ["podman", "system", "service"], {"DOCKER_DRIVER": "vfs"}, None),
        ("moby/buildkit:v0.26.0", ["--oci-worker-snapshotter=native"], {}, "native"),
        ("moby/buildkit:v0.26.0", ["--storage-driver=native"], {}, None),
        ("moby/buildkit:v0.26.0", None, {"STORAGE_DRIVER": "vfs"}, None),
    ],
)
def test_who_asks_for_a_storage_driver(
    image: str, command: list[str] | None, env: dict[str, str | None], driver: str | None
) -> None:
    (engine,) = model(container(image, command=command, env=env)).engines
    assert (engine.storage_driver.pattern if engine.storage_driver is not None else None) == driver


@pytest.mark.parametrize(
    ("image", "fields", "rootless"),
    [
        ("docker:29-dind-rootless", {}, True),
        ("docker:29-dind-rootless", {"user": "rootless"}, True),
        ("docker:29-dind-rootless", {"user": "0"}, False),
        ("docker:29-dind-rootless", {"user": "root"}, False),
        ("docker:29-dind-rootless", {"user": "0:1000"}, False),
        ("docker:29-dind", {}, False),
        ("docker:29-dind", {"user": "1000"}, False),
    ],
)
def test_which_image_runs_its_engine_without_root(image: str, fields: dict[str, str], rootless: bool) -> None:
    user = text(fields["user"]) if fields else None
    (engine,) = model(container(image, user=user)).engines
    assert (engine.rootless.on, engine.rootless.off) == (rootless, not rootless)


def test_an_engine_that_is_given_no_words_stands_where_its_image_does() -> None:
    for command in (None, []):
        it = container(DIND, command=command)
        (engine,) = model(it).engines
        assert it.image is not None
        assert engine.launch.span == it.image.span
    it = container(DIND, command=["--debug"])
    (engine,) = model(it).engines
    assert it.command is not None
    assert engine.launch.span == it.command.span
