from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dindguard.model.engine_image import Variant
from dindguard.model.engine_versions import refuses
from dindguard.model.image import Image
from dindguard.model.values import UNKNOWN_PIECE as U
from dindguard.model.values import How, Text
from dindguard.source import Span

SPAN = Span("compose.yaml", 3, 12, 3, 40)
DIGEST = "sha256:" + "0" * 64


def parse(reference: str) -> Image:
    if U in reference:
        return Image.parse(Text(None, SPAN, How.UNKNOWN, reference, "V"))
    return Image.parse(Text(reference, SPAN))


@pytest.mark.parametrize(
    ("reference", "parts"),
    [
        ("docker", ("docker.io", "docker", "", "")),
        ("docker:27-dind", ("docker.io", "docker", "27-dind", "")),
        ("docker.io/library/docker:27", ("docker.io", "docker", "27", "")),
        ("index.docker.io/cruizba/ubuntu-dind", ("docker.io", "cruizba/ubuntu-dind", "", "")),
        ("registry.example.org:5000/mirror/docker:dind", ("registry.example.org:5000", "mirror/docker", "dind", "")),
        ("localhost/docker", ("localhost", "docker", "", "")),
        ("registry:5000", ("docker.io", "registry", "5000", "")),
        (f"docker:27@{DIGEST}", ("docker.io", "docker", "27", DIGEST)),
        (f"host:5000/docker@{DIGEST}", ("host:5000", "docker", "", DIGEST)),
        (f"{U}/docker:{U}-dind", (U, "docker", f"{U}-dind", "")),
        (f"{U}docker:dind", (U, "docker", "dind", "")),
        (f"my{U}docker:dind", ("docker.io", f"my{U}docker", "dind", "")),
        (U, ("docker.io", U, "", "")),
        ("", ("docker.io", "", "", "")),
    ],
)
def test_parts(reference: str, parts: tuple[str, str, str, str]) -> None:
    image = parse(reference)
    assert (image.registry, image.repository, image.tag, image.digest) == parts
    assert image.span == SPAN


PIECES = ["docker", "dind", "/", ":", "@", "-", ".", "27", "é", "²", "A", U, " ", "stable", "cli", "rootless"]


@given(st.lists(st.sampled_from(PIECES), max_size=9).map("".join) | st.text())
def test_any_text_is_an_image(reference: str) -> None:
    image = parse(reference)
    engine = image.engine
    assert image.socket_proxy is None or image.name
    if engine is not None:
        assert engine.runs_containers or not engine.runs_engine
        assert engine.floating is not False or image.pinned or len(engine.version or (0, 0, 0)) == 3


@pytest.mark.parametrize(
    ("reference", "variant", "version", "floating"),
    [
        ("docker", "daemon", None, True),
        ("docker:latest", "daemon", None, True),
        ("docker:dind", "daemon", None, True),
        ("docker:29", "daemon", (29,), True),
        ("docker:29.7", "daemon", (29, 7), True),
        ("docker:29.7.2", "daemon", (29, 7, 2), False),
        ("docker:29.7.2-dind-alpine3.22", "daemon", (29, 7, 2), False),
        ("docker:23.0.6", "daemon", (23, 0, 6), False),
        ("docker:20.10", "client", (20, 10), True),
        ("docker:20.10.24-dind", "daemon", (20, 10, 24), False),
        ("docker:19.03.12", "client", (19, 3, 12), False),
        ("docker:18.09-dind", "daemon", (18, 9), True),
        ("docker:17.12.1-ce-dind", "daemon", (17, 12, 1), False),
        ("docker:27-cli", "client", (27,), True),
        ("docker:cli", "client", None, True),
        ("docker:20.10-git", "client", (20, 10), True),
        ("docker:29-windowsservercore", "client", (29,), True),
        ("docker:27-dind-rootless", "rootless", (27,), True),
        ("docker:dind-rootless", "rootless", None, True),
        ("docker:rc", "daemon", None, True),
        (f"docker:dind@{DIGEST}", "daemon", None, False),
        (f"docker@{DIGEST}", "unknown", None, False),
        (f"docker:{U}", "unknown", None, None),
        (f"docker:{U}-dind", "daemon", None, None),
        (f"docker:{U}-cli", "client", None, None),
        (f"docker:27-{U}", "unknown", (27,), None),
        (f"{U}/docker:27-dind", "daemon", (27,), True),
        (f"{U}docker:27", "daemon", (27,), True),
        ("docker.io/library/docker:27-dind", "daemon", (27,), True),
        ("registry.example.org:5000/mirror/docker:dind", "daemon", None, True),
        ("public.ecr.aws/docker/library/docker:27", "daemon", (27,), True),
        ("mirror.example.org/hub/docker:27-cli", "client", (27,), True),
    ],
)
def test_the_official_docker_image(
    reference: str, variant: str, version: tuple[int, ...] | None, floating: bool | None
) -> None:
    engine = parse(reference).engine
    assert engine is not None
    assert (engine.product, engine.official) == ("docker", True)
    assert (engine.variant, engine.version, engine.floating) == (Variant(variant), version, floating)


@pytest.mark.parametrize("reference", ["docker:stable-dind", "docker:test", "docker:edge-dind", "docker:stable"])
def test_frozen_channels(reference: str) -> None:
    image = parse(reference)
    assert image.engine is not None
    assert image.engine.frozen
    assert image.engine.version == (19, 3, 14)
    assert image.engine.runs_engine is reference.endswith("dind")
    assert image.archived


@pytest.mark.parametrize(
    ("reference", "engine", "variant"),
    [
        ("cruizba/ubuntu-dind:noble-28.1.1", "docker", "daemon"),
        ("cruizba/ubuntu-dind", "docker", "daemon"),
        ("teracy/ubuntu:18.04-dind-19.03.3", "docker", "daemon"),
        ("quay.io/x/docker-dind", "docker", "daemon"),
        ("registry.gitlab.com/group/dind:latest", "docker", "daemon"),
        ("jdoe/docker:dind", "docker", "daemon"),
        ("summerwind/actions-runner-dind", "docker", "daemon"),
        ("summerwind/actions-runner-dind-rootless", "docker", "rootless"),
        ("team/dind:27-rootless", "docker", "rootless"),
        ("nestybox/ubuntu-jammy-systemd-docker", "docker", "daemon"),
        ("ghcr.io/nestybox/alpine-docker", "docker", "daemon"),
        ("jpetazzo/dind", "docker", "daemon"),
        ("mcr.microsoft.com/devcontainers/docker-in-docker", "docker", "daemon"),
        ("moby/buildkit:v0.20.0", "buildkit", "daemon"),
        ("moby/buildkit:rootless", "buildkit", "rootless"),
        ("moby/buildkit:v0.20.0-rootless", "buildkit", "rootless"),
        (f"moby/buildkit:{U}", "buildkit", "unknown"),
        ("registry.dagger.io/engine:v0.15", "buildkit", "daemon"),
        ("quay.io/podman/stable", "podman", "daemonless"),
        ("quay.io/buildah/stable:v1.38", "buildah", "daemonless"),
        ("kindest/node:v1.31.0", "kubernetes-node", "daemon"),
        (f"kindest/node:{U}", "kubernetes-node", "daemon"),
        ("docker.io/rancher/k3s:v1.30.2-k3s1", "kubernetes-node", "daemon"),
        ("gcr.io/k8s-minikube/kicbase:v0.0.45", "kubernetes-node", "daemon"),
    ],
)
def test_other_engines(reference: str, engine: str, variant: str) -> None:
    found = parse(reference).engine
    assert found is not None
    assert (found.product, found.variant) == (engine, Variant(variant))
    assert found.official is (engine != "docker" and "dagger" not in reference)


@pytest.mark.parametrize(
    "reference",
    [
        "memcachedindex",
        "bitnami/memcachedindex:1",
        "myorg/dind-docs",
        "myorg/docker-dind-docs:27",
        "myorg/no-dind:1",
        "alpine:without-dind",
        "myorg/docker:27",
        "myorg/docker",
        "dockerish:dindex",
        "docker-compose:27",
        "tecnativa/docker-socket-proxy",
        "docker/compose:1.29",
        "team/app:not-dind",
        "team/app:1-without-dind",
        "dockerhub/app:27",
        "registry.example.org/team/docker:1.0",
        "moby/buildkit-docs",
        "quay.io/stable/podman-docs",
        "library/registry:2",
        "nestybox/ubuntu-jammy-systemd",
        f"docker{U}",
        f"{U}",
        f"{U}:27-cli",
    ],
)
def test_no_engine(reference: str) -> None:
    assert parse(reference).engine is None


@pytest.mark.parametrize(
    ("reference", "certdir", "init"),
    [
        ("docker:dind", "/certs", True),
        ("docker:29.7.2-dind", "/certs", True),
        ("docker:19.03-dind", "/certs", False),
        ("docker:19.03.0-dind", "/certs", False),
        ("docker:18.09-dind", "", False),
        ("docker:18.09.9-dind", "", False),
        ("docker:18.09.7-dind", "", False),
        ("docker:18-dind", "", False),
        ("docker:18.06-dind", "", False),
        ("docker:stable-dind", "/certs", False),
        ("docker:20.10.7-dind", "/certs", False),
        ("docker:20.10-dind", "/certs", True),
        (f"docker:{U}-dind", None, None),
    ],
)
def test_defaults_of_the_official_image(reference: str, certdir: str | None, init: bool | None) -> None:
    engine = parse(reference).engine
    assert engine is not None
    defaults = engine.defaults
    assert defaults is not None
    assert (defaults.tls_certdir, defaults.init) == (certdir, init)
    assert (defaults.volumes, defaults.wrapper, defaults.uid) == (("/var/lib/docker",), True, 0)


def test_defaults_of_other_variants() -> None:
    rootless = parse("docker:29-dind-rootless").engine
    assert rootless is not None
    assert rootless.defaults is not None
    root = "/home/rootless/.local/share/docker"
    assert rootless.defaults.data_root == root
    assert rootless.defaults.volumes == ("/var/lib/docker", root)
    assert rootless.defaults.uid == 1000
    for reference in ("docker:29-cli", "cruizba/ubuntu-dind", "kindest/node"):
        engine = parse(reference).engine
        assert engine is not None
        assert engine.defaults is None


@pytest.mark.parametrize(
    ("reference", "kind", "product"),
    [
        ("tecnativa/docker-socket-proxy:0.3", "socket_proxy", "tecnativa"),
        ("ghcr.io/tecnativa/docker-socket-proxy", "socket_proxy", "tecnativa"),
        ("registry.example.org/hub/tecnativa/docker-socket-proxy", "socket_proxy", "tecnativa"),
        ("lscr.io/linuxserver/socket-proxy:latest", "socket_proxy", "linuxserver"),
        ("wollomatic/socket-proxy:1", "socket_proxy", "wollomatic"),
        ("11notes/socket-proxy", "socket_proxy", "11notes"),
        ("myorg/docker-socket-proxy", "socket_proxy", "unknown"),
        (f"{U}/docker-socket-proxy", "socket_proxy", "unknown"),
        ("myorg/socket-proxy-docs", "socket_proxy", None),
        ("nginx", "socket_proxy", None),
        ("traefik:v3", "known_socket_user", "Traefik"),
        ("docker.io/library/traefik", "known_socket_user", "Traefik"),
        (f"{U}/traefik", "known_socket_user", "Traefik"),
        ("another/traefik", "known_socket_user", "Traefik"),
        ("timberio/vector:0.50.0-alpine", "known_socket_user", "Vector"),
        ("ghcr.io/homarr-labs/homarr:v1", "known_socket_user", "Homarr"),
        ("another/homarr-docs", "known_socket_user", None),
        ("portainer/portainer-ce:2.21", "known_socket_user", "Portainer"),
        ("gcr.io/cadvisor/cadvisor", "known_socket_user", "cAdvisor"),
        ("testcontainers/ryuk:0.11.0", "known_socket_user", "Testcontainers Ryuk"),
        ("node:22", "known_socket_user", None),
        ("gitlab/gitlab-runner:v17", "runner", "gitlab"),
        ("ghcr.io/actions/actions-runner", "runner", "github"),
        ("jenkins/jenkins:lts", "runner", "jenkins"),
        ("gitlab/gitlab-ce", "runner", None),
        ("gcr.io/kaniko-project/executor:debug", "archived", "kaniko was archived on 2025-06-03"),
        ("gcr.io/kaniko-fork/executor", "archived", None),
        ("docker:27-dind", "archived", None),
    ],
)
def test_known_images(reference: str, kind: str, product: str | None) -> None:
    assert getattr(parse(reference), kind) == product


@pytest.mark.parametrize(
    ("reference", "pinned"),
    [
        ("docker:27", False),
        (f"docker@{DIGEST}", True),
        (f"docker:{U}", None),
        (f"docker@{U}", None),
        (f"{U}/docker:27", False),
    ],
)
def test_pinned(reference: str, pinned: bool | None) -> None:
    assert parse(reference).pinned is pinned


@pytest.mark.parametrize(
    ("reference", "comes_from"),
    [
        ("registry.example.com/mirror/docker:29", True),
        ("ghcr.io/team/tool", True),
        ("ghcr.io/team-b/tool", False),
        ("docker:29-dind", False),
        (f"{U}/docker:29", None),
        (U, None),
        (f"ghcr.io/{U}/tool", None),
        (f"quay.io/{U}", False),
        ("", None),
    ],
)
def test_registries(reference: str, comes_from: bool | None) -> None:
    assert parse(reference).comes_from(("registry.example.com", "ghcr.io/team/")) is comes_from


@pytest.mark.parametrize(
    ("reference", "floating"),
    [
        ("cruizba/ubuntu-dind:noble", True),
        ("cruizba/ubuntu-dind", True),
        ("ci/dind:build-1371", False),
        (f"ci/dind:{U}", None),
        (f"ci/dind@{DIGEST}", False),
    ],
)
def test_other_makers_tags_float_if_no_digit_is_in_them(reference: str, floating: bool | None) -> None:
    engine = parse(reference).engine
    assert engine is not None
    assert engine.floating is floating


@pytest.mark.parametrize(
    ("reference", "bare"),
    [
        ("docker:29-dind", True),
        ("docker.io/library/docker", True),
        ("team/docker", False),
        ("ghcr.io/docker", False),
        (f"my{U}docker", False),
    ],
)
def test_bare_names_have_neither_registry_nor_namespace(reference: str, bare: bool) -> None:
    assert parse(reference).bare is bare


def test_an_image_of_a_fixed_but_unknown_version_refuses_no_client() -> None:
    client = parse("docker:18.06").engine
    assert refuses(parse("docker:dind").engine, client)
    assert not refuses(parse(f"docker:dind@{DIGEST}").engine, client)


@pytest.mark.parametrize(("repository", "known"), [("hub/docker", True), ("plugins/docker", False)])
def test_drones_plug_in_is_no_engine(repository: str, known: bool) -> None:
    assert (parse(f"mirror.example.org/{repository}:29").engine is not None) is known
