"""A socket proxy lets its clients create containers, execute in them, or build.

## Why it matters
A proxy in front of the engine's socket protects only what it refuses. With `POST=1` and `CONTAINERS=1` its clients may
create a container with `/` mounted, which is root on the host: the proxy then protects nothing. `EXEC=1` runs commands
in every container, `BUILD=1` runs build steps on the host's network, `SERVICES`, `PLUGINS` and `SWARM` each end in a
container of the client's choice.

## Exploit
`curl -X POST http://proxy:2375/containers/create -d '{"Image":"alpine","HostConfig":{"Binds":["/:/h"]}}'`.

## Instead
Leave `POST` at `0`. For tools that restart containers, Tecnativa's proxy has one combination that keeps creation
blocked:

```yaml
environment:
  POST: 1
  ALLOW_RESTARTS: 1
  CONTAINERS: 0
```

## When it is fine
When every client of the proxy may be root on the host anyway.

## References
- https://github.com/Tecnativa/docker-socket-proxy
- https://github.com/wollomatic/socket-proxy
- CWE-269; MITRE ATT&CK T1610
"""

from collections.abc import Iterator

from dindguard.api import Container, Permit, Problem, Severity, Step, Text, Undecided, rule

SEVERITIES = {
    Permit.CREATE: Severity.CRITICAL,
    Permit.EXECUTE: Severity.HIGH,
    Permit.BUILD: Severity.HIGH,
    Permit.MODIFY: Severity.MEDIUM,
}


BY_EXPRESSION = (
    "Allow no more than the paths that are called, such as -allowPOST='/v1\\..{1,2}/containers/[^/]+/restart', and none that"
    " creates containers or executes in them"
)


@rule(
    "permissive-socket-proxy",
    each=Container,
    severity=Severity.CRITICAL,
    category="socket",
    cwe=269,
    since="0.1.0",
    asks=("proxy",),
)
def check(container: Container) -> Iterator[Problem | Undecided]:
    """Report what a proxy permits beyond reading."""
    proxy = container.proxy
    if proxy is None:
        return
    if proxy.unknown is not None:
        yield Undecided(proxy.unknown, proxy.unknown.value.variable)
    elif proxy.permits is Permit.UNKNOWN and container.image is not None:
        yield Undecided(container.image, f"what the proxy '{container.image}' lets through")
    if proxy.permits in SEVERITIES and proxy.because:
        message = f"the socket proxy in {container} lets its clients go as far as {proxy.permits}"
        first, *others = proxy.because
        yield Problem(
            first,
            message,
            because=tuple(Step("this setting opens it too", each.span) for each in others),
            severity=SEVERITIES[proxy.permits],
            instead=BY_EXPRESSION if isinstance(first, Text) else "",
        )
