"""A read-only socket proxy still exposes the secrets and files of every container.

## Why it matters
`CONTAINERS=1` with `POST=0` is no "read-only" view of harmless lists: `GET /containers/{id}/json` holds every
environment variable, `/archive?path=` reads any file of any container, `/logs` and `/export` the rest, and
`/attach/ws` is a terminal over GET.

## Instead
Leave `CONTAINERS` at `0` where events and versions are enough; linuxserver's proxy can close the archive and
export paths separately (`ALLOW_ARCHIVE=0`, `ALLOW_EXPORT=0`).

```yaml
services:
  proxy:
    image: lscr.io/linuxserver/socket-proxy
    environment: {CONTAINERS: 0, EVENTS: 1, VERSION: 1, ALLOW_ARCHIVE: 0, ALLOW_EXPORT: 0}
```

## When it is fine
Reverse proxies and dashboards need the list of containers. Keep the proxy on a network of its own with them.

## References
- https://docs.docker.com/reference/api/engine/
- https://github.com/linuxserver/docker-socket-proxy
"""

from collections.abc import Iterator

from dindguard.api import Container, Permit, Problem, Profile, Severity, rule


@rule(
    "reading-socket-proxy",
    each=Container,
    severity=Severity.LOW,
    category="socket",
    cwe=200,
    since="0.1.0",
    profile=Profile.ALL,
    asks=("proxy",),
)
def check(container: Container) -> Iterator[Problem]:
    """Report a proxy whose clients may read containers."""
    proxy = container.proxy
    if proxy is not None and proxy.permits is Permit.READ and proxy.because:
        yield Problem(
            proxy.because[0], f"the socket proxy in {container} shows its clients every container's secrets"
        )
