"""A job mounts a path of its own container through the host's engine.

## Why it matters
A path after `-v` is resolved by the engine, on the engine's machine. A job that runs in a container and commands the host's
engine names `$PWD` as it is in the job's container; on the host that folder does not exist, and Docker makes an empty one,
which belongs to root. The started container sees no sources, and writes to where the job never looks.

## Instead
Copy the files, or take the job's own volumes along:

```sh
docker run --rm --volumes-from "$(hostname)" -w "$PWD" example/tests:1 make test
id=$(docker create example/tests:1 make test) && docker cp . "$id":/src && docker start -a "$id"
```

Better, a build that needs no socket at all: a `COPY` in a Dockerfile.

## When it is fine
Where the runner mounts the folder at the same path on the host (`/builds` of a runner that is told so); allow it then.
`${{ github.workspace }}` is a path of the host already.

## References
- https://docs.docker.com/engine/storage/bind-mounts/
- https://docs.gitlab.com/ci/docker/using_docker_build/#use-docker-socket-binding
"""

from collections.abc import Iterator

from dindguard.api import Confidence, Container, Machine, Problem, Severity, Step, is_jobs_folder, rule


@rule(
    "path-of-another-engine",
    each=Container,
    severity=Severity.MEDIUM,
    category="operation",
    since="0.1.0",
    asks=("workload.runs_in and mounts",),
)
def check(container: Container) -> Iterator[Problem]:
    """Report bind mounts of a job's own folder in containers that the host's engine starts."""
    job = container.workload.runs_in
    if job is None or job.image is None or not job.workload.platform.hides_workspaces:
        return
    if not isinstance(container.runs_on, Machine):
        return
    for mount in container.host_mounts:
        source = mount.host_text
        if source is not None and is_jobs_folder(source):
            message = f"{container} gets an empty folder: {source.raw or source} is a path of {job}, not of the host"
            because = (Step("the host's engine starts it", container.runs_on.span),)
            yield Problem(source, message, because, confidence=Confidence.MEDIUM)
