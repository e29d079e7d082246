"""A client starts before the engine that it commands is ready.

## Why it matters
dockerd takes seconds to start, the first time tens of seconds: it makes certificates and its data root. A client that
starts at once gets "Cannot connect to the Docker daemon", now and then, and mostly where the machine is busy.
`depends_on` without a condition waits for the container, not for the engine in it.

## Instead
Let the client wait for a health check of the engine:

```yaml
services:
  dind:
    image: docker:29.10.0-dind
    healthcheck:
      test: [CMD, docker, info]
      interval: 2s
      retries: 30
  client:
    depends_on:
      dind: {condition: service_healthy}
```
In Kubernetes a native sidecar with a `startupProbe`, in Tekton a sidecar's `readinessProbe`; on GitHub and in Azure Pipelines a
health check among the service's options (`--health-cmd "docker info"`); in Drone, Woodpecker and any script
`until docker info; do sleep 1; done` before the first command.

## When it is fine
When the client tries again by itself. GitLab's runner waits for the ports of services, and in a container that idles until an
agent runs something (Jenkins' pods) nobody here sees when that is: neither is reported.

## References
- https://docs.docker.com/compose/how-tos/startup-order/
- https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/
"""

from collections.abc import Iterator

from dindguard.api import (
    Access,
    Await,
    ContainerKind,
    Edit,
    Engine,
    Fixer,
    Problem,
    Profile,
    Severity,
    reason,
    rule,
    waits_for,
)


def fix(access: Access, _: Problem) -> Iterator[Edit]:
    """Let the client start when the engine's health check succeeds."""
    engine = access.to.container if isinstance(access.to, Engine) else None
    if engine is not None:
        yield Await(access.who, engine, engine.name, ("docker", "info"))


@rule(
    "engine-not-awaited",
    each=Access,
    severity=Severity.LOW,
    category="operation",
    since="0.1.0",
    profile=Profile.ALL,
    fixes=(Fixer("waits until the engine answers", fix),),
)
def check(access: Access) -> Iterator[Problem]:
    """Report clients of a neighbour's engine that nothing makes wait."""
    if not isinstance(access.to, Engine) or not access.uses or access.who.kind is ContainerKind.LIVE:
        return  # what an engine reports has started
    engine = access.to.container
    if engine is None or engine.workload is not access.who.workload or not access.who.workload.platform.only_starts:
        return
    if not waits_for(access.who, engine):
        message = f"{access.who} does not wait until {access.to} answers"
        yield Problem(access, message, because=(reason("the engine takes seconds to start", engine),))
