"""A container can command the host's engine through its socket.

## Why it matters
Whoever connects to the socket can ask the engine for a container with `/` mounted, or a privileged one: the
socket is root on the host. Mounting it read-only changes nothing, because connecting to a socket is not
writing to a file (measured: `touch` is refused, the API answers). Mounting a directory above it exposes it
just the same. The container's own limits (`cap_drop`, `no-new-privileges`, a network of `none`) do not
apply to what it starts through the socket.

## Exploit
`docker -H unix:///var/run/docker.sock run -v /:/host alpine chroot /host` from inside the container.

## Instead
Give the job an engine of its own (Sysbox, `docker:dind-rootless`, or `docker:dind` with TLS), build without
one (rootless BuildKit, Buildah), or put a filtering proxy that denies `POST` between the two.

## When it is fine
A well-known tool of your own that manages this very host (Portainer, Traefik) may need it; the finding is
then *high* and wants an approval record. A rootless engine's socket is worth that one user, not root.

## References
- https://docs.docker.com/engine/security/#docker-daemon-attack-surface
- CIS Docker Benchmark 5.32; OWASP Docker Security Cheat Sheet, rule 1; MITRE ATT&CK T1611
"""

from collections.abc import Iterator

from dindguard.api import Access, Host, Mount, Problem, Role, Severity, Step, rule

MANAGERS = {"systemd": "systemd", "libvirt": "virtual machines", "lxd": "LXD", "incus": "Incus"}


@rule(
    "host-engine-socket",
    each=Access,
    severity=Severity.CRITICAL,
    category="socket",
    cwe=250,
    since="0.1.0",
    needs_approval="socket",
)
def check(access: Access) -> Iterator[Problem]:
    """Report a host engine's socket in a container that is no proxy for it."""
    if not isinstance(access.to, Host) or access.endpoint is not None or access.who.role is Role.SOCKET_PROXY:
        return
    if not isinstance(access.via, Mount):
        yield Problem(
            access.via, f"{access.who} is handed the host's engine socket and the registry credentials with it"
        )
        return
    mount = access.via
    if not access.deliberate:
        return  # a mount of something wider is a finding of its own
    read_only = Step("read-only does not protect a socket", mount.read_only.span) if mount.read_only.on else None
    severity = Severity.HIGH if access.who.known_socket_user else Severity.CRITICAL
    if access.rootless:
        severity = Severity.MEDIUM
    whose = "a user's" if access.rootless else "the host's"
    what = MANAGERS.get(access.engine, f"{access.engine} engine")
    message = f"{access.who} can command {whose} {what} through {access.through}"
    yield Problem(
        mount.host_text or mount,
        message,
        because=(read_only, mount.declared, *access.group_grants),
        severity=severity,
    )
