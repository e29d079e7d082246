"""An engine takes commands over TCP from anyone who can connect.

## Why it matters
The engine's API has no password. Without client certificates, every process that can reach the port commands
the engine: the containers beside it, the containers *inside* it (through their gateway), and with a published
port whoever reaches the host. An empty `DOCKER_TLS_CERTDIR` makes the official image listen this way on every
interface; `--tlsverify=false` encrypts and still authenticates nobody. The daemon itself waits 15 seconds
at the start and warns.

## Exploit
`docker -H tcp://dind:2375 run --privileged -v /:/h alpine chroot /h` from any container of the same network.

## Instead
Leave `DOCKER_TLS_CERTDIR` at `/certs`, share the volume at `/certs/client` with the client (read-only), and use
port 2376; or share the engine's Unix socket through a volume and listen on no port at all.

```yaml
services:
  dind:
    image: docker:29.10.0-dind
    volumes: ["certs-client:/certs/client"]    # DOCKER_TLS_CERTDIR stays /certs
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
On `localhost` inside one pod whose containers all trust each other; the finding is *medium* there, and where a
NetworkPolicy selects the pod and does not admit everybody.

A machine's configuration file alone may be completed by options that ask for certificates: ports other than 2375 and
4243 are *medium* then, and *high* where the files start the unit of the engine's package, which asks for none.

A rootless engine listens in a network of its own, where its containers reach it (*high*) and others only by the ports that
RootlessKit publishes (`-p`). Since Docker 29.5 `dockerd-rootless.sh` leaves it in the host's: without
`DOCKERD_ROOTLESS_ROOTLESSKIT_DETACH_NETNS` the finding tells the doubt.

## References
- https://docs.docker.com/engine/security/protect-access/
- CIS Docker Benchmark 2.6; CWE-306
- docker-library/docker `dockerd-entrypoint.sh`; moby `daemon/command/options.go`
"""

from collections.abc import Iterator, Sequence

from dindguard.api import (
    Confidence,
    ContainerKind,
    Edit,
    Endpoint,
    Engine,
    EngineProduct,
    Exposure,
    Fixer,
    Problem,
    Reach,
    Setting,
    Severity,
    Step,
    Undecided,
    goes_with,
    reason,
    rule,
)

SEVERITIES = {
    Reach.NETWORK: Severity.HIGH,
    Reach.INNER: Severity.HIGH,
    Reach.IMAGE: Severity.HIGH,
    Reach.CLUSTER: Severity.HIGH,
    Reach.PUBLISHED_LOCALLY: Severity.HIGH,
    Reach.ADMITTED: Severity.MEDIUM,
    Reach.POD: Severity.MEDIUM,
}

BY_OPTION = (
    "Take the tcp:// listener out: the engine then has its Unix socket alone, which a volume can share; or let it demand"
    " certificates on port 2376 (--tlsverify --tlscacert=… --tlscert=… --tlskey=…)"
)
OF_PODMAN = (
    "Have it listen on its Unix socket alone and reach it over SSH (podman --url ssh://user@host/run/podman/podman.sock): its API"
    " has no authentication of its own"
)
OF_BUILDKIT = (
    "Have buildkitd listen on its Unix socket alone, or demand certificates (--tlscacert=… --tlscert=… --tlskey=…) that its"
    " clients get as well (docker buildx create --driver remote)"
)
FORWARDED = (
    "Stop handing the socket on: reach the engine over SSH (ssh://user@host), or let it demand certificates on port 2376"
    " itself (tlsverify)"
)
CERTIFICATES = ("tlscacert", "tlscert", "tlskey")
BY_PRODUCT = {EngineProduct.PODMAN: OF_PODMAN, EngineProduct.BUILDKIT: OF_BUILDKIT}
ON_HOST = "Take tcp:// out of the engine's hosts and reach it over SSH (ssh://user@host), or demand certificates (tlsverify)"


def fix(engine: Engine, _: Problem) -> Iterator[Edit]:
    """Switch the official image's TLS on, on both ends or not at all."""
    from dindguard.api import remedies

    variable = engine.variable("DOCKER_TLS_CERTDIR")
    if variable is not None and variable.value.value == "":
        yield from remedies.with_tls(engine)


@rule(
    "unauthenticated-engine-api",
    each=Engine,
    severity=Severity.CRITICAL,
    category="daemon-api",
    cwe=306,
    since="0.1.0",
    asks=(
        "exposures.endpoint.authenticated.off",
        "exposures.endpoint.authenticated.unknown",
    ),
    fixes=(Fixer("switches TLS on at the engine and its clients", fix),),
)
def check(engine: Engine) -> Iterator[Problem | Undecided]:
    """Report TCP listeners that do not ask for a client certificate.

    One port is told once, whatever its addresses; so are several that one setting opens to the same circle.
    """
    told: dict[object, list[Exposure]] = {}
    for exposure in engine.exposures:
        asked = exposure.endpoint.authenticated
        if asked is not None and asked.unknown:
            yield Undecided(exposure.endpoint, asked.variable)
        elif asked is not None and not asked.on:
            circle = (exposure.reach, _encrypts(exposure.endpoint), exposure.endpoint.open_unless)
            blamed = asked.span if asked.set else exposure.endpoint.port
            told.setdefault((circle, blamed), []).append(exposure)
    named, instead = (_certificates(engine), _instead(engine)) if told else (None, "")
    for exposures in told.values():
        in_vain = _in_vain(named, exposures[0].endpoint) if named is not None else None
        yield _problem(engine, exposures, in_vain, instead)


def _encrypts(endpoint: Endpoint) -> bool:
    return endpoint.encrypted is not None and endpoint.encrypted.on


def _message(engine: Engine, exposures: Sequence[Exposure]) -> str:
    endpoint, reach = exposures[0].endpoint, exposures[0].reach
    how = "encrypts, but obeys" if _encrypts(endpoint) else "obeys"
    ports = list(dict.fromkeys(str(each.endpoint.port) for each in exposures if each.endpoint.port is not None))
    numbers = f"on port{'s' if len(ports) > 1 else ''} {' and '.join(ports)}"
    where = numbers if ports else "on a port that the files do not tell"
    doubt = f", unless {endpoint.open_unless}" if endpoint.open_unless else ""
    return f"{engine} {how} {reach} {where}, without authentication{doubt}"


def _problem(engine: Engine, exposures: Sequence[Exposure], in_vain: Step | None, instead: str) -> Problem:
    exposure, *others = exposures
    endpoint, asked, forwards = exposure.endpoint, exposure.endpoint.authenticated, engine.launch.forwards
    plain = endpoint.encrypted is not None and endpoint.encrypted.off
    severity = SEVERITIES.get(exposure.reach, Severity.CRITICAL)
    users = [Step(f"{access.who} uses it", access.span) for access in engine.clients if access.uses]
    return Problem(
        asked if asked is not None and asked.set else endpoint,
        _message(engine, exposures),
        because=(
            *exposure.reasons,
            *([Step("this hands the engine's socket on", forwards.span)] if forwards is not None else ()),
            *(Step("it listens here, too", other.endpoint.span) for other in others),
            *_started(engine, endpoint),
            *((in_vain,) if in_vain is not None and plain else ()),
            reason("privileged: root in it is root on the host", engine.privileged),
            *users,
        ),
        severity=min(severity, _under_doubt(engine)) if endpoint.open_unless else severity,
        confidence=Confidence.MEDIUM if endpoint.open_unless else Confidence.HIGH,
        instead=instead,
    )


def _under_doubt(engine: Engine) -> Severity:
    """Return what is told at most under doubt: a package's own unit asks for no certificates.

    A rootless engine obeys the containers that it starts whatever its version; the doubt is about all others.
    """
    certain = engine.launch.packaged is not None or engine.rootless.on
    return Severity.HIGH if certain else Severity.MEDIUM


def _started(engine: Engine, endpoint: Endpoint) -> Iterator[Step]:
    """Yield where the unit of its package is started."""
    if endpoint.open_unless and engine.launch.packaged is not None and not engine.launch.shown:
        yield Step("its package's unit starts it here", engine.launch.packaged)


def _certificates(engine: Engine) -> Setting | None:
    """Return the certificates that are named, which nothing turns TLS on for where a listener has none."""
    named = next((setting for setting in engine.written_settings if setting.name in CERTIFICATES), None)
    return named if engine.product is EngineProduct.DOCKER else None


def _in_vain(named: Setting, endpoint: Endpoint) -> Step | None:
    """Return what is to be said of certificates that are named wherever the listener is."""
    return (
        Step("certificates alone turn no TLS on: tlsverify does", named.span) if goes_with(named, endpoint) else None
    )


def _instead(engine: Engine) -> str:
    """Return what closes the port: a listener that somebody wrote is taken out, the entry point's own gets its TLS back."""
    if engine.launch.forwards is not None:
        return FORWARDED
    if engine.product in BY_PRODUCT:
        return BY_PRODUCT[engine.product]
    container = engine.container
    if container is None or container.kind is ContainerKind.SCRIPT or container.is_its_machine:
        return ON_HOST
    chosen = any(setting.name in ("host", "addr") for setting in engine.written_settings)
    return BY_OPTION if chosen or not engine.launch.wrapper else ""
