"""A job's engine: a workspace, images, a terminal, and programs on this machine that use the nested engine."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from private_engine import BUSYBOX, COMPOSE, Host

from dindguard.errors import ENGINE, INCOMPLETE, USAGE

SUITE = '''
"""Containers out of a test suite, as testcontainers starts them: a random port, a mounted folder, a build."""
import io, os, time, urllib.request
import docker, pytest

@pytest.fixture(scope="module")
def client():
    return docker.from_env()

def test_a_service_answers_on_its_port(client):
    serve = "while true; do printf 'HTTP/1.0 200 OK\\r\\n\\r\\nhello' | nc -l -p 80; done"
    service = client.containers.run("local/busybox:test", ["sh", "-c", serve], detach=True, ports={"80/tcp": None})
    try:
        service.reload()
        port = service.ports["80/tcp"][0]["HostPort"]
        host = os.environ["DOCKER_HOST"].split("//")[1].split(":")[0]
        for _ in range(50):
            try:
                answer = urllib.request.urlopen(f"http://{host}:{port}", timeout=5).read()
                break
            except OSError:
                time.sleep(0.2)
        assert answer == b"hello"
    finally:
        service.remove(force=True)

def test_the_workspace_is_the_same_for_inner_containers(client):
    told = client.containers.run(
        "local/busybox:test", ["sh", "-c", "cat /w/word; echo inner >/w/sub/written"],
        volumes={"/workspace": {"bind": "/w"}}, remove=True)
    assert told == b"word\\n"
    assert open("sub/written").read() == "inner\\n"

def test_a_build(client):
    dockerfile = io.BytesIO(b"FROM local/busybox:test\\nRUN echo built >/word\\nCMD cat /word\\n")
    image, _ = client.images.build(fileobj=dockerfile, rm=True)
    assert client.containers.run(image.id, remove=True) == b"built\\n"

def test_results_come_back():
    with open("result.xml", "w") as file:
        file.write("<ok/>")
    os.makedirs(".git/hooks", exist_ok=True)
    with open(".git/hooks/pre-commit", "w") as file:
        file.write("#!/bin/sh\\necho owned\\n")
'''


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "sub").mkdir(parents=True)
    (folder / ".git").mkdir()
    (folder / "word").write_text("word\n")
    (folder / "test_containers.py").write_text(SUITE)
    return folder


@pytest.mark.parametrize("level", ["rootless", "privileged"])
def test_a_suite_of_container_tests_runs_in_the_workspace(clean: Host, project: Path, level: str) -> None:
    consent = ("--accept-privileged", "SEC-1") if level == "privileged" else ()
    options = clean.up_options(level, "--load", BUSYBOX, *consent, "--workspace", str(project))
    pytest_ = ("python3", "-W", "ignore", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "ignore")
    done = clean.env("with", *options, "-e", "PYTHONDONTWRITEBYTECODE=1", "--", *pytest_)
    assert done.returncode == 0, done.stdout + done.stderr
    assert level != "rootless" or "rootless, verified in this run, 39 of 39 checks passed" in done.stderr
    assert "4 passed" in done.stdout
    assert "copied in: 2 files" in done.stderr
    assert "2 files written back" in done.stderr
    assert (project / "result.xml").read_text() == "<ok/>"
    assert (project / "sub" / "written").read_text() == "inner\n"
    assert not (project / ".git" / "hooks").exists(), "a hook would run on this machine"


@pytest.fixture(scope="module")
def job(host: Host) -> Iterator[str]:
    options = host.up_options("rootless", "--export", "--workspace-volume", "--load", BUSYBOX)
    done = host.env("up", "job", *options)
    assert done.returncode == 0, done.stderr
    assert "2376 on the loopback of the host, as was asked for" in done.stdout
    yield "job"
    assert "removed 1 container, 1 network, 3 volumes" in host.env("down", "job").stderr


def test_images_are_loaded(host: Host, job: str) -> None:
    assert host.env("load", job, BUSYBOX).returncode == 0
    listed = host.env("exec", job, "--", "docker", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}")
    assert BUSYBOX in listed.stdout.split()
    absent = host.env("load", job, "local/absent:none")
    assert absent.returncode == ENGINE
    assert "local/absent:none could not be pulled" in absent.stderr
    assert len(absent.stderr.splitlines()) == 3, "what it does, what happened, what to do about it"


def test_exec_runs_in_the_engines_own_container(host: Host, job: str) -> None:
    done = host.env("exec", job, "-e", "WORD=a b", "--", "sh", "-c", 'id -un; echo "$WORD"; echo err >&2; exit 7')
    assert (done.returncode, done.stdout, done.stderr) == (7, "rootless\na b\n", "err\n")
    echoed = host.env("exec", "-i", job, "--", "cat", input="x" * 300_000)
    assert (echoed.returncode, len(echoed.stdout)) == (0, 300_000)


@pytest.mark.parametrize("verb", ["run", "exec"])
def test_a_terminal_is_given(host: Host, job: str, verb: str) -> None:
    import pty

    inner = "sleep 0.2; test -t 0 && test -t 1 && stty size && read word && echo got-$word; exit 5"
    main, side = pty.openpty()
    with subprocess.Popen(
        host.command(verb, "-t", job, "--", "sh", "-c", inner), env=host.environ, stdin=side, stdout=side, stderr=side
    ) as process:
        os.close(side)
        said = b""
        try:
            while b"got-" not in said:
                said += os.read(main, 1024)
                if said.count(b"\n") == 1 and b"word" not in said:  # the size has come: answer
                    os.write(main, b"word\n")
        finally:
            process.wait(timeout=30)
            os.close(main)
    assert process.returncode == 5
    without = host.env(verb, "-t", job, "--", "true", stdin=subprocess.DEVNULL)
    assert without.returncode == USAGE
    assert "needs a terminal" in without.stderr


@pytest.fixture(scope="module")
def outside(host: Host, job: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a program on the engine's host, from the lines that `env export` prints."""
    folder = tmp_path_factory.mktemp("export") / "certificates"
    done = host.env("export", job, "-o", str(folder))
    assert done.returncode == 0, done.stderr
    assert {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()} == dict.fromkeys(
        ("ca.pem", "cert.pem", "key.pem"), 0o600
    )
    shown = subprocess.run(  # as a shell understands it
        ["sh", "-c", 'eval "$1"; env -0', "-", done.stdout], check=True, capture_output=True, text=True
    ).stdout
    pairs = (entry.partition("=") for entry in shown.split("\0") if entry)
    return {name: value for name, _, value in pairs} | {"DOCKER_BUILDKIT": "0"}


def there(host: Host, outside: dict[str, str], *command: str, **options: object) -> subprocess.CompletedProcess[str]:
    """Run on the engine's host, whose loopback is in the private engine's network namespace."""
    space = subprocess.run(
        ["bash", "-c", 'printf %s "$1" | sha256sum | cut -c1-8', "-", str(host.folder.resolve())],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    enter = ["nsenter", f"--net=/run/netns/dindtest-{space.stdout.strip()}"]
    return subprocess.run(
        [*enter, *command], env=outside, check=False, capture_output=True, text=True, timeout=120, **options
    )


def test_the_command_line_uses_it(host: Host, job: str, outside: dict[str, str]) -> None:
    done = there(host, outside, "docker", "run", "--rm", BUSYBOX, "echo", "from-outside")
    assert (done.returncode, done.stdout) == (0, "from-outside\n"), done.stderr
    no_certificate = outside | {"DOCKER_CERT_PATH": "/nonexistent"}
    assert there(host, no_certificate, "docker", "version").returncode != 0


def test_testcontainers_uses_it(host: Host, job: str, outside: dict[str, str]) -> None:
    code = (
        "from testcontainers.core.container import DockerContainer\n"
        f"with DockerContainer('{BUSYBOX}').with_command('sleep 60') as made:\n"
        "    print(made.exec('echo inside').output.decode(), end='')\n"
    )
    ryuk = {"TESTCONTAINERS_RYUK_DISABLED": "true"}  # its image would have to be pulled
    done = there(host, outside | ryuk, sys.executable, "-W", "ignore", "-c", code)
    assert (done.returncode, done.stdout) == (0, "inside\n"), done.stderr


def test_compose_uses_it(host: Host, job: str, outside: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "compose.yaml"
    file.write_text(
        f"services:\n  web: {{image: '{BUSYBOX}', command: sleep 60, stop_grace_period: 0s}}\n"
        f"  job: {{image: '{BUSYBOX}', command: ping -c 1 web, depends_on: [web]}}\n"
    )
    compose = [str(COMPOSE), "--file", str(file)]
    try:
        done = there(host, outside, *compose, "up", "--exit-code-from", "job")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "1 packets received" in done.stdout
    finally:
        there(host, outside, *compose, "down", "--volumes")


def test_buildkit_uses_it(host: Host, job: str) -> None:
    """The builder of the nested engine, through the session that buildx opens too, driven by Debian's client."""
    dockerfile = f"FROM {BUSYBOX}\nRUN --mount=type=cache,target=/cache echo built >/word\nCMD cat /word\n"
    built = host.env(
        "run", "-i", job, "-e", "DOCKER_BUILDKIT=1", "--", "docker", "build", "-t", "kit", "-", input=dockerfile
    )
    assert built.returncode == 0, built.stderr
    assert host.env("run", job, "--", "docker", "run", "--rm", "kit").stdout == "built\n"


BUILT = """\
FROM {image} AS made
WORKDIR /made
COPY word .
RUN --mount=type=cache,target=/cache --mount=type=secret,id=key \\
  test "$(cat /run/secrets/key)" = opens && echo cached >/cache/word && cat word /cache/word >both
FROM {image}
COPY --from=made /made/both /both
CMD ["cat", "/both"]
"""


@pytest.fixture
def context(tmp_path: Path, buildx: Path) -> Path:
    """A folder to build from, and in it one for the command line's settings, with buildx as its plugin."""
    plugins = tmp_path / ".docker" / "cli-plugins"
    plugins.mkdir(parents=True)
    shutil.copy(buildx, plugins / "docker-buildx")
    (tmp_path / "Dockerfile").write_text(BUILT.format(image=BUSYBOX))
    (tmp_path / ".dockerignore").write_text(".docker\n")
    (tmp_path / "word").write_text("word\n")
    (tmp_path / "key").write_text("opens")
    (tmp_path / "compose.yaml").write_text(
        "services:\n  it:\n    image: composed\n    build: {context: ., secrets: [key]}\n"
        "secrets:\n  key: {file: ./key}\n"
    )
    return tmp_path


BUILD = ("docker", "buildx", "build", "--secret", "id=key,src=key", "--tag", "built", ".")


def test_buildx_uses_it(host: Host, job: str, outside: dict[str, str], context: Path) -> None:
    """As a program on the engine's host does: its driver `docker` opens `/session` and `/grpc` over the exported port."""
    settings = outside | {"DOCKER_BUILDKIT": "1", "DOCKER_CONFIG": str(context / ".docker")}
    done = there(host, settings, *BUILD, cwd=context)
    assert done.returncode == 0, done.stderr
    assert there(host, settings, "docker", "run", "--rm", "built").stdout == "word\ncached\n"
    assert "docker" in there(host, settings, "docker", "buildx", "inspect").stdout
    again = there(host, settings, *BUILD, "--progress", "plain", cwd=context)
    assert again.stderr.count("CACHED") >= 3, again.stderr
    strange = settings | {"DOCKER_CERT_PATH": "/nonexistent"}
    assert there(host, strange, *BUILD, cwd=context).returncode != 0


def test_compose_builds_in_it(host: Host, job: str, outside: dict[str, str], context: Path) -> None:
    settings = outside | {"DOCKER_BUILDKIT": "1", "DOCKER_CONFIG": str(context / ".docker")}
    done = there(host, settings, str(COMPOSE), "build", cwd=context)
    assert done.returncode == 0, done.stderr
    assert there(host, settings, str(COMPOSE), "run", "--rm", "-T", "it", cwd=context).stdout == "word\ncached\n"
    there(host, settings, str(COMPOSE), "down", cwd=context)


def test_buildx_is_used_in_a_workspace(host: Host, job: str, context: Path) -> None:
    done = host.env("run", job, "--workspace", str(context), "-e", "DOCKER_CONFIG=/workspace/.docker", "--", *BUILD)
    assert done.returncode == 0, done.stderr
    assert host.env("run", job, "--", "docker", "run", "--rm", "built").stdout == "word\ncached\n"


def test_a_signed_statement_is_about_the_engine_that_runs(host: Host, job: str, tmp_path: Path) -> None:
    key, public, statement = (str(tmp_path / name) for name in ("key.pem", "key.pub", "statement.json"))
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", key], check=True, capture_output=True)
    subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-out", public], check=True, capture_output=True)
    done = host.env("verify", job, "--attest", statement, "--key", key, "--nonce", "asked")
    assert done.returncode == 0, "verified again after all that: " + done.stdout + done.stderr

    def dindguard(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-W", "error", "-m", "dindguard", *arguments]
        return subprocess.run(command, env=host.environ, check=False, capture_output=True, text=True, timeout=60)

    check = ("attest", "check", statement, "--trust", public, "--nonce")
    assert dindguard(*check, "asked").returncode == 0
    assert dindguard(*check, "another").returncode == INCOMPLETE
    audit = ("audit", "docker", "--require-attestation", statement, "--trust", public, "--exit-zero")
    assert dindguard(*audit).returncode == 0
    host.docker("restart", "--time", "1", f"dindguard-{job}-daemon")
    changed = dindguard(*check, "asked")
    assert changed.returncode == INCOMPLETE
    assert "its start is" in changed.stdout
    unproven = dindguard(*audit)
    assert unproven.returncode == INCOMPLETE
    assert "this engine is not proven: its start is" in unproven.stderr


def test_without_a_port_nothing_is_exported(clean: Host) -> None:
    clean.env("up", "closed", *clean.up_options("rootless"))
    done = clean.env("export", "closed")
    assert done.returncode == USAGE
    assert "--export" in done.stderr
    no_volume = clean.env("run", "closed", "--workspace", "/tmp", "--", "true")
    assert no_volume.returncode == USAGE
    assert "started without --workspace" in no_volume.stderr
    stop_and_see(clean)
    clean.env("down", "closed")


def stop_and_see(host: Host) -> None:
    """What is said when the engine is paused, or was killed, before or while a command runs."""
    daemon = "dindguard-closed-daemon"
    host.docker("pause", daemon)
    assert "is paused" in host.env("run", "closed", "--", "true").stderr
    host.docker("unpause", daemon)
    with subprocess.Popen(
        host.command("run", "closed", "--", "sh", "-c", "sleep 3; docker version"),
        env=host.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        time.sleep(1.5)
        host.docker("kill", daemon)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "the engine of closed has stopped with exit code 137 (killed from outside)" in said
    late = host.env("verify", "closed")
    assert late.returncode == ENGINE
    assert "dindguard env down closed removes it" in late.stderr


def test_of_two_at_once_one_wins(clean: Host) -> None:
    command = clean.command("up", "twin", *clean.up_options("rootless"))
    both = [
        subprocess.Popen(command, env=clean.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = [process.communicate(timeout=120) for process in both]
    assert sorted(process.returncode for process in both) == [0, USAGE], said
    loser = next(words for process, (_, words) in zip(both, said, strict=True) if process.returncode)
    assert "an environment twin exists already" in loser
    assert clean.env("verify", "twin").returncode == 0, "the winner is whole"
    clean.env("down", "twin")


def test_an_image_that_starts_no_engine_is_told(clean: Host) -> None:
    options = clean.up_options("privileged", "--accept-privileged", "SEC-1", "--image", BUSYBOX)
    done = clean.env("up", "wrong", *options)
    assert done.returncode == INCOMPLETE
    assert f"does {BUSYBOX} start a Docker engine?" in done.stderr
