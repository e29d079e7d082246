"""Images that hold an engine, by the names that their makers give them, and namesakes that hold none."""

from __future__ import annotations

import pytest

from build import text
from dindguard.model.engine_image import Variant
from dindguard.model.image import Image

ENGINES = """
moby/buildkit:v0.26.0            buildkit daemon official
moby/buildkit:buildx-stable-1-rootless buildkit rootless official
earthly/buildkitd:v0.8.15        buildkit daemon
earthly/earthly:v0.8.15          buildkit daemon
registry.dagger.io/engine:v0.19.0 buildkit daemon
example.com/dagger/engine:v0.19.0 buildkit daemon
quay.io/podman/stable:v5.6       podman daemonless official
quay.io/podman/testing:v5.6      podman daemonless official
quay.io/podman/upstream:latest   podman daemonless official
quay.io/containers/podman:v5.6   podman daemonless official
quay.io/buildah/stable:v1.41     buildah daemonless official
quay.io/buildah/testing:latest   buildah daemonless official
quay.io/buildah/upstream:latest  buildah daemonless official
quay.io/containers/buildah:v1.41 buildah daemonless official
kindest/node:v1.34.0             kubernetes-node daemon official
rancher/k3s:v1.34.1-k3s1         kubernetes-node daemon official
rancher/rancher:v2.12.1          kubernetes-node daemon official
gcr.io/k8s-minikube/kicbase:v0.0.48 kubernetes-node daemon official
moby/buildx-bin                  -
podman/hello                     -
containers/skopeo                -
kindest/base                     -
rancher/rancher-agent            -
docker:29-dind                   docker daemon official
docker:29-dind-rootless          docker rootless official
docker:29-cli                    docker client official
docker:29-git                    docker client official
docker:29-windowsservercore-ltsc2025 docker client official
docker:nanoserver                docker client official
docker:rc                        docker daemon official
docker:29                        docker daemon official
docker:23                        docker daemon official
docker:23.0.0                    docker daemon official
docker:22                        docker client official
docker:22.06                     docker client official
docker:20.10                     docker client official
mirror.example.com/hub/docker:cli docker client official
mirror.example.com/hub/docker:dind docker daemon official
mirror.example.com/hub/docker:17.09 docker client official
mirror.example.com/hub/docker:16 -
mirror.example.com/hub/docker:latest -
mirror.example.com/hub/docker:main -
team/docker:cli                  -
team/docker:29                   -
team/docker:29-dind              docker daemon
team/dind-rootless               docker rootless
team/dind-runner                 docker daemon
team/dind-image:29               docker daemon
team/dind-daemon                 docker daemon
team/dind-base                   docker daemon
team/dind-ubuntu                 docker daemon
team/dind-debian                 docker daemon
team/dind-alpine                 docker daemon
team/dind-fedora                 docker daemon
team/dind-29                     docker daemon
team/dind-docs                   -
team/dind-exporter               -
team/my-dind-client              -
team/no-dind                     -
team/non-dind                    -
team/not-dind                    -
team/without-dind                -
team/some-dind                   docker daemon
team/app:no-dind                 -
team/app:1-dind                  docker daemon
team/app:1-dind-cli              -
team/docker-in-docker            docker daemon
team/docker-in-docker-cli        -
nestybox/ubuntu-noble-docker     docker daemon
nestybox/ubuntu-noble            -
other/ubuntu-noble-docker        -
"""


@pytest.mark.parametrize("line", ENGINES.strip().splitlines(), ids=lambda line: line.split()[0])
def test_which_engine_an_image_holds(line: str) -> None:
    reference, product, *rest = line.split()
    engine = Image.parse(text(reference)).engine
    if product == "-":
        assert engine is None
        return
    assert engine is not None
    assert (engine.product, engine.variant) == (product, Variant(rest[0]))
    assert engine.official is ("official" in rest)


@pytest.mark.parametrize(
    ("reference", "root", "volumes"),
    [
        ("docker:29-dind", "/var/lib/docker", ("/var/lib/docker",)),
        (
            "docker:29-dind-rootless",
            "/home/rootless/.local/share/docker",
            ("/var/lib/docker", "/home/rootless/.local/share/docker"),
        ),
        ("moby/buildkit:v0.26.0", "/var/lib/buildkit", ("/var/lib/buildkit",)),
        (
            "moby/buildkit:v0.26.0-rootless",
            "/home/user/.local/share/buildkit",
            ("/home/user/.local/share/buildkit",),
        ),
        (
            "quay.io/podman/stable",
            "/var/lib/containers",
            ("/var/lib/containers", "/home/podman/.local/share/containers"),
        ),
        (
            "quay.io/buildah/stable",
            "/var/lib/containers",
            ("/var/lib/containers", "/home/build/.local/share/containers"),
        ),
    ],
)
def test_what_an_engines_image_sets(reference: str, root: str, volumes: tuple[str, ...]) -> None:
    engine = Image.parse(text(reference)).engine
    assert engine is not None
    assert engine.defaults is not None
    assert (engine.defaults.data_root, engine.defaults.volumes) == (root, volumes)
    rootless = engine.variant is Variant.ROOTLESS
    assert engine.defaults.uid == (1000 if rootless else 0)
    assert engine.defaults.wrapper is (engine.product == "docker")


@pytest.mark.parametrize(
    ("reference", "ports", "directory", "init"),
    [
        ("docker:29-dind", (2375, 2376), "/certs", True),
        ("docker:20.10.8-dind", (2375, 2376), "/certs", True),
        ("docker:20.10.7-dind", (2375, 2376), "/certs", False),
        ("docker:19.03.0-dind", (2375, 2376), "/certs", False),
        ("docker:18.09.9-dind", (2375,), "", False),
    ],
)
def test_what_docker_librarys_image_sets(reference: str, ports: tuple[int, ...], directory: str, init: bool) -> None:
    engine = Image.parse(text(reference)).engine
    assert engine is not None
    assert engine.defaults is not None
    assert (engine.defaults.ports, engine.defaults.tls_certdir, engine.defaults.init) == (ports, directory, init)
