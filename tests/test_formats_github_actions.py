"""GitHub workflows and actions: containers with their options, services, steps, actions that set engines up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dindguard import Options, budget, scan
from dindguard.documents import yaml
from dindguard.formats import Context, Document, Reading
from dindguard.formats.github_actions import reader as github_actions
from dindguard.model.container import Container, ContainerKind
from dindguard.model.invocation import InvocationKind
from dindguard.model.mount import MountKind
from dindguard.model.values import UNKNOWN_PIECE, How
from dindguard.model.workload import Platform
from dindguard.records import replace
from dindguard.source import Source
from support import context_of, documents_of, image, typed, variable, write_files

PATH = ".github/workflows/ci.yml"
EMPTY = Context(open=lambda _: None, tree=lambda _: None, listing=lambda _: ())


def read_text(text: str, path: str = PATH) -> Reading:
    source = Source(path, text)
    return github_actions.read([Document(source, node) for node in yaml.read(source).documents], EMPTY)


def read_files(folder: Path, files: dict[str, str], *names: str) -> Reading:
    write_files(folder, files)
    return github_actions.read(documents_of(folder, "github-actions", *names), context_of(folder))


def container(reading: Reading, address: str) -> Container:
    return next(c for w in reading.workloads for c in w.containers if c.address == address)


BASIC = """\
on: push
env: {DOCKER_BUILDKIT: "1"}
jobs:
  build:
    runs-on: ubuntu-latest
    container:
      image: docker:27-cli
      env: {DOCKER_TLS_CERTDIR: ""}
      options: >-
        --privileged --cap-add=SYS_ADMIN
        -v /var/run/docker.sock:/var/run/docker.sock:ro
        --security-opt "seccomp=unconfined" -e A=b
      volumes: [cache:/var/lib/docker, /src:/dst]
      ports: ["127.0.0.1:2375:2375"]
    services:
      docker:
        image: docker:27-dind
        options: --privileged --health-cmd "docker info" --network-alias engine --user 0
        env: {DOCKER_TLS_CERTDIR: ""}
        ports: [2375:2375, 80/udp]
        volumes: [cache:/var/lib/docker]
    env: {DOCKER_HOST: tcp://docker:2375}
    steps:
      - uses: actions/checkout@v4
      - run: docker build .
        env: {DOCKER_HOST: "tcp://$HOST:1", EMPTY: "", TOKEN: "a$`${{ secrets.T }}"}
      - run: |
          docker run --privileged app
"""


def test_a_job_in_a_container_with_a_service() -> None:
    reading = read_text(BASIC)
    (workload,) = reading.workloads
    assert (workload.platform, workload.address, typed(BASIC, workload.span)) == (
        Platform.GITHUB,
        "jobs.build",
        "build",
    )
    job = container(reading, "jobs.build")
    assert (job.kind, str(job.image), typed(BASIC, image(job).span)) == (
        ContainerKind.JOB,
        "docker:27-cli",
        "docker:27-cli",
    )
    assert job.privileged.on
    assert typed(BASIC, job.privileged.span) == "--privileged"
    assert [(str(cap), typed(BASIC, cap.span)) for cap in job.capabilities.added] == [("SYS_ADMIN", "SYS_ADMIN")]
    assert str(job.confinement.seccomp) == "unconfined"
    assert {v.name: str(v.value) for v in job.environment} == {
        "DOCKER_BUILDKIT": "1",
        "DOCKER_HOST": "tcp://docker:2375",
        "A": "b",
        "DOCKER_TLS_CERTDIR": "",
    }
    named, bind, socket = job.mounts
    assert (named.kind, bind.kind, socket.kind) == (MountKind.VOLUME, MountKind.HOST, MountKind.HOST)
    assert socket.read_only.on
    assert socket.source is not None
    assert typed(BASIC, socket.source.span) == "/var/run/docker.sock"
    assert socket.socket() is not None
    (port,) = job.ports
    assert (port.host_address, port.host_port, port.container_port) == ("127.0.0.1", 2375, 2375)

    engine = container(reading, "jobs.build.services.docker")
    assert (engine.kind, engine.name, engine.privileged.on, str(engine.user)) == (
        ContainerKind.JOB_SERVICE,
        "docker",
        True,
        "0",
    )
    assert [str(alias) for alias in engine.aliases] == ["engine"]
    assert engine.health is not None
    assert engine.health.gates_start
    assert [str(word) for word in engine.health.command or ()] == ["docker info"]
    assert [(p.container_port, p.host_port, p.protocol) for p in engine.ports] == [
        (2375, 2375, "tcp"),
        (80, None, "udp"),
    ]
    # What the job sets for its steps does not reach a service.
    assert [v.name for v in engine.environment] == ["DOCKER_TLS_CERTDIR"]
    assert typed(BASIC, variable(engine, "DOCKER_TLS_CERTDIR").span) == 'DOCKER_TLS_CERTDIR: ""'
    assert engine.mounts[0].storage is named.storage
    assert workload.find("engine") is engine


def test_scripts_with_the_environment_of_their_step() -> None:
    reading = read_text(BASIC)
    job = container(reading, "jobs.build")
    first, second = (embedded.source for embedded in reading.embedded if embedded.owner is job)
    assert (
        first.text == "export DOCKER_HOST='tcp://$HOST:1'\ndocker build ."
    )  # the rest of ``env:`` is named by nobody
    for word, place in (
        ("DOCKER_HOST", "DOCKER_HOST"),
        ("'tcp://$HOST:1'", '"tcp://$HOST:1"'),
        ("docker build .", "docker build ."),
    ):
        start = first.text.index(word)
        assert typed(BASIC, first.span(start, start + len(word))) == place
    start = second.text.index("--privileged")
    assert typed(BASIC, second.span(start, start + 12)) == "--privileged"
    (check,) = (e.source for e in reading.embedded if e.owner is container(reading, "jobs.build.services.docker"))
    assert typed(BASIC, check.span(0, len(check.text))) == "docker info"
    assert all(embedded.source.hint == "shell" for embedded in reading.embedded)


def test_a_script_has_those_variables_of_its_step_that_it_names() -> None:
    text = BASIC.replace("run: docker build .", "run: docker build $TOKEN $EMPTYING ${EMPTY}")
    assert text != BASIC
    job = container(reading := read_text(text), "jobs.build")
    first = next(embedded.source for embedded in reading.embedded if embedded.owner is job)
    assert first.text.splitlines()[:-1] == [
        "export DOCKER_HOST='tcp://$HOST:1'", "export EMPTY=''", 'export TOKEN="a\\$\\`${{ secrets.T }}"',
    ]  # fmt: skip


@pytest.mark.parametrize("declared", ["", "container:", "container: ''", "container: {image: ''}", "container: {}"])
def test_without_a_container_a_job_runs_on_the_runner_itself(declared: str) -> None:
    reading = read_text(f"on: push\njobs:\n  a:\n    runs-on: x\n    env: {{A: b}}\n    {declared}\n    steps: []\n")
    job = container(reading, "jobs.a")
    assert (job.kind, job.image, job.environment.value("A")) == (ContainerKind.JOB, None, "b")


def job_text(body: str, top: str = "") -> str:
    return f"on: push\n{top}jobs:\n  a:\n    runs-on: x\n" + "".join(f"    {line}\n" for line in body.split("\n"))


@pytest.mark.parametrize(
    ("body", "value", "variable_name"),
    [
        ("container: '${{ matrix.image }}'", None, "matrix.image"),
        ("container: '${{ matrix.image }}'\nstrategy: {matrix: {image: ['docker:27']}}", "docker:27", ""),
        (
            "container: '${{ matrix.image }}'\nstrategy: {matrix: {image: ['docker:27', 'docker:28']}}",
            "docker:27",
            "",
        ),
        ("container: '${{ matrix.image }}'\nstrategy: {matrix: {include: [{image: 'docker:27'}]}}", "docker:27", ""),
        (
            "container: '${{ matrix.image }}'\nstrategy: {matrix: {os: [a], include: [{image: 'a:1'}]}}",
            None,
            "matrix.image",
        ),
        (
            "container: '${{ matrix.of.image }}'\nstrategy: {matrix: {of: [{image: 'a:1'}, {image: 'a:1'}]}}",
            "a:1",
            "",
        ),
        (
            "container: '${{ matrix.of.image }}'\nstrategy: {matrix: {of: [{image: 'a:1'}, {}]}}",
            None,
            "matrix.of.image",
        ),
        ("container: '${{ matrix.image }}'\nstrategy: {matrix: '${{ fromJSON(x) }}'}", None, "matrix.image"),
        ("container: docker:${{ env.VERSION }}-cli", "docker:27-cli", ""),
        ("container: docker:${{ env['VERSION'] }}-cli", "docker:27-cli", ""),
        ("container: docker:${{ inputs.version }}-cli", "docker:26-cli", ""),
        ("container: docker:${{ github.event.inputs.version }}-cli", "docker:26-cli", ""),
        ("container: docker:${{ vars.VERSION }}-cli", None, "vars.VERSION"),
        ("container: docker:${{ inputs.version || '27' }}-cli", None, "inputs.version || '27'"),
        ("container: docker:${{ '27' }}-cli", "docker:27-cli", ""),
    ],
)
def test_expressions_resolve_as_far_as_the_files_decide(body: str, value: str | None, variable_name: str) -> None:
    top = 'env: {VERSION: "27"}\n'
    text = job_text(body, top).replace("on: push", 'on: {workflow_dispatch: {inputs: {version: {default: "26"}}}}')
    reference = image(container(read_text(text), "jobs.a")).reference
    assert (reference.value, reference.variable) == (value, variable_name)
    assert "${{" in typed(text, reference.span)
    if value is None:
        assert UNKNOWN_PIECE in reference.pattern


def test_unknown_options_are_neither_there_nor_not() -> None:
    reading = read_text(
        job_text("container:\n  image: a\n  options: --cpus 1 ${{ matrix.options }} --privileged=${{ inputs.p }}")
    )
    job = container(reading, "jobs.a")
    assert job.privileged.unknown
    assert str(job.limits.cpus) == "1"


def test_what_an_expression_holds_is_split_into_words() -> None:
    top = "env: {OPTIONS: '--privileged --pid host'}\n"
    text = job_text("container: {image: a, options: '${{ env.OPTIONS }}'}", top)
    job = container(read_text(text), "jobs.a")
    assert job.privileged.on
    assert str(job.namespaces.pid) == "host"
    assert typed(text, job.privileged.span) == "${{ env.OPTIONS }}"


def test_the_safe_twin_has_nothing() -> None:
    job = container(read_text(job_text("container: {image: a, options: --privileged=false --read-only}")), "jobs.a")
    assert job.privileged.off
    assert job.read_only_root.on
    assert not job.mounts
    assert job.confinement.seccomp is None


ACTIONS = """\
on: push
env: {FLAGS: --debug}
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - uses: docker/setup-buildx-action@v3
        with:
          driver-opts: |
            network=host
            image=moby/buildkit:${{ matrix.v }}
          buildkitd-flags: ${{ env.FLAGS }} --allow-insecure-entitlement security.insecure
          buildkitd-config-inline: |
            insecure-entitlements = ["security.insecure"]
          endpoint: tcp://builder:1234
      - uses: docker/build-push-action@4f58ea79222b3b9dc2c8bbdd6debcef730109a75
        with: {context: ., allow: "security.insecure, network.host", network: host}
      - uses: docker/setup-docker-action@v4
        with:
          tcp-port: 2375
          daemon-config: '{"debug": true}'
      - uses: actions/cache@v4
        with:
          path: |
            ~/.npm
            /var/lib/docker
      - uses: docker/login-action@v3
      - uses: docker/bake-action@v5
        with: {allow: network.host, targets: "one,two"}
      - uses: unheard/of@v1
"""


def test_actions_that_set_engines_up_are_read_as_commands() -> None:
    reading = read_text(ACTIONS)
    create, build, start, login, bake = reading.invocations
    assert (create.kind, create.action) == (InvocationKind.ENGINE_CALL, "buildx create")
    assert [text.pattern for text in create.options["driver-opt"]] == [
        "network=host",
        f"image=moby/buildkit:{UNKNOWN_PIECE}",
    ]
    assert typed(ACTIONS, create.options["driver-opt"][0].span) == "network=host"
    assert str(create.option("buildkitd-flags")) == "--debug --allow-insecure-entitlement security.insecure"
    assert [str(word) for word in create.arguments] == ["tcp://builder:1234"]
    assert create.container is container(reading, "jobs.a")
    assert [(str(t), typed(ACTIONS, t.span)) for t in build.options["allow"]] == [
        ("security.insecure", "security.insecure"),
        ("network.host", "network.host"),
    ]
    assert (build.action, str(build.option("network")), [str(a) for a in build.arguments]) == (
        "buildx build",
        "host",
        ["."],
    )
    assert (start.kind, str(start.option("host"))) == (InvocationKind.ENGINE_START, "tcp://127.0.0.1:2375")
    assert (login.action, bake.action, [str(a) for a in bake.arguments]) == ("login", "buildx bake", ["one", "two"])
    assert [(e.source.hint, e.source.text.strip()) for e in reading.embedded] == [
        ("buildkitd.toml", 'insecure-entitlements = ["security.insecure"]'),
        ("daemon.json", '{"debug": true}'),
    ]
    assert [str(path) for path in reading.workloads[0].cached_paths] == ["~/.npm", "/var/lib/docker"]
    assert typed(ACTIONS, reading.workloads[0].cached_paths[1].span) == "/var/lib/docker"
    assert len({invocation.address for invocation in reading.invocations}) == 5


@pytest.mark.parametrize(
    ("step", "commands"),
    [
        ("{uses: nick-fields/retry@v3, with: {command: docker run a}}", ["docker run a"]),
        ("{uses: Wandalen/wretry.action@master, with: {command: docker run a}}", ["docker run a"]),
        ("{uses: devcontainers/ci@v0.3, with: {runCmd: docker run a}}", ["docker run a"]),
        (
            "{uses: appleboy/ssh-action@v1, with: {host: h, script: docker run a}}",
            ["ssh machine <<'EOF'\ndocker run a\nEOF\n"],
        ),
        ("{uses: appleboy/ssh-action@v1, with: {host: h, key: docker run a}}", []),
        ("{uses: elsewhere/retry@v3, with: {command: docker run a}}", []),
        ("{shell: cmd, run: docker run a}", ["docker run a"]),
        ("{shell: python, run: docker run a}", []),
    ],
)
def test_scripts_that_actions_are_given(step: str, commands: list[str]) -> None:
    reading = read_text(job_text(f"steps:\n  - {step}"))
    assert [each.source.text for each in reading.embedded] == commands


def test_steps_that_are_containers() -> None:
    text = job_text("""\
steps:
  - name: lint
    uses: docker://docker:27-cli
    env: {A: b}
    with: {entrypoint: /bin/sh, args: -c "docker info"}
  - uses: docker://docker:27-cli
  - uses: docker://docker:27-cli
  - id: run
    uses: addnab/docker-run-action@v3
    with:
      image: docker:27
      options: --privileged -v ${{ github.workspace }}:/work
      run: docker run app""")
    reading = read_text(text)
    lint = container(reading, "jobs.a.steps.lint")
    assert (lint.kind, str(lint.image), typed(text, image(lint).span)) == (
        ContainerKind.STEP,
        "docker:27-cli",
        "docker:27-cli",
    )
    assert [str(word) for word in (*(lint.entrypoint or ()), *(lint.command or ()))] == [
        "/bin/sh",
        "-c",
        "docker info",
    ]
    assert lint.environment.value("A") == "b"
    run = container(reading, "jobs.a.steps.run")
    assert run.privileged.on
    work, socket = run.mounts
    assert (work.target.value, work.storage) == ("/work", None)
    assert (socket.through, socket.source and socket.source.how) == ("addnab/docker-run-action", How.INHERITED)
    assert [(e.source.text, e.owner) for e in reading.embedded] == [("docker run app", run), ("docker info", lint)]
    assert len({c.address for c in reading.workloads[0].containers}) == 5


@pytest.mark.parametrize(
    ("shell", "hint"),
    [
        ("", "shell"),
        ("bash", "shell"),
        ("/bin/bash -eo pipefail {0}", "shell"),
        ("pwsh", "powershell"),
        ("python", None),
    ],
)
def test_which_scripts_are_shell(shell: str, hint: str | None) -> None:
    for text in (
        job_text(f"steps:\n  - run: docker info\n    shell: {shell}"),
        job_text(f"defaults: {{run: {{shell: '{shell}'}}}}\nsteps:\n  - run: docker info"),
        job_text("steps:\n  - run: docker info", f"defaults: {{run: {{shell: '{shell}'}}}}\n"),
    ):
        assert [e.source.hint for e in read_text(text).embedded] == ([] if hint is None else [hint])


COMPOSITE = """\
name: Build it
inputs:
  tag: {default: latest}
  flags: {required: true}
runs:
  using: composite
  steps:
    - run: docker run ${{ inputs.flags }} app:${{ inputs.tag }}
      shell: bash
    - uses: ./.github/actions/build
    - uses: docker/build-push-action@v6
      with: {allow: "${{ inputs.flags }}"}
"""


def test_a_composite_action_read_alone() -> None:
    reading = read_text(COMPOSITE, ".github/actions/build/action.yml")
    (workload,) = reading.workloads
    assert (workload.name, workload.address, workload.platform) == ("build", "runs", Platform.GITHUB)
    assert [e.source.text for e in reading.embedded] == ["docker run ${{ inputs.flags }} app:latest"]
    allow = reading.invocations[0].option("allow")
    assert allow is not None
    assert allow.unknown


def test_a_composite_action_is_part_of_the_jobs_that_use_it(tmp_path: Path) -> None:
    workflow = job_text(
        "env: {DOCKER_HOST: 'tcp://x:2375'}\nsteps: [{uses: ./.github/actions/build, with: {flags: --privileged}}]"
    )
    files = {PATH: workflow, ".github/actions/build/action.yml": COMPOSITE}
    reading = read_files(tmp_path, files)
    assert [found.address for found in reading.workloads] == ["jobs.a"]
    (script,) = reading.embedded
    assert script.source.text == "docker run --privileged app:latest"
    assert script.owner is container(reading, "jobs.a")
    start = script.source.text.index("--privileged")
    span = script.source.span(start, start + 12)
    assert (span.path, typed(COMPOSITE, span)) == (".github/actions/build/action.yml", "${{ inputs.flags }}")


def test_docker_actions_are_containers() -> None:
    text = (
        "name: a\nruns: {using: docker, image: 'docker://docker:27', args: [build, '${{ inputs.x }}'], env: {A: b}}\n"
    )
    found = container(read_text(text, "deploy/action.yml"), "runs")
    assert (found.kind, found.name, str(found.image), found.build) == (
        ContainerKind.STEP,
        "deploy",
        "docker:27",
        None,
    )
    assert [word.value for word in found.command or ()] == ["build", None]
    built = container(read_text(text.replace("docker://docker:27", "Dockerfile"), "deploy/action.yml"), "runs")
    shell = text.replace("[build, '${{ inputs.x }}']", "[bash, -c, docker build $A]")
    assert [e.source.text for e in read_text(shell, "action.yml").embedded] == ["docker build $A"]
    assert built.image is None
    assert built.build is not None
    assert (built.build.context, built.build.dockerfile) == ("deploy", "deploy/Dockerfile")


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        ([], "docker:26"),
        (["{image: 'docker:27'}"], "docker:27"),
        (["{image: 'docker:27'}", "{image: 'docker:27'}"], "docker:27"),
        (["{image: 'docker:27'}", "{}"], None),
        (["{image: '${{ vars.X }}'}"], None),
    ],
)
def test_inputs_of_a_reusable_workflow(tmp_path: Path, calls: list[str], expected: str | None) -> None:
    called = (
        "on: {workflow_call: {inputs: {image: {default: 'docker:26'}}}}\n"
        "jobs: {a: {runs-on: x, container: '${{ inputs.image }}'}}\n"
    )
    callers = "".join(f"  j{i}: {{uses: ./.github/workflows/called.yml, with: {w}}}\n" for i, w in enumerate(calls))
    files = {".github/workflows/called.yml": called, PATH: f"on: push\njobs:\n  none: {{runs-on: x}}\n{callers}"}
    assert image(container(read_files(tmp_path, files), "jobs.a")).reference.value == expected


JUNK = ["~", "[]", "{}", "[[[x]]]", "{a: {b: c}}", "'${{ matrix.a }}'", "'${{'", "3", "'\\'", "'\"'"]
PLACES = [
    "on: {0}\njobs: {0}", "on: x\njobs: {{a: {}}}",
    "on: {{workflow_call: {0}, workflow_dispatch: {0}}}\njobs: {{a: {{}}}}",
    "env: {0}\njobs: {{a: {{env: {0}, defaults: {0}, strategy: {0}}}}}", "jobs: {{a: {{container: {}}}}}",
    "jobs: {{a: {{container: {{image: {0}, env: {0}, options: {0}, volumes: {0}, ports: {0}, command: {0}}}}}}}",
    "jobs: {{a: {{container: {{image: a, options: '-v {0} -p {0} --mount {0} --tmpfs {0} --device {0} -e {0}'}}}}}}",
    "jobs: {{a: {{services: {}}}}}", "jobs: {{a: {{services: {{b: {}}}}}}}", "jobs: {{a: {{steps: {}}}}}",
    "jobs: {{a: {{steps: [{}]}}}}", "jobs: {{a: {{steps: [{{run: {0}, env: {0}, shell: {0}}}]}}}}",
    "jobs: {{a: {{steps: [{{uses: {0}, with: {0}}}]}}}}", "jobs: {{a: {{uses: ./a.yml, with: {}}}}}",
    "jobs: {{a: {{strategy: {{matrix: {{a: {0}, include: {0}}}}}, container: '${{{{ matrix.a.b }}}}'}}}}",
    "jobs: {{a: {{steps: [{{uses: docker/setup-buildx-action@v3, with: {{driver-opts: {0}, config: {0}}}}}]}}}}",
    "jobs: {{a: {{steps: [{{uses: addnab/docker-run-action@v3, with: {{image: {0}, options: {0}, run: {0}}}}}]}}}}",
    "runs: {}", "inputs: {0}\nruns: {{using: composite, steps: {0}}}",
    "runs: {{using: docker, image: {0}, args: {0}, env: {0}}}",
]  # fmt: skip


@pytest.mark.parametrize("junk", JUNK)
@pytest.mark.parametrize("template", PLACES)
def test_junk_never_raises(template: str, junk: str) -> None:
    for embedded in read_text(template.format(junk)).embedded:
        embedded.source.span(0, len(embedded.source.text))


def test_expressions_that_nobody_closes_end() -> None:
    text = job_text("container: '" + "${{ a } $" * 20_000 + "'\nsteps: [{run: '" + "${{" * 50_000 + "'}]")
    assert len(read_text(text).embedded) == 1


def test_a_matrix_that_holds_itself_ends() -> None:
    keys = ", ".join(f"k{i}: *m" for i in range(200))
    text = job_text(
        f"strategy: {{matrix: {{a: [&m {{{keys}, v: 'docker:27'}}]}}}}\ncontainer: '${{{{ matrix.a.v }}}}'"
    )
    assert container(read_text(text), "jobs.a").image is not None


def test_actions_that_multiply_end(tmp_path: Path) -> None:
    files = {}
    for name, below in ("ab", "bc", "cd", "da"):
        uses = [f"{{uses: ./{below}}}"] * 40
        files[f"{name}/action.yml"] = f"runs: {{using: composite, steps: [{', '.join(uses)}]}}\n"
    files[PATH] = job_text("steps: [{uses: ./a}]")
    assert [found.address for found in read_files(tmp_path, files).workloads] == ["jobs.a"]


WORDS = (
    "jobs a container image options env services volumes ports steps run uses with shell strategy matrix include on"
    " runs using"
)
KEYS = st.sampled_from(WORDS.split())
SCALARS = st.sampled_from(
    [
        "a",
        "",
        "docker://a",
        "./x",
        "actions/cache@v4",
        "${{ env.a }}",
        "${{",
        "-v",
        "--privileged -p 1:2:3",
        "composite",
        "\n",
    ]
)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=15,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TREES)
def test_any_tree_can_be_read(tree: object) -> None:
    for embedded in read_text(json.dumps({"on": "push", "jobs": {"a": tree}})).embedded:
        embedded.source.span(0, len(embedded.source.text))


def test_a_matrix_of_images_is_a_workload_for_each() -> None:
    reading = read_text(
        "on: push\njobs:\n  t:\n    strategy: {matrix: {v: [26, 27, 26], os: [a, b]}}\n    runs-on: x\n"
        "    services: {dind: {image: 'docker:${{ matrix.v }}-dind'}}\n    steps: [{run: docker ps}]\n"
    )
    assert [(each.address, each.containers[0].image.reference.value) for each in reading.workloads] == [
        ("jobs.t", "docker:26-dind"),
        ("jobs.t[v=27]", "docker:27-dind"),
    ]
    assert reading.workloads[1].containers[0].address == "jobs.t[v=27].services.dind"
    assert len(reading.embedded) == 1


def test_variables_of_all_jobs_are_read_within_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "PIPELINE_VARIABLES", replace(budget.PIPELINE_VARIABLES, most=5))
    text = "on: push\nenv: {A: '1', B: '2'}\njobs:\n" + "".join(
        f"  j{n}: {{runs-on: x, env: {{C: '{n}'}}, container: docker, steps: [{{run: docker ps}}]}}\n"
        for n in range(3)
    )
    with budget.opened() as ledger:
        reading = read_text(text)
    found = {each.name: [one.name for one in each.containers[0].environment] for each in reading.workloads}
    assert found == {"j0": ["A", "B", "C"], "j1": ["C"], "j2": ["C"]}
    assert [notice.span.line for notice in ledger.notices] == [5]


def test_a_step_that_uses_a_workflow_as_an_action_leaves_the_scan_complete(tmp_path: Path) -> None:
    """``workflow.yml/action.yml`` is below a file: there is no such action."""
    uses = "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - uses: ./.github/workflows/b.yml\n"
    write_files(tmp_path, {PATH: uses, ".github/workflows/b.yml": "on: workflow_call\njobs: {b: {runs-on: x}}\n"})
    report = scan(Options(paths=(tmp_path,), root=tmp_path))
    assert not report.incomplete
    assert not [notice for notice in report.notices if notice.kind == "unreadable"]
