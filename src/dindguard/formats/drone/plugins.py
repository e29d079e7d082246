"""Plug-ins that Drone's runner starts privileged, for their images' names: they run an engine of their own.

Source: drone-runners/drone-runner-docker, ``engine/compiler/compiler.go``. Woodpecker has no such list since 3.0.
"""

from __future__ import annotations

from dindguard.documents.tree import Node
from dindguard.model.container import Container
from dindguard.model.values import unset
from dindguard.records import replace

_PLUGINS = frozenset(f"plugins/{name}" for name in ("docker", "acr", "ecr", "gcr", "heroku", "gar"))
_OWN_PROGRAM = ("commands", "command", "entrypoint", "volumes")
"""With one of these a step is none of the plug-ins that the runner trusts."""
_REFUSED = frozenset({"XDG_RUNTIME_DIR", "DOCKER_OPTS", "DOCKER_HOST", "PATH", "HOME"})


def is_docker_runners(root: Node) -> bool:
    """Whether Drone's runner for Docker takes a pipeline, on a machine that has privileged containers."""
    ours = root["kind"].content == "pipeline" and root["type"].content in ("", "docker")
    return ours and root["platform"]["os"].content != "windows"


def by_its_image(container: Container, step: Node) -> Container:
    """Return a step, or a service, as the runner starts it; what it says of ``privileged`` itself changes nothing then."""
    image = container.image
    if image is None or image.registry != "docker.io" or image.repository not in _PLUGINS or container.privileged.on:
        return container
    if any(step[key].listed() for key in _OWN_PROGRAM) or any(
        each.name in _REFUSED for each in container.environment
    ):
        return container
    privileged = unset(image.span, "privileged", state=True)
    return replace(container, privileged=privileged, privileged_by="Drone's runner for its image")
