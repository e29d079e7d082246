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

```yaml
services:
  dind:
    image: docker:29.10.0-dind-rootless
    security_opt:
      - seccomp=unconfined
      - apparmor=unconfined
      - systempaths=unconfined
    devices: [/dev/net/tun]
    volumes: ["certs-client:/certs/client"]
    networks: {default: {aliases: [docker]}}
  job:
    image: docker:29.10.0-cli
    environment:
      DOCKER_HOST: tcp://docker:2376
      DOCKER_TLS_VERIFY: "1"
      DOCKER_CERT_PATH: /certs/client
    volumes: ["certs-client:/certs/client:ro"]
volumes:
  certs-client:
```

## When it is fine
A well-known tool of your own that manages this very host (Portainer, Traefik) may need it; the finding is then *high*
and needs an approval record. A rootless engine's socket gives the rights of that one user, not of root. On a hosted CI
machine that ends with the job the finding is lowered: its script commands that engine anyway. A runner that mounts the socket
of whatever engine it finds is *high* as long as nothing shows where it runs. The usual permissions
(`root:docker`, 660) keep `user: 1000:1000` without further groups out, and the user whom an image like Telegraf's starts
as: one level less.

## References
- https://docs.docker.com/engine/security/#docker-daemon-attack-surface
- CIS Docker Benchmark 5.32; OWASP Docker Security Cheat Sheet, rule 1; MITRE ATT&CK T1611
"""

from collections.abc import Iterator

from dindguard.api import (
    Access,
    Confidence,
    Container,
    ContainerKind,
    Edit,
    Fixer,
    Machine,
    Mount,
    Problem,
    Role,
    Severity,
    Step,
    paths,
    reason,
    rule,
)

MANAGERS = {"systemd": "systemd", "libvirt": "virtual machines", "lxd": "LXD", "incus": "Incus"}
CI_KINDS = (
    ContainerKind.JOB,
    ContainerKind.JOB_SERVICE,
    ContainerKind.STEP,
    ContainerKind.RUNNER,
    ContainerKind.RUNNER_DEFAULT,
)
BESIDE_ITS_OWN = "Take the mount away: this container has an engine of its own, and needs nobody else's socket"
FOR_A_NODE = (
    "Take the mount away: 'kind load' brings images to it, and what runs in the cluster needs no engine outside"
)
FOR_A_TOOL = (
    "Put a filtering proxy that denies POST between the two: reading containers, events and logs needs no more; only a tool"
    " that has to start containers needs the socket itself, and an approval"
)
FOR_A_WORKPLACE = (
    "Leave the socket out if nobody starts containers from in there; else give it a rootless engine of its own, so that its"
    " programs cannot become root on the machine"
)
FOR_A_SERVICE = (
    "Take the mount away if nothing in there starts containers; reading (lists, events, logs) needs a filtering proxy that"
    " denies POST and no more, and starting containers an engine of its own (docker:dind-rootless, docker:dind with TLS, Sysbox)"
)
WITHOUT_MANAGER = "Run what needs it on the host itself, or on a machine of its own: no proxy filters this socket"


def fix(access: Access, _: Problem) -> Iterator[Edit]:
    """Leave a tool that only reads a proxy that lets it read."""
    from dindguard.api import remedies

    yield from remedies.through_proxy(access)


@rule(
    "host-engine-socket",
    each=Access,
    severity=Severity.CRITICAL,
    category="socket",
    cwe=250,
    since="0.1.0",
    asks=("not endpoint",),
    needs_approval="socket",
    fixes=(Fixer("puts a filtering proxy between the tool and the socket", fix, unsafe=True),),
)
def check(access: Access) -> Iterator[Problem]:
    """Report a host engine's socket in a container that is no proxy for it."""
    if not isinstance(access.to, Machine) or access.endpoint is not None or access.who.role is Role.SOCKET_PROXY:
        return
    if not isinstance(access.via, Mount):
        yield Problem(
            access.via, f"{access.who} is handed the host's engine socket and the registry credentials with it"
        )
        return
    mount = access.via
    if not access.deliberate or _told_already(access, mount):
        return  # a mount of something wider is a finding of its own
    read_only = reason("read-only does not protect a socket", mount.read_only)
    groups = (Step("this group may use the socket", group.span) for group in access.group_grants)
    known = access.who.known_socket_user or access.who.privileged_product
    severity = Severity.HIGH if known else Severity.CRITICAL
    if access.rootless:
        severity = Severity.MEDIUM
    whose = "a user's" if access.rootless else "the host's"
    what = MANAGERS.get(access.product, "engine" if access.whichever else f"{access.product} engine")
    message = f"{access.who} can command {whose} {what} through {access.through}"
    source = mount.host_text
    by_default = access.who.kind is ContainerKind.RUNNER_DEFAULT and source is not None and not source.written
    if by_default and access.who.workload.runs_in is None:  # it is whatever engine the runner finds there
        severity, message = severity.lowered(1), f"{message}, unless its runner has an engine of its own"
    outsider = access.kept_out
    if outsider:
        levels = 2 if access.answers_root_alone else 1
        severity, message = severity.lowered(levels), f"{message}, if the socket lets {outsider} in"
    yield Problem(
        mount.host_text or mount,
        message,
        because=(read_only, reason("the volume is the host's socket", mount.declared), *groups),
        severity=severity,
        confidence=Confidence.MEDIUM if outsider or _guessed(access, mount) else Confidence.HIGH,
        instead=WITHOUT_MANAGER if access.product in MANAGERS else _instead(access.who),
    )


def _instead(container: Container) -> str:
    """Return what to do in a container of this kind; the page's own advice is for a job."""
    runs_in = container.workload.runs_in
    if container.engine is not None:
        return BESIDE_ITS_OWN
    if container.kind is ContainerKind.CLUSTER_NODE:
        return FOR_A_NODE
    if container.kind is ContainerKind.DEV_CONTAINER:
        return FOR_A_WORKPLACE
    if container.known_socket_user or container.privileged_product:
        return FOR_A_TOOL
    in_ci = container.kind in CI_KINDS or container.role is Role.CI_RUNNER
    return "" if in_ci or (runs_in is not None and runs_in.kind in CI_KINDS) else FOR_A_SERVICE


def _guessed(access: Access, mount: Mount) -> bool:
    """Whether only the target says that it is the socket: nobody knows what the source is."""
    return access.assumed and mount.host_text is not None and mount.host_text.unknown


def _told_already(access: Access, mount: Mount) -> bool:
    """Whether a directory's socket is mounted by itself as well, the same directory again (`/run`, `/var/run`), or all of `/`."""
    if access.uses:
        return False
    folder = mount.host_path or ""
    mounted = [each for each in access.who.accesses if isinstance(each.via, Mount)]
    return (
        any(each.through == access.through for each in mounted[: mounted.index(access)])
        or any(each.host_path == "/" and each.read_only.off for each in access.who.host_mounts)
        or any(each.uses and paths.inside(each.through, folder) for each in mounted)
    )
