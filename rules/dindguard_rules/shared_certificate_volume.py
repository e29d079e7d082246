"""Several engines write their certificates to one place.

## Why it matters
Each engine makes new server and client certificates at every start. Two that share the directory overwrite each
other's: the clients of the first get "certificate signed by unknown authority" when the second starts, and a start
at the same moment leaves a key that does not fit its certificate.

## Instead
Give each engine a certificate volume of its own; in a runner's configuration name the path alone
(`volumes = ["/certs/client"]`), which makes a new volume for each job.

```yaml
services:
  dind-a:
    image: docker:29.10.0-dind
    volumes: ["certs-a:/certs"]
  dind-b:
    image: docker:29.10.0-dind
    volumes: ["certs-b:/certs"]
volumes: {certs-a: , certs-b: }
```

## When it is fine
With certificates of your own, where the engine finds no CA key and so makes none.

## References
- https://hub.docker.com/_/docker
- https://docs.gitlab.com/ci/docker/using_docker_build/
"""

from collections.abc import Iterator

from dindguard.api import Problem, Severity, Step, Storage, reason, rule


@rule("shared-certificate-volume", each=Storage, severity=Severity.MEDIUM, category="daemon-api", since="0.1.0")
def check(storage: Storage) -> Iterator[Problem]:
    """Report storages that are the certificate directory of two engines or more."""
    writers = [
        (container, mount)
        for container, mount in storage.users
        if container.engine is not None
        and container.engine.certificates is not None
        and mount in container.engine.certificates.mounts
        and not mount.read_only.on
    ]
    engines = dict({container.span: (container, mount) for container, mount in writers}.values())
    if len(engines) > 1:
        (first, mount), *others = engines.items()
        because = tuple(Step(f"and here by {container}", other.span) for container, other in others)
        yield Problem(mount, f"{len(engines)} engines write their certificates to {storage}, {first} first", because)
    elif engines and not storage.per_replica:
        container, mount = next(iter(engines.items()))
        if container.several_at_once is not None:
            message = f"every copy of {container} writes its certificates to the same {storage}"
            yield Problem(mount, message, (reason("several copies run at once", container.several_at_once),))
