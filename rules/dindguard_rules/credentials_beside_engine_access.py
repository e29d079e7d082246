"""A container holds registry credentials and an engine's socket.

## Why it matters
Code that controls the container reads `config.json` and pushes images under your name, and has the engine to
build and start them: a break-in here becomes one into everything that pulls from the registry.

## Instead
Log in just before the push with a short-lived token from the CI system, or use a credential helper; mount no
`config.json`.

```sh
echo "$REGISTRY_TOKEN" | docker login --username ci --password-stdin registry.example.com
docker push registry.example.com/app:1
docker logout registry.example.com
```

## When it is fine
For a tool of your own whose only task is pulling private images, such as an updater.

## References
- https://docs.docker.com/reference/cli/docker/login/#credential-stores
- CWE-522
"""

from collections.abc import Iterator

from dindguard.api import Container, Machine, Problem, Severity, reason, rule

CONFIGURATION = ("/.docker/config.json", "/.docker", "/containers/auth.json")


@rule(
    "credentials-beside-engine-access",
    each=Container,
    severity=Severity.MEDIUM,
    category="socket",
    cwe=522,
    since="0.1.0",
    asks=("accesses and host_mounts",),
)
def check(container: Container) -> Iterator[Problem]:
    """Report mounted registry credentials where the host's engine can be commanded."""
    access = next(
        (each for each in container.accesses if isinstance(each.to, Machine) and each.endpoint is None), None
    )
    if access is None:
        return
    for mount in container.mounts:
        if mount.host_path is not None and mount.host_path.endswith(CONFIGURATION) and mount.host_text is not None:
            message = f"{container} holds registry credentials and can command the host's engine"
            yield Problem(mount.host_text, message, because=(reason("this commands the host's engine", access.via),))
