"""A scan's report made by hand, for the tests of the report formats."""

from __future__ import annotations

import sys
import types
from pathlib import Path

from dindguard.coverage import Coverage, FileState, State
from dindguard.findings import Finding, Status, Subject
from dindguard.model.container import Container, ContainerKind, Environment, EnvVar
from dindguard.model.model import Model
from dindguard.model.values import Text
from dindguard.model.workload import Platform, Workload, WorkloadKind
from dindguard.rules import Confidence, Profile, Rule, Severity
from dindguard.scanning import Report
from dindguard.source import Gravity, Notice, Source, Span, Step

SOCKET_PAGE = """A container can reach the host's container engine through its socket.

## Why it matters
Whoever can connect to the socket can ask the engine for a privileged container with `/` mounted: the
socket is root on the host.

## Instead
Give the job its own engine (`docker:dind-rootless`), or a filtering proxy. Nothing else helps.

```yaml
services:
  runner:
    environment: {DOCKER_HOST: tcp://dind:2376}
```

## References
- https://docs.docker.com/engine/security/#docker-daemon-attack-surface
"""
TCP_PAGE = """A daemon takes commands over TCP from anyone who can connect.

## Why it matters
Docker's API has no password.

## Instead
Leave `DOCKER_TLS_CERTDIR` at `/certs` and use port 2376.

## References
- https://docs.docker.com/engine/security/protect-access/
"""

COMPOSE = """\
services:
  runner:
    image: runner:1
    environment:
      DB_HOST: db.internal.example
      DB_PASSWORD: correct horse battery
    volumes:
      - /var/run/docker.sock:/var/run/docker.sock:ro
  dind:
    image: docker:27-dind
    privileged: true
    environment: {DOCKER_TLS_CERTDIR: "", API_TOKEN: "s3cr3t-value", DOCKER_HOST: "tcp://0.0.0.0:2375"}
    ports: ["2375:2375"]
"""


def rule(name: str, severity: Severity, page: str, **more: object) -> Rule:
    module = types.ModuleType(f"sample_rules.{name}")
    module.__doc__ = page

    def check(_: object) -> tuple[()]:
        return ()

    check.__module__ = module.__name__
    sys.modules[module.__name__] = module
    return Rule(name, Container, severity, str(more.pop("category", "socket")), "0.1.0", check, **more)  # type: ignore[arg-type]  # forwarded


SOCKET = rule("host-engine-socket", Severity.CRITICAL, SOCKET_PAGE, cwe=250)
TCP = rule("unauthenticated-daemon-tcp", Severity.HIGH, TCP_PAGE, cwe=306, category="exposure")
HYGIENE = rule(
    "floating-engine-tag",
    Severity.LOW,
    SOCKET_PAGE.replace("A container can", "An image can"),
    profile=Profile.ALL,
    precision=Confidence.MEDIUM,
    category="image",
)


def place(source: Source, text: str, route: str = "", after: str = "") -> Span:
    start = source.text.index(text, source.text.index(after))
    return source.span(start, start + len(text), route)


def subject(rule: Rule, path: str, address: str, span: Span, **more: object) -> Subject:
    return Subject(address, rule.id, address, path, span, **more)  # type: ignore[arg-type]  # forwarded


def finding(rule: Rule, span: Span, message: str, **more: object) -> Finding:
    more.setdefault("severity", rule.severity)
    more.setdefault("subjects", (subject(rule, span.path, span.route or message, span),))
    return Finding(rule=rule, confidence=Confidence.HIGH, message=message, span=span, **more)  # type: ignore[arg-type]  # forwarded


def model(source: Source) -> Model:
    def variable(name: str, value: str) -> EnvVar:
        span = place(source, value)
        return EnvVar(name, Text(value.strip('"'), span), span)

    runner = Container(
        name="runner",
        address="services.runner",
        kind=ContainerKind.SERVICE,
        span=place(source, "runner"),
        environment=Environment(
            [variable("DB_HOST", "db.internal.example"), variable("DB_PASSWORD", "correct horse battery")]
        ),
    )
    dind = Container(
        name="dind",
        address="services.dind",
        kind=ContainerKind.SERVICE,
        span=place(source, "dind:"),
        environment=Environment(
            [variable("API_TOKEN", '"s3cr3t-value"'), variable("DOCKER_HOST", '"tcp://0.0.0.0:2375"')]
        ),
    )
    project = Workload(
        name="app",
        address="",
        kind=WorkloadKind.PROJECT,
        platform=Platform.ENGINE,
        span=source.whole(),
        containers=(runner, dind),
    )
    return Model(workloads=(project,))


def coverage(read: int = 14, nothing: int = 3, broken: int = 1, *others: FileState) -> Coverage:
    """Return states of so many files, and of ``others``."""
    files = [FileState(f"{number}.yaml", State.UNDERSTOOD, "compose") for number in range(read)]
    files += [FileState(f"broken{number}.yaml", State.BROKEN) for number in range(broken)]
    return Coverage(files=(*files, *others), plain={State.NOTHING: tuple(map(str, range(nothing)))})


def sample(**changes: object) -> Report:
    """Two open findings in one file and one in another, one waived, one file that could not be read."""
    compose = Source("compose.yaml", COMPOSE)
    script = Source("ci/build me.sh", "docker run -v /var/run/docker.sock:/s \\\n  -e TOKEN=abcdefgh img\n")
    broken = Source("broken.yaml", "services:\n  a: [\n")
    env = Source(".env", "SOCKET=/var/run/docker.sock\n")
    mount = place(compose, "/var/run/docker.sock", "services.runner.volumes[0]")
    findings = (
        finding(
            SOCKET,
            mount,
            "service 'runner' can command the host's engine through /var/run/docker.sock",
            related=(
                Step("read-only does not protect a socket", place(compose, "ro", after="docker.sock:")),
                Step("the path is set here", place(env, "/var/run/docker.sock")),
            ),
            path=(
                Step("service 'runner' commands the host's engine", mount),
                Step("the engine starts a privileged container that mounts /", mount),
            ),
            instead="Give the job its own engine, or a filtering proxy",
        ),
        finding(
            TCP,
            place(compose, '""', "services.dind.environment.DOCKER_TLS_CERTDIR"),
            "the docker engine in service 'dind' obeys whoever reaches 0.0.0.0:2375 on tcp://0.0.0.0:2375",
            related=(
                Step("the port is published here", place(compose, '"2375:2375"')),
                Step("privileged: root in it is root on the host", place(compose, "true")),
            ),
            containment="the pod runs in a virtual machine",
            severity=Severity.MEDIUM,
        ),
        finding(
            HYGIENE,
            place(compose, "docker:27-dind"),
            "service 'dind' uses an image whose tag moves",
            subjects=(
                subject(HYGIENE, "compose.yaml", "services.dind", mount, status=Status.WAIVED, reason="until autumn"),
            ),
        ),
        finding(SOCKET, place(script, "/var/run/docker.sock"), "'docker run' can command the host's engine"),
    )
    notices = (
        Notice(
            "unreadable",
            "not valid YAML: the list is not closed",
            place(broken, "["),
            Gravity.ERROR,
            "close the list",
        ),
        Notice("undecided", "rule privileged-engine: PRIVILEGED is not known", mount),
    )
    values: dict[str, object] = {
        "root": Path("/project"),
        "findings": findings,
        "notices": notices,
        "rules": (HYGIENE, SOCKET, TCP),
        "sources": {each.path: each for each in (compose, script, broken, env)},
        "model": model(compose),
        "coverage": coverage(),
        "seconds": 0.12,
    }
    return Report(**(values | changes))  # type: ignore[arg-type]  # the values of the class's fields
