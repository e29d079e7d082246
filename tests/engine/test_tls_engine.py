"""Whom dockerd answers, for every way to write TLS in options and file: our table in code against a real engine."""

import itertools
import json
import subprocess
from pathlib import Path

import pytest
from private_engine import Host

from dindguard.model.engine import Engine
from dindguard.scanning import Options, scan

OPTIONS = {"tls": {None: [], True: ["--tls"], False: ["--tls=false"]},
           "tlsverify": {None: [], True: ["--tlsverify"], False: ["--tlsverify=false"]}}  # fmt: skip
CERTIFICATES = {"tlscacert": "/certs/ca.pem", "tlscert": "/certs/server.pem", "tlskey": "/certs/server-key.pem"}
AS_OPTIONS = [f"--{name}={path}" for name, path in CERTIFICATES.items()]
STATES = (None, True, False)


def options(tls: bool | None, verify: bool | None) -> list[str]:
    return [*OPTIONS["tls"][tls], *OPTIONS["tlsverify"][verify]]


def keys(tls: bool | None, verify: bool | None) -> dict[str, bool]:
    return {name: state for name, state in (("tls", tls), ("tlsverify", verify)) if state is not None}


def case(
    given: list[str], file: dict[str, object], hosts: str = "option", variable: str | None = None
) -> dict[str, object]:
    environment = {} if variable is None else {"DOCKER_TLS_VERIFY": variable}
    return {"options": given, "file": file, "hosts": hosts, "environment": environment}


CASES = [
    *(
        case(options(*ours), {**keys(*theirs), **CERTIFICATES})
        for ours, theirs in itertools.product(itertools.product(STATES, repeat=2), repeat=2)
    ),
    *(case([], {**keys(*theirs), **CERTIFICATES}, "file") for theirs in itertools.product(STATES, repeat=2)),
    *(
        case([*options(tls, verify), *AS_OPTIONS], {}, variable=variable)
        for tls, verify in itertools.product(STATES, repeat=2)
        for variable in ("1", "")
    ),
    case(AS_OPTIONS, {}, "both"),
]


def told(each: dict[str, object]) -> str:
    return json.dumps({name: value for name, value in each.items() if value})


def tree_of(each: dict[str, object], folder: Path) -> None:
    """Write a case as people do: a unit with a file, or a service whose variables count too."""
    address = "tcp://0.0.0.0:2376"
    words = ["/usr/bin/dockerd", *each["options"], *(["-H", address] if each["hosts"] != "file" else [])]
    if each["environment"]:
        service = {"image": "debian:13", "entrypoint": words, "environment": each["environment"]}
        (folder / "compose.yaml").write_text(json.dumps({"services": {"engine": service}}))
        return
    unit = folder / "etc/systemd/system/docker.service"
    unit.parent.mkdir(parents=True)
    unit.write_text(f"[Service]\nExecStart={' '.join(words)}\n")
    file = {**each["file"], **({"hosts": [address]} if each["hosts"] != "option" else {})}
    if file:
        (folder / "etc/docker").mkdir()
        (folder / "etc/docker/daemon.json").write_text(json.dumps(file))


def concluded(each: dict[str, object], folder: Path) -> str:
    """Return whom the engine answers by our own conclusion."""
    tree_of(each, folder)
    report = scan(Options(paths=(folder,), root=folder))
    if any(finding.rule.id == "conflicting-engine-settings" for finding in report.findings):
        return "refused"
    (engine,) = report.model.engines
    assert isinstance(engine, Engine)
    (endpoint,) = (each for each in engine.listens if each.scheme == "tcp")
    assert endpoint.authenticated is not None
    assert endpoint.encrypted is not None
    assert not endpoint.open_unless, "both halves are shown"
    if endpoint.authenticated.on:
        return "mutual"
    return "encrypted" if endpoint.encrypted.on else "plain"


@pytest.fixture(scope="module")
def seen(host: Host) -> list[str]:
    """Return what a real engine does in each case."""
    script = Path(__file__).with_name("tls_answers.py")
    command = ["docker", "run", "--rm", "--interactive", "--privileged", "--network", "none",
               "--volume", f"{script}:/answers.py:ro", "--entrypoint", "python3", "local/dind:test", "/answers.py"]  # fmt: skip
    done = subprocess.run(
        command, input=json.dumps(CASES), env=host.environ, capture_output=True, text=True, check=True, timeout=900
    )
    found: list[str] = json.loads(done.stdout)
    assert len(found) == len(CASES)
    return found


@pytest.mark.parametrize("number", range(len(CASES)), ids=[told(each) for each in CASES])
def test_the_table_says_what_a_real_engine_does(number: int, seen: list[str], tmp_path: Path) -> None:
    assert concluded(CASES[number], tmp_path) == seen[number]


def test_every_answer_was_seen(seen: list[str]) -> None:
    assert set(seen) == {"refused", "plain", "encrypted", "mutual"}
