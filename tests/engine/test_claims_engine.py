"""What the rules claim about engines, shown on a real one."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from private_engine import BUSYBOX, Host

DIND = "local/dind:test"
CLIENT = "local/docker-cli:test"
NETWORK = "claims"


@dataclass(frozen=True)
class Claims:
    """Daemons that are started together, since several of them take long on purpose."""

    host: Host

    def exit_code(self, name: str, seconds: float = 45.0) -> int | None:
        """Wait for a container's end; `None` when it still runs."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            status, code = self.host.docker(
                "inspect", "--format", "{{.State.Status}} {{.State.ExitCode}}", name
            ).stdout.split()
            if status == "exited":
                return int(code)
            time.sleep(0.3)
        return None

    def log(self, name: str) -> str:
        done = self.host.docker("logs", name)
        return done.stdout + done.stderr

    def ask(self, address: str, *more: str, wait: float = 0.0) -> str:
        """Ask a daemon as a stranger without rights: any user, no certificate, no capability."""
        deadline = time.monotonic() + wait
        while True:
            done = self.host.docker(
                "run", "--rm", "--network", NETWORK, "--user", "65534", "--cap-drop", "ALL", *more,
                "--env", f"DOCKER_HOST={address}", "--env", "DOCKER_TLS_CERTDIR=", CLIENT,
                "docker", "version", "--format", "{{with .Server}}server {{.Version}}{{end}}",
                check=False,
            )  # fmt: skip
            answer = done.stdout + done.stderr
            if "Cannot connect" not in answer or time.monotonic() > deadline:
                return answer


@pytest.fixture(scope="module")
def claims(host: Host, container: Callable[..., str]) -> Claims:
    host.docker("network", "rm", NETWORK, check=False)
    host.docker("network", "create", NETWORK)

    def daemon(name: str, *options: str, arguments: tuple[str, ...] = ()) -> None:
        container("--name", f"claim-{name}", "--privileged", "--network", NETWORK, *options, DIND, *arguments)

    daemon("first", "--volume", "claim-data:/var/lib/docker")
    daemon("plain", "--env", "DOCKER_TLS_CERTDIR=")
    daemon("extra", arguments=("--host=tcp://0.0.0.0:2375",))
    daemon("verify-off", arguments=("--tlsverify=false",))
    daemon("overlay", arguments=("--data-root=/data", "--storage-driver=overlay2"))
    daemon("second", "--volume", "claim-data:/var/lib/docker")
    return Claims(host)


@pytest.fixture(scope="module", autouse=True)
def tidy(host: Host, container: Callable[..., str]) -> object:
    """After the module: the containers first, since this fixture is set up before them and torn down after."""
    yield
    host.docker(
        "rm", "--force", "--volumes", *host.docker("ps", "-aq", "--filter", "name=claim-").stdout.split(), check=False
    )
    host.docker("volume", "rm", "claim-data", check=False)
    host.docker("network", "rm", NETWORK, check=False)


def test_a_read_only_socket_still_commands_the_host(host: Host, tmp_path: Path) -> None:
    (tmp_path / "canary").write_text("the host's file\n")
    socket = host.environ["DOCKER_HOST"].removeprefix("unix://")
    walls = ["--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--read-only", "--network", "none"]
    outer = ["run", "--rm", *walls, "--volume", f"{socket}:/var/run/docker.sock:ro", CLIENT]
    inner = ["docker", "run", "--rm", "--volume", f"{tmp_path}:/host:ro", BUSYBOX, "cat", "/host/canary"]
    assert host.docker(*outer, *inner).stdout == "the host's file\n"


def test_overlay_on_overlay_is_refused(claims: Claims) -> None:
    assert claims.exit_code("claim-overlay") == 1
    assert "driver not supported" in claims.log("claim-overlay")


def test_an_extra_host_beside_tlsverify_does_not_answer_strangers(claims: Claims) -> None:
    answer = claims.ask("tcp://claim-extra:2375", wait=20)
    assert "HTTP request to an HTTPS server" in answer
    assert not answer.startswith("server ")


def test_tlsverify_switched_off_answers_strangers(claims: Claims) -> None:
    assert "HTTPS server" in claims.ask("tcp://claim-verify-off:2376", wait=20), "it is encrypted"
    request = "printf 'GET /version HTTP/1.0\\r\\n\\r\\n' | openssl s_client -quiet -connect claim-verify-off:2376"
    done = claims.host.docker("run", "--rm", "--network", NETWORK, "--user", "65534", CLIENT, "sh", "-c", request)
    assert "200 OK" in done.stdout


def test_two_engines_on_one_data_root(claims: Claims) -> None:
    assert claims.exit_code("claim-second") == 1
    assert "timeout" in claims.log("claim-second")
    running = claims.host.docker("inspect", "--format", "{{.State.Running}}", "claim-first").stdout
    assert running == "true\n", "the first is unharmed"


def test_an_empty_certificate_directory_answers_strangers(claims: Claims) -> None:
    assert claims.ask("tcp://claim-plain:2375", wait=45).startswith("server ")
    assert "insecure" in claims.log("claim-plain")


def test_limits_of_the_outer_container_bind_the_inner_ones_together(
    host: Host, container: Callable[..., str]
) -> None:
    """Two inner containers, each of which asks for more than both may have."""
    name = "claim-limits"
    container("--name", name, "--privileged", "--pids-limit", "200", DIND)
    ready = "until docker version >/dev/null 2>&1; do sleep 0.2; done"
    load = f"{ready}; docker load --quiet --input /usr/local/share/dindguard-test/busybox.tar"
    host.docker("exec", name, "sh", "-c", load)
    fork = "i=0; while [ $i -lt 120 ]; do sleep 30 & i=$((i+1)); done; echo all"
    first = ("exec", name, "docker", "run", "--rm", "--pids-limit", "1000", BUSYBOX, "sh", "-c", fork)
    assert host.docker(*first).stdout == "all\n", "one alone fits"
    both = f"docker run -d {BUSYBOX} sh -c '{fork}; sleep 30' && sleep 1 && docker run --rm {BUSYBOX} sh -c '{fork}'"
    done = host.docker("exec", name, "sh", "-c", both, check=False)
    assert "can't fork" in done.stderr
    assert "all" not in done.stdout.split()
