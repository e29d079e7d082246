"""Dockerfiles in the model: one container for each stage, and what it runs and takes in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dindguard import Options, scan
from dindguard.formats import Context, Document, Reading
from dindguard.formats.dockerfile.reader import read
from dindguard.formats.recognition import Recogniser
from dindguard.formats.registry import configures_an_engine
from dindguard.model.container import Container, ContainerKind
from dindguard.model.invocation import InvocationKind
from dindguard.model.values import How
from dindguard.model.workload import WorkloadKind
from dindguard.source import Embedded, Source, Span


def reading(text: str, files: Mapping[str, str] | None = None, path: str = "app/Dockerfile") -> Reading:
    sources = {name: Source(name, content) for name, content in (files or {}).items()}
    context = Context(sources.get, lambda _: None, lambda _: (), configures=configures_an_engine)
    return read([Document(Source(path, text))], context)


def containers(text: str) -> tuple[Container, ...]:
    [workload] = reading(text).workloads
    return workload.containers


def scripts(text: str, files: Mapping[str, str] | None = None) -> list[tuple[str, str]]:
    return [(embedded.source.hint, embedded.source.text) for embedded in reading(text, files).embedded]


STAGES = """\
ARG DOCKER=29.8
FROM docker:${DOCKER}-cli AS CLI
FROM --platform=$BUILDPLATFORM docker:dind AS base
ENV DOCKER_HOST=tcp://0.0.0.0:2375 DOCKER_TLS_CERTDIR=""
ENV DOCKER_DRIVER overlay2
VOLUME /var/lib/docker /certs
VOLUME ["/data"]
EXPOSE 2375 2376/tcp
USER root
CMD ["first"]
CMD ["--host=tcp://0.0.0.0:2375"]
HEALTHCHECK --interval=5s CMD ["docker", "info"]
FROM base
ENTRYPOINT dockerd --host=unix:///x
ENV DOCKER_HOST=$DOCKER_HOST/y
USER rootless
HEALTHCHECK NONE
"""


def test_stages() -> None:
    found = reading(STAGES)
    [workload] = found.workloads
    assert workload.kind is WorkloadKind.IMAGE_BUILD
    client, base, final = workload.containers
    assert [(one.name, one.address, one.kind) for one in workload.containers] == [
        ("cli", "stages.cli", ContainerKind.IMAGE),
        ("base", "stages.base", ContainerKind.IMAGE),
        ("", "stages.final", ContainerKind.IMAGE),
    ]
    assert client.image is not None
    assert (str(client.image), client.image.reference.how) == ("docker:29.8-cli", How.DEFAULT)
    assert [step.span.line for step in client.image.span.trail] == [1]
    assert client.span == Span("app/Dockerfile", 2, 30, 2, 33)
    assert base.image is not None
    assert base.image.reference.span == Span("app/Dockerfile", 3, 32, 3, 43)
    assert base.environment.value("DOCKER_TLS_CERTDIR") == ""
    assert base.environment.value("DOCKER_DRIVER") == "overlay2"
    variable = base.environment["DOCKER_HOST"]
    assert variable is not None
    assert variable.span == Span("app/Dockerfile", 4, 5, 4, 35)
    assert [str(volume) for volume in base.declared_volumes] == ["/var/lib/docker", "/certs", "/data"]
    assert [str(port) for port in base.exposed_ports] == ["2375", "2376/tcp"]
    assert base.command is not None
    assert [word.value for word in base.command] == ["--host=tcp://0.0.0.0:2375"]
    assert base.health is not None
    assert base.health.command is not None
    assert not base.health.disabled
    assert (final.image, final.base) == (None, "base")
    assert final.environment.value("DOCKER_HOST") == "tcp://0.0.0.0:2375/y"
    assert final.environment["DOCKER_DRIVER"] is None  # it comes with the stage it is based on
    assert final.entrypoint is not None
    assert final.entrypoint.shell
    assert final.command is None
    assert final.user is not None
    assert final.user.value == "rootless"
    assert final.health is not None
    assert final.health.disabled
    assert [(embedded.source.hint, embedded.source.text) for embedded in found.embedded] == [
        ("entrypoint.sh", "dockerd --host=unix:///x")
    ]


def test_nothing_at_run_time_is_made_up() -> None:
    [container] = containers("FROM docker:dind\n")
    assert container.privileged.off
    assert (container.mounts, container.ports, container.command, container.user) == ((), (), None, None)


RUNS = [
    ("RUN docker run --privileged x", "docker run --privileged x"),
    ("RUN --mount=type=bind,source=/var/run/docker.sock,target=/s make \\\n  # note\n  all", "make   all"),
    ('RUN ["docker", "run", "a b", "it\'s"]', "docker run 'a b' 'it'\\''s'"),
    ("RUN <<EOF\nset -e\ndockerd\nEOF", "set -e\ndockerd\n"),
    ("RUN <<-EOF\n\tdockerd\n\tEOF", "dockerd\n"),
    ("RUN <<EOF\n#!/bin/bash\ndockerd\nEOF", "#!/bin/bash\ndockerd\n"),
    ("RUN cat <<'EOF' > /etc/docker/daemon.json\n{}\nEOF", "cat <<'EOF' > /etc/docker/daemon.json\n{}\nEOF\n"),
    ("RUN cat <<EOF >x && \\\r\n  y\r\nbody\r\nEOF\r\n", "cat <<EOF >x &&   y\nbody\nEOF\n"),
    ("ONBUILD RUN docker load", "docker load"),
    ('SHELL ["/bin/bash", "-c"]\nRUN a', "a"),
]


@pytest.mark.parametrize(("run", "text"), RUNS)
def test_run_is_read_by_a_shell(run: str, text: str) -> None:
    assert scripts(f"FROM a\n{run}\n") == [("shell", text)]


def test_places_in_a_run() -> None:
    text = 'FROM a\nRUN x && \\\n  docker <<EOF\nbody\nEOF\nRUN ["docker", "a b"]\n'
    first, second = (embedded.source for embedded in reading(text).embedded)
    assert first.span(first.text.index("docker"), first.text.index(" <<")) == Span("app/Dockerfile", 3, 3, 3, 9)
    assert first.span(first.text.index("body"), first.text.index("\nEOF")) == Span("app/Dockerfile", 4, 1, 4, 5)
    assert second.span(0, 6) == Span("app/Dockerfile", 6, 7, 6, 13)
    assert second.span(8, 11) == Span("app/Dockerfile", 6, 17, 6, 20)


@pytest.mark.parametrize(
    "run",
    [
        "RUN <<EOF\n#!/usr/bin/env python3\nimport os\nEOF",
        'SHELL ["powershell", "-Command"]\nRUN docker run x',
        "# RUN docker run x",
        "LABEL x='docker run x'",
    ],
)
def test_what_no_shell_reads(run: str) -> None:
    assert scripts(f"FROM a\n{run}\n") == []


def test_every_document_belongs_to_its_stage() -> None:
    found = reading("FROM a AS one\nRUN x\nFROM b AS two\nRUN y\n")
    owners = [embedded.owner for embedded in found.embedded]
    assert owners == list(found.workloads[0].containers)


COPIES = [
    ("COPY <<EOF /etc/docker/daemon.json\n{}\nEOF", "/etc/docker/daemon.json"),
    ("COPY <<daemon.json /etc/docker/\n{}\ndaemon.json", "/etc/docker/daemon.json"),
    ("WORKDIR /etc\nWORKDIR docker\nCOPY <<EOF daemon.json\n{}\nEOF", "/etc/docker/daemon.json"),
    ("ENV D=/etc/docker\nCOPY <<EOF $D/daemon.json\n{}\nEOF", "/etc/docker/daemon.json"),
    ("COPY daemon.json /etc/docker/", "/etc/docker/daemon.json"),
    ("ADD ./conf/dind.json /etc/docker/daemon.json", "/etc/docker/daemon.json"),
]


@pytest.mark.parametrize(("copy", "hint"), COPIES)
def test_configuration_that_is_copied_in(copy: str, hint: str) -> None:
    files = {"app/daemon.json": "{}\n", "app/conf/dind.json": "{}\n"}
    [embedded] = reading(f"FROM a\n{copy}\n", files).embedded
    assert (embedded.source.hint, embedded.source.text) == (hint, "{}\n")
    assert Recogniser().syntax_of(embedded.source) == "json"
    assert isinstance(embedded.owner, Container)


@pytest.mark.parametrize(
    "copy",
    [
        "COPY <<EOF $UNKNOWN/daemon.json\n{}\nEOF",
        "COPY --from=other daemon.json /etc/docker/",
        "COPY daemon.json /srv/",
        "COPY missing/daemon.json /etc/docker/",
    ],
)
def test_files_that_are_not_followed(copy: str) -> None:
    assert scripts(f"FROM a\n{copy}\n", {"app/daemon.json": "{}"}) == []


@pytest.mark.parametrize(
    ("lines", "hint"),
    [
        ('COPY run.sh /usr/bin/\nENTRYPOINT ["run.sh"]', "/usr/bin/run.sh"),
        ('COPY run.sh /start\nENTRYPOINT ["tini", "--", "/start", "x"]', "/start"),
        ('COPY run.sh /start\nCMD ["/bin/sh", "/start"]', "/start"),
    ],
)
def test_the_script_that_a_container_starts_with_is_followed(lines: str, hint: str) -> None:
    [embedded] = reading(f"FROM a\n{lines}\n", {"app/run.sh": "#!/bin/sh\ndockerd &\n"}).embedded
    assert (embedded.source.path, embedded.source.hint) == ("app/run.sh", hint)
    assert Recogniser().syntax_of(embedded.source) == "shell"


def test_other_scripts_are_not_followed() -> None:
    files = {"app/run.sh": "#!/bin/sh\ndockerd &\n"}
    assert scripts('FROM a\nCOPY run.sh /x/\nENTRYPOINT ["other"]\n', files) == []


@pytest.mark.parametrize(
    ("copy", "engine"),
    [
        ("COPY --from=docker:dind /usr/local/bin/dockerd /usr/local/bin/", "docker:dind"),
        ("COPY --from=docker:dind /usr/local/bin/ /usr/local/bin/", "docker:dind"),
        ("COPY --from=tools /usr/local/bin/* /usr/local/bin/", "docker:29-dind"),
        ("COPY --from=0 /usr/local/bin/dockerd /x", "docker:29-dind"),
        ("COPY --from=docker:dind /usr/local/bin/docker /usr/local/bin/", None),
        ("COPY --from=docker:29-cli /usr/local/bin/ /usr/local/bin/", None),
        ("COPY --from=$X /usr/local/bin/dockerd /x", None),
        ("COPY /usr/local/bin/dockerd /x", None),
    ],
)
def test_engines_that_are_copied_from_another_image(copy: str, engine: str | None) -> None:
    invocations = reading(f"FROM docker:29-dind AS tools\nFROM alpine:3\n{copy}\n").invocations
    assert [(one.kind, str(one.subject), one.during_build) for one in invocations] == (
        [(InvocationKind.ENGINE_INSTALL, engine, True)] if engine else []
    )


@pytest.mark.parametrize(
    ("flags", "entitlements", "network"),
    [
        ("--security=insecure", ["security.insecure"], None),
        ("--network=host", [], "host"),
        ("--device=vendor.com/gpu", ["device"], None),
        ("--security=sandbox --network=default", None, None),
        ("--network=none", None, None),
        ("--mount=type=cache,target=/var/lib/docker", None, None),
    ],
)
def test_steps_that_ask_the_builder_for_more(flags: str, entitlements: list[str] | None, network: str | None) -> None:
    workloads = reading(f"FROM a AS b\nRUN {flags} make\n").workloads
    if entitlements is None:
        assert len(workloads) == 1
        return
    [step] = workloads[1].containers
    assert (step.kind, step.address) == (ContainerKind.STEP, "stages.b.run")
    assert step.build is not None
    assert [text.value for text in step.build.entitlements] == entitlements
    assert (step.build.network.value if step.build.network else None) == network
    flag = (*step.build.entitlements, *([step.build.network] if step.build.network else []))[0]
    assert (flag.span.line, flag.span.column, flag.span.end_column) == (2, 5, 5 + len(flags))


def test_flags_in_the_command_are_not_flags_of_run() -> None:
    assert len(reading("FROM a\nRUN make --security=insecure\n").workloads) == 1


def test_onbuild_changes_nothing_here() -> None:
    [container] = containers("FROM a\nONBUILD ENV A=1\nONBUILD USER x\nONBUILD VOLUME /v\nONBUILD CMD b\n")
    assert (len(container.environment), container.user, container.declared_volumes, container.command) == (
        0,
        None,
        (),
        None,
    )


def test_embedded_in_another_file() -> None:
    owner = containers("FROM x AS service\n")[0]
    parent = Source("compose.yaml", "a\nFROM docker:dind\nRUN b\n")
    context = Context(lambda _: None, lambda _: None, lambda _: ())
    found = read([Document(parent.part(2, 25, hint="dockerfile"), owner=owner)], context)
    [container] = found.workloads[0].containers
    assert container.address == "stages.service.stages.final"
    assert container.span == Span("compose.yaml", 2, 6, 2, 17)
    assert isinstance(found.embedded[0], Embedded)


def test_no_from_is_no_image() -> None:
    found = reading("ARG a\nRUN b\n")
    assert (found.workloads, found.embedded) == ([], [])
    assert found.notices


PIECES = ["FROM a", " AS b", "FROM b", "RUN ", "COPY ", "--from=b ", "--from=0 ", "--network=host ", "<<E ", "\nE\n"]
PIECES += [
    "/etc/docker/",
    "/etc/docker/daemon.json ",
    "daemon.json ",
    "\n",
    "ENV A=",
    "$A",
    "${A",
    "WORKDIR ",
    "USER ",
    "VOLUME ",
]
PIECES += [
    "ENTRYPOINT ",
    "CMD ",
    "HEALTHCHECK ",
    '["x", "y"]',
    "[]",
    "ONBUILD ",
    "SHELL ",
    "EXPOSE ",
    '"',
    "'",
    "\\\n",
    " ",
]


@settings(deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_any_text_gives_a_reading(text: str) -> None:
    lines = text.count("\n") + 1
    found = reading(text, {"app/daemon.json": "{}", "daemon.json": "{}"})
    for workload in found.workloads:
        for container in workload.containers:
            assert 1 <= container.span.line <= lines
    for embedded in found.embedded:
        assert isinstance(embedded.owner, Container)
        assert 1 <= embedded.source.position(0)[0] <= lines


def test_what_a_template_of_a_dockerfile_inserts_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile.template").write_text("FROM docker:29-dind\n%%EXTRAS%%\n@MORE@\nCMD []\n", "utf-8")
    assert not [each for each in scan(Options(paths=(tmp_path,), root=tmp_path)).notices if each.kind == "malformed"]
    (tmp_path / "Dockerfile").write_text("FROM docker:29-dind\n%EXTRAS\nCMD []\n", "utf-8")
    notices = scan(Options(paths=(tmp_path,), root=tmp_path)).notices
    assert [each.span.path for each in notices if each.kind == "malformed"] == ["Dockerfile"]


def test_a_script_s_first_comment_is_no_dockerfile_without_an_image(tmp_path: Path) -> None:
    script = '#!/bin/sh\n# docker build\necho "# made by this script" > Dockerfile\ncat Dockerfile.in >> Dockerfile\n'
    (tmp_path / "make.sh").write_text(f"{script}printf '%s\\n' \"$(jq . a.json)\" > b.json\n", "utf-8")
    assert scan(Options(paths=(tmp_path,), root=tmp_path)).notices == ()
