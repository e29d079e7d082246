"""A client calls its own address, where no engine listens.

## Why it matters
`localhost`, `127.0.0.1` and `0.0.0.0` are the container itself. An engine that runs in another container, as the services
of a CI job do, is not there: "Cannot connect to the Docker daemon at tcp://localhost:2375. Is the docker daemon running?"
People then open the engine further, and nothing changes, because the address is wrong.

## Instead
Name the container that runs the engine; in a CI job its service's alias:

```yaml
build:
  image: docker:29-cli
  services: [docker:29-dind]
  variables: {DOCKER_HOST: "tcp://docker:2376", DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: /certs/client}
  script: [docker build .]
```

The official image finds `docker` by itself when `DOCKER_HOST` is not set.

## When it is fine
In one pod, and in a runner's Kubernetes executor: its containers share `localhost`, and nothing is reported.

## References
- https://docs.gitlab.com/ci/docker/using_docker_build/
- docker-library/docker `docker-entrypoint.sh`
"""

from collections.abc import Iterator

from dindguard.api import Container, Problem, Severity, Step, rule


@rule(
    "engine-address-is-the-client",
    each=Container,
    severity=Severity.MEDIUM,
    category="operation",
    since="0.1.0",
    asks=("dead_ends",),
)
def check(container: Container) -> Iterator[Problem]:
    """Report addresses that lead back to the client while the engine is elsewhere in its workload."""
    engine = next((each.engine for each in container.workload.containers if each.engine is not None), None)
    if engine is None:
        return
    for address in container.dead_ends:
        message = f"{container} looks for an engine on its own localhost, where none is; it can reach {engine}"
        yield Problem(address, message, because=(Step("the engine is here", engine.span),))
