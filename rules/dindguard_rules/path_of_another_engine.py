"""A job mounts a path of its own container through the host's engine.

## Why it matters
A path after `-v` is resolved by the engine, on the engine's machine. A job that runs in a container and commands the host's
engine names `$PWD` as it is in the job's container; on the host that folder does not exist, and Docker makes an empty one,
which belongs to root. The started container sees no sources, and writes to where the job never looks. So it is with a path
in a volume of the job's container, or in a folder that the host has at another path. An engine in a
container of its own, beside the client, resolves the path among its own files in the same way.

## Instead
Copy the files, or take the job's own volumes along:

```sh
docker run --rm --volumes-from "$(hostname)" -w "$PWD" example/tests:1 make test
id=$(docker create example/tests:1 make test) && docker cp . "$id":/src && docker start -a "$id"
```

Beside an engine in a container, mount the folder into both at the same path. Better, a build that needs no mount at all: a
`COPY` in a Dockerfile.

## When it is fine
Where the runner mounts the folder at the same path on the host (`/builds` of a runner that is told so); allow it then.
`${{ github.workspace }}` is a path of the host already.

## References
- https://docs.docker.com/engine/storage/bind-mounts/
- https://docs.gitlab.com/ci/docker/using_docker_build/#use-docker-socket-binding
"""

from collections.abc import Iterator

from dindguard.api import Confidence, Container, Engine, Machine, Problem, Severity, Step, is_jobs_folder, paths, rule

OF_ENGINES = ("/certs", "/run", "/var/run", "/var/lib/docker")
"""Where a client and its engine share certificates and sockets, no work."""


@rule(
    "path-of-another-engine",
    each=Container,
    severity=Severity.MEDIUM,
    category="operation",
    since="0.1.0",
    asks=("workload.runs_in and mounts",),
)
def check(container: Container) -> Iterator[Problem]:
    """Report bind mounts of a job's own folder in containers that an engine elsewhere starts."""
    job, engine = container.workload.runs_in, container.runs_on
    if job is None or job.image is None or engine is None:
        return
    if isinstance(engine, Machine):
        yield from _mounted_elsewhere(container, job, engine)
        if not job.workload.platform.hides_workspaces:
            return
        owner, why = "the host", "the host's engine starts it"
    elif engine.container is None or engine.container is job or shares_work(job, engine):
        return
    else:
        owner, why = str(engine.container), "this engine starts it"
    for mount in container.host_mounts:
        source = mount.host_text
        if source is not None and is_jobs_folder(source):
            message = f"{container} gets an empty folder: {source.raw or source} is a path of {job}, not of {owner}"
            yield Problem(source, message, (Step(why, engine.span),), confidence=Confidence.MEDIUM)


def _mounted_elsewhere(container: Container, job: Container, host: Machine) -> Iterator[Problem]:
    """Report sources that lie in a mount of the job's own container, which the host has at another path, or in a volume."""
    for mount in container.host_mounts:
        source = mount.host_text
        path = source.value if source is not None else None
        own = job.mount_at(path) if path is not None and path.startswith("/") else None
        if source is None or path is None or own is None or is_jobs_folder(source):
            continue
        theirs = own.host_text
        if theirs is None or (
            theirs.value is not None and paths.normalise(theirs.value) != paths.normalise(own.target.pattern)
        ):
            message = f"{container} gets another folder: {source.raw or source} is a path of {job}, not of the host"
            because = (Step("what it has there", own.span), Step("the host's engine starts it", host.span))
            yield Problem(source, message, because, confidence=Confidence.MEDIUM)


def shares_work(job: Container, engine: Engine) -> bool:
    """Whether an engine's container has the job's folder where the job has it: as its platform, or a mount of both, does."""
    theirs = engine.container
    if theirs is None or job.workload.platform.adds_mounts or theirs.workload is not job.workload:
        return True
    if any(is_jobs_folder(mount.target) for mount in theirs.mounts):
        return True
    own = {(mount.storage.identity, mount.target.pattern) for mount in job.mounts if mount.storage is not None}
    return any(
        mount.storage is not None
        and (mount.storage.identity, mount.target.pattern) in own
        and not mount.target.pattern.startswith(OF_ENGINES)
        for mount in theirs.mounts
    )
