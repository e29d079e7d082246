"""A socket proxy is published beyond its network.

## Why it matters
A socket proxy has no password: whoever connects may do what its settings permit. It is meant for the one
container beside it. Published on the host it answers the whole network; if it lets containers be created, whoever
connects is root on the host.

## Instead
Publish no port (remove `ports:`, `--publish`), and give the proxy and its client a network of their own with `internal: true`:

```yaml
networks:
  socket:
    internal: true
```

## When it is fine
Bound to `127.0.0.1` for a tool on the host, when every user of the host may command the engine.

## References
- https://github.com/Tecnativa/docker-socket-proxy#security-recommendations
- CWE-306
"""

from collections.abc import Iterator

from dindguard.api import (
    Container,
    Permit,
    Problem,
    Severity,
    Step,
    removal,
    rule,
)


@rule(
    "published-socket-proxy",
    each=Container,
    severity=Severity.CRITICAL,
    category="socket",
    cwe=306,
    since="0.1.0",
    asks=("proxy",),
    fixes=(removal("removes the published port"),),
)
def check(container: Container) -> Iterator[Problem]:
    """Report published ports of a socket proxy."""
    proxy = container.proxy
    if proxy is None:
        return
    creates = proxy.permits in (Permit.EVERYTHING, Permit.CREATE)
    opens = tuple(Step("this setting lets it create containers", each.span) for each in proxy.because[:1] if creates)
    for port in container.ports:
        near = port.loopback or port.cluster_only
        severity = Severity.MEDIUM if near else Severity.HIGH
        whom = "every user of the host" if port.loopback else "whoever reaches it"
        yield Problem(
            port,
            f"the socket proxy in {container} answers {whom}",
            because=opens,
            severity=Severity(severity + 1) if creates else severity,
        )
