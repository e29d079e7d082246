"""A job runs an engine only to build images.

## Why it matters
Building needs no daemon that can start privileged containers: BuildKit without root and Buildah build the same
Dockerfiles in an ordinary container. The engine is the one part of the job that needs privilege.

## Instead
Build with rootless BuildKit, which needs no engine and no privilege:

```yaml
image:
  image: {name: "moby/buildkit:v0.25.2-rootless", entrypoint: [""]}
  variables: {BUILDKITD_FLAGS: --oci-worker-no-process-sandbox}
  script:
    - buildctl-daemonless.sh build --frontend dockerfile.v0 --local context=. --local dockerfile=.
      --output type=image,name=$CI_REGISTRY_IMAGE:$CI_COMMIT_SHORT_SHA,push=true
```
Or a builder of your own that asks for certificates:
`docker buildx create --driver remote --driver-opt cacert=ca.pem,cert=cert.pem,key=key.pem tcp://builder.example.com:1234`.

## When it is fine
When scripts that are not part of the scan use the engine for more.

## References
- https://github.com/moby/buildkit/blob/master/docs/rootless.md
- https://docs.gitlab.com/ci/docker/using_buildkit/
- https://buildah.io/
"""

from collections.abc import Iterator

from dindguard.api import ContainerKind, Problem, Severity, Step, Workload, WorkloadKind, only_builds, rule

INSTEAD = (
    "Build with BuildKit's rootless image (moby/buildkit:rootless, buildctl-daemonless.sh) or Buildah, without a service, or on"
    " a builder of your own that asks for certificates (docker buildx create --driver remote)"
)


@rule(
    "engine-for-builds-only",
    each=Workload,
    severity=Severity.INFO,
    category="operation",
    since="0.1.0",
    asks=(
        "kind is job and containers.engine",
        "containers.engine.clients",
    ),
)
def check(workload: Workload) -> Iterator[Problem]:
    """Report engines whose job builds and pushes, and does nothing else with them."""
    jobs = [each for each in workload.containers if each.kind is ContainerKind.JOB]
    if workload.kind is not WorkloadKind.JOB or not jobs:
        yield from _of_others(workload)
        return
    builds = [only_builds(each) for each in jobs]
    if all(builds):
        for container in workload.containers:
            if container.engine is not None and container.kind is ContainerKind.JOB_SERVICE:
                message = f"{workload} runs {container.engine} only to build images"
                why = tuple(Step("all that the job asks of it", each.span) for each in builds if each is not None)
                yield Problem(container.image or container, message, because=why, instead=INSTEAD)


def _of_others(workload: Workload) -> Iterator[Problem]:
    """Report engines that nobody beyond the workload reaches, and whose users in it only build."""
    for container in workload.containers:
        engine = container.engine
        users = [access.who for access in engine.clients if access.uses] if engine is not None else []
        builds = [only_builds(user) for user in users]
        if builds and all(builds) and not container.ports:
            because = tuple(Step("this is all it is used for", each.span) for each in builds if each is not None)
            message = f"{workload} runs {engine} only to build images"
            yield Problem(container.image or container, message, because=because, instead=INSTEAD)
