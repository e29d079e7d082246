"""How a client connects: by its variables, by what the official image's entry point does, and by what a runner may add."""

from __future__ import annotations

import pytest

from build import container, model, text, volume
from dindguard.infer.clients import certificate_path, client_endpoint
from dindguard.model.container import Container, ContainerKind
from dindguard.model.values import Flag
from dindguard.model.workload import Platform, Workload, WorkloadKind

CLI = "docker:29.10.0-cli"
TCP = "tcp://docker:2376"


def placed(platform: Platform = Platform.ENGINE, **fields: object) -> Container:
    it = container(**fields)  # type: ignore[arg-type]
    Workload(
        name="w", address="w", kind=WorkloadKind.JOB, platform=platform, span=it.span, containers=(it,)
    )  # fmt: skip
    return it


def said(flag: Flag | None) -> str:
    return "-" if flag is None else "on" if flag.on else "off" if flag.off else f"unknown ({flag.variable})"


def connects(it: Container, address: str = TCP) -> tuple[str, str]:
    endpoint = client_endpoint(it, text(address))
    assert endpoint is not None
    return said(endpoint.encrypted), said(endpoint.verified)


@pytest.mark.parametrize(
    ("env", "encrypted", "verified"),
    [
        ({}, "off", "off"),
        ({"DOCKER_TLS_VERIFY": "1"}, "on", "on"),
        ({"DOCKER_TLS_VERIFY": "0"}, "on", "on"),
        ({"DOCKER_TLS_VERIFY": ""}, "off", "off"),
        ({"DOCKER_TLS_VERIFY": None}, "unknown (DOCKER_TLS_VERIFY)", "unknown (DOCKER_TLS_VERIFY)"),
        ({"DOCKER_CERT_PATH": "/certs/client"}, "on", "off"),
        ({"DOCKER_CERT_PATH": ""}, "off", "off"),
        ({"DOCKER_CERT_PATH": "/certs/client", "DOCKER_TLS_VERIFY": ""}, "on", "off"),
        ({"DOCKER_CERT_PATH": "/certs/client", "DOCKER_TLS_VERIFY": "1"}, "on", "on"),
    ],
)
def test_what_variables_make_of_an_address(env: dict[str, str | None], encrypted: str, verified: str) -> None:
    assert connects(placed(image="example/app:1", env=env)) == (encrypted, verified)


UNSEEN = "unknown (what the runner mounts)"


@pytest.mark.parametrize(
    ("platform", "image", "address", "env", "encrypted"),
    [
        (Platform.GITLAB, CLI, TCP, {}, UNSEEN),
        (Platform.OTHER_CI, CLI, TCP, {}, UNSEEN),
        (Platform.GITHUB, CLI, TCP, {}, "off"),
        (Platform.ENGINE, CLI, TCP, {}, "off"),
        (Platform.GITLAB, "example/app:1", TCP, {}, "off"),
        (Platform.GITLAB, "moby/buildkit:v0.26.0", TCP, {}, "off"),
        (Platform.GITLAB, "team/docker:29-dind", TCP, {}, "off"),
        (Platform.GITLAB, CLI, "tcp://docker:2375", {}, "off"),
        (Platform.GITLAB, CLI, TCP, {"DOCKER_TLS_VERIFY": ""}, "off"),
        (Platform.GITLAB, CLI, TCP, {"DOCKER_CERT_PATH": "/c"}, "on"),
        (Platform.GITLAB, CLI, TCP, {"DOCKER_TLS_CERTDIR": ""}, "off"),
        (Platform.GITLAB, CLI, TCP, {"DOCKER_TLS_CERTDIR": "/certs"}, UNSEEN),
    ],
)
def test_where_a_runner_may_mount_what_nobody_sees(
    platform: Platform, image: str, address: str, env: dict[str, str | None], encrypted: str
) -> None:
    assert connects(placed(platform, image=image, env=env, kind=ContainerKind.JOB), address)[0] == encrypted


def test_an_entry_point_of_somebodys_own_prepares_no_client() -> None:
    it = placed(Platform.GITLAB, image=CLI, entrypoint=["sh"], kind=ContainerKind.JOB)
    assert connects(it)[0] == "off"


@pytest.mark.parametrize(
    ("env", "path"),
    [
        ({}, "/certs/client"),
        ({"DOCKER_CERT_PATH": "/c"}, "/c"),
        ({"DOCKER_CERT_PATH": ""}, "/certs/client"),
        ({"DOCKER_TLS_CERTDIR": "/tls"}, "/tls/client"),
        ({"DOCKER_TLS_CERTDIR": ""}, "/certs/client"),
        ({"DOCKER_CERT_PATH": "/c", "DOCKER_TLS_CERTDIR": "/tls"}, "/c"),
    ],
)
def test_where_a_client_looks_for_its_certificates(env: dict[str, str | None], path: str) -> None:
    assert certificate_path(container(CLI, env=env)) == path


def test_the_official_image_finds_the_certificates_that_an_engine_makes() -> None:
    certs = {"mounts": (volume("certs", "/certs/client"),)}
    engine = container("docker:29.10.0-dind", name="docker", mounts=(volume("certs", "/certs/client"),))
    for fields, encrypted in ((certs, "on"), ({}, "off")):
        it = container(CLI, name="app", env={"DOCKER_HOST": TCP}, **fields)
        found = model(engine if fields else container("docker:29.10.0-dind", name="docker"), it)
        (app,) = (each for each in found.containers if each.name == "app")
        (access,) = app.accesses
        assert access.endpoint is not None
        assert said(access.endpoint.encrypted) == encrypted
