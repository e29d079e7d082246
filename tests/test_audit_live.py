"""What only a live engine or cluster tells: where it was asked, what it is, and what changes meanwhile."""

from __future__ import annotations

import gc
import json
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import live
from dindguard import engine_client
from dindguard.cli import audit_watch, cli
from dindguard.errors import ENGINE, INCOMPLETE, USAGE, UserError
from dindguard.records import replace
from dindguard.report import Report
from dindguard.source import Gravity, Notice, Span
from test_audit_docker import SOCKET, Api, audit, findings, here, use

__all__ = ["here"]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        (SOCKET, True),
        ("/srv/engines/7", True),  # the folder that holds it
        ("/srv/engines", False),  # much more than a socket
        ("/srv/engines/7/api.log", False),
        ("/srv/engines/8/api", False),
    ],
)
def test_the_socket_at_which_it_was_asked_is_a_socket_wherever_it_lies(
    source: str, found: bool, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, Api(live.container("agent", Mounts=[live.bind(source, "/x")])))
    result = audit("-f", "json", "--select", "host-engine-socket", "--save", "saved.json")
    assert (("running container 'agent'", "host-engine-socket") in findings(result)) is found
    assert (SOCKET in result.output) is found
    again = audit("-f", "json", "--select", "host-engine-socket", "--from", "saved.json")
    assert findings(again) == findings(result)


class Podman(Api):
    def version(self, api_version: bool = True) -> dict[str, Any]:
        return {"Version": "4.3.1", "Components": [{"Name": "Podman Engine", "Version": "4.3.1"}]}


def test_podman_is_not_an_old_docker(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = live.info(ServerVersion="4.3.1", BuildahVersion="1.28.2", DockerRootDir="/var/lib/containers/storage")
    use(monkeypatch, Podman(live.container("agent", Mounts=[live.bind(SOCKET, "/x")]), info=facts))
    result = audit("-f", "json", "--profile", "all", "--save", "saved.json")
    rules = {rule for _, rule in findings(result)}
    assert not rules & {"end-of-life-engine", "outdated-engine", "vulnerable-engine"}
    assert "the host's podman" in result.output
    assert "docker engine" not in result.output
    docker = live.info(ServerVersion="4.3.1")
    use(monkeypatch, Api(info=docker))
    assert ("the docker engine on the host", "end-of-life-engine") in findings(audit("-f", "json"))
    assert findings(audit("-f", "json", "--profile", "all", "--from", "saved.json")) == findings(result)


@pytest.mark.parametrize("rootless", [True, False])
def test_a_rootless_podman_says_so_in_a_field_of_its_own(
    rootless: bool, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Podman 4.3 does not list it among its security options, as Docker does."""
    facts = live.info(ServerVersion="4.3.1", BuildahVersion="1.28.2", Rootless=rootless)
    use(monkeypatch, Podman(live.container("agent", HostConfig={"Privileged": True}), info=facts))
    (found,) = (
        each for each in json.loads(audit("-f", "json").stdout)["findings"] if each["rule"] == "privileged-container"
    )
    assert bool(found.get("containment")) == rootless
    assert found["severity"] == ("medium" if rootless else "critical")


def test_of_a_running_engine_no_prune_schedule_is_missed(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, Api(live.dind(Mounts=[live.volume("data", "/var/lib/docker")])))
    assert "unbounded-data-root" not in {rule for _, rule in findings(audit("-f", "json", "--profile", "all"))}


@pytest.mark.parametrize(
    ("content", "command"),
    [
        ("[]", "docker"),
        ('{"apiVersion": "v1", "kind": "List", "items": []}', "kubernetes"),
        ('{"apiVersion": "v1", "items": [], "kind": "PodList", "metadata": {}}', "kubernetes"),
        ("apiVersion: v1\nitems: []\nkind: List\n", "kubernetes"),
    ],
)
def test_an_empty_list_is_clean(content: str, command: str, here: Path) -> None:
    (here / "it.json").write_text(content)
    result = CliRunner().invoke(cli, ["audit", command, "--from", "it.json"])
    assert result.exit_code == 0, result.output
    assert "error" not in result.output


@pytest.mark.parametrize("content", ["{}", '{"kind": "List"}', "items: []", "services: {}"])
def test_what_is_no_list_is_not_clean(content: str, here: Path) -> None:
    (here / "it.json").write_text(content)
    result = CliRunner().invoke(cli, ["audit", "kubernetes", "--from", "it.json"])
    assert isinstance(result.exception, UserError)
    assert result.exception.exit_code == USAGE


def test_objects_of_a_cluster_are_told_with_namespace_and_workload(here: Path) -> None:
    container = {"name": "main", "image": "docker:29.10.0-dind", "securityContext": {"privileged": True}}
    spec = {"containers": [container]}
    template = {"metadata": {"labels": {"a": "b"}}, "spec": spec}
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "runner", "namespace": "ci"},
        "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": template},
    }
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "one", "namespace": "prod"}, "spec": spec}
    (here / "it.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": [deployment, pod]}))
    result = CliRunner().invoke(cli, ["audit", "kubernetes", "--from", "it.json", "-f", "json"])
    told = {finding["message"] for finding in json.loads(result.stdout)["findings"]}
    assert any("container 'main' of Deployment 'ci/runner'" in words for words in told)
    assert any("container 'main' of Pod 'prod/one'" in words for words in told)
    (here / "pod.yaml").write_text(json.dumps(pod))
    alone = CliRunner().invoke(cli, ["scan", "pod.yaml", "-f", "json"])
    assert "of Pod" not in json.loads(alone.stdout)["findings"][0]["message"], "in a file its place tells"


def watched(monkeypatch: pytest.MonkeyPatch, api: Api) -> None:
    @contextmanager
    def connected(context: str = "") -> Any:
        yield type("Engine", (), {"api": api, "socket": SOCKET})

    monkeypatch.setattr("dindguard.audit.watch.connect", connected)


class Changing(Api):
    """An engine in which a privileged container starts, and goes."""

    def __init__(self) -> None:
        super().__init__()
        bad = live.container("bad", HostConfig={"Privileged": True})
        self.states = [{}, {bad["Id"]: bad}, {}]

    def containers(self, all: bool) -> list[dict[str, Any]]:  # noqa: A002
        self.found = self.states.pop(0)
        return [{"Id": key} for key in self.found]

    def events(self, decode: bool, filters: dict[str, list[str]]) -> Any:
        assert decode
        assert {"start", "die"} <= set(filters["event"])
        for action in ("start", "die"):
            time.sleep(0.2 if action == "start" else 1.0)
            yield {"Type": "container", "Action": action, "Actor": {"Attributes": {"name": "bad\x1b[2J"}}}
        yield from silence()


def silence() -> Iterator[dict[str, Any]]:
    """No event, for longer than a test lasts."""
    threading.Event().wait(30)
    yield from ()


@pytest.mark.parametrize("fail_on", [None, "critical"])
def test_a_watch_prints_what_comes_and_goes(fail_on: str | None, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watched(monkeypatch, Changing())
    options = ["--fail-on", fail_on] if fail_on else []
    result = CliRunner().invoke(cli, ["audit", "docker", "--watch", "--for", "5", *options])
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(line["change"], line["rule"]) for line in lines] == [
        ("found", "privileged-container"),
        ("gone", "privileged-container"),
    ]
    assert lines[0]["after"].startswith("container start bad")
    assert "\x1b" not in result.stdout
    assert result.exit_code == 1


def test_a_baseline_is_what_drift_is_told_from(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = live.container("bad", Mounts=[live.bind("/etc", "/x")])

    class Still(Api):
        def events(self, **_: Any) -> Any:
            return silence()

    use(monkeypatch, Api(bad))
    assert audit("--save", "docker-inspect.json").exit_code in (0, 1)
    made = CliRunner().invoke(cli, ["baseline", "create", "-o", "known.json"])
    assert made.exit_code == 0, made.output

    watched(monkeypatch, Still(bad))
    watch = ["audit", "docker", "--watch", "--for", "1"]
    assert CliRunner().invoke(cli, [*watch, "--baseline", "known.json"]).stdout == ""
    assert "host-system-mount" in CliRunner().invoke(cli, watch).stdout


class Leaving(Api):
    """An engine that tells one event and goes: orderly, or with an error; it may answer again at once."""

    def __init__(self, error: Exception | None) -> None:
        super().__init__()
        self.error = error

    def events(self, **_: Any) -> Any:
        yield {"Type": "container", "Action": "die", "Actor": {"Attributes": {"name": "it"}}}
        time.sleep(1.0)
        if self.error is not None:
            raise self.error


@pytest.mark.parametrize("error", [None, OSError("connection reset")])
def test_a_watch_that_sees_nothing_more_does_not_end_clean(
    error: Exception | None, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched(monkeypatch, Leaving(error))
    result = CliRunner().invoke(cli, ["audit", "docker", "--watch", "--for", "20"])
    assert isinstance(result.exception, UserError)
    assert result.exception.exit_code == ENGINE
    assert "the engine tells no more events" in str(result.exception)
    assert (str(error) if error else "closed the connection") in str(result.exception)


def test_a_watch_that_could_not_judge_a_state_does_not_end_clean(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Still(Api):
        def events(self, **_: Any) -> Any:
            return silence()

    def judged(facts: dict[str, Any], options: dict[str, Any]) -> Report:
        crash = Notice(
            "rule-crashed", "the rule it\x1b[2J failed", Span("docker-inspect.json", 1, 1, 1, 2), Gravity.ERROR
        )
        return replace(whole(facts, options), notices=(crash,))

    whole = audit_watch._judged
    monkeypatch.setattr(audit_watch, "_judged", judged)
    watched(monkeypatch, Still())
    result = CliRunner().invoke(cli, ["audit", "docker", "--watch", "--for", "0.2"])
    assert result.exit_code == INCOMPLETE
    assert result.stderr.startswith("dindguard: the rule it")
    assert "\x1b" not in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["--watch", "--from", "x.json"],
        ["--watch", "--save", "x.json"],
        ["--watch", "--format", "sarif"],
        ["--watch", "--output", "x.txt"],
        ["--for", "3"],
    ],
)
def test_what_a_watch_does_not_go_with(arguments: list[str], here: Path) -> None:
    (here / "x.json").write_text("[]")
    result = audit(*arguments)
    assert isinstance(result.exception, UserError)


def contexts(home: Path, chosen: str, **hosts: str) -> None:
    """Contexts as the Docker command line keeps them."""
    import hashlib

    (home / "config.json").write_text(json.dumps({"currentContext": chosen}))
    for name, host in hosts.items():
        folder = home / "contexts" / "meta" / hashlib.sha256(name.encode()).hexdigest()
        folder.mkdir(parents=True)
        document = {"Name": name, "Metadata": {}, "Endpoints": {"docker": {"Host": host, "SkipTLSVerify": False}}}
        (folder / "meta.json").write_text(json.dumps(document))


@pytest.mark.parametrize(
    ("settings", "context", "expected"),
    [
        ({}, "", "/srv/current.sock"),
        ({}, "other", "/srv/other.sock"),
        ({"DOCKER_CONTEXT": "other"}, "", "/srv/other.sock"),
        ({"DOCKER_HOST": "unix:///srv/host.sock", "DOCKER_CONTEXT": "other"}, "", "/srv/host.sock"),
        ({"DOCKER_HOST": "unix:///srv/host.sock"}, "other", "/srv/other.sock"),
        ({}, "default", "/var/run/docker.sock"),
    ],
)
def test_the_engine_is_the_one_that_the_docker_command_line_would_ask(
    settings: dict[str, str], context: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"):
        monkeypatch.delenv(name, raising=False)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    contexts(tmp_path, "current", current="unix:///srv/current.sock", other="unix:///srv/other.sock")
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    with pytest.raises(UserError, match=expected), engine_client.connect(context):
        pass
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # the SDK leaves the socket that did not connect open
        gc.collect()


def test_a_context_is_found_without_a_configuration_file_and_never_in_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, current = tmp_path / "kept", tmp_path / "current"
    kept.mkdir()
    current.mkdir()
    contexts(kept, "", own="unix:///srv/own.sock")
    contexts(current, "", foreign="unix:///srv/foreign.sock")
    (kept / "config.json").unlink()
    monkeypatch.chdir(current)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DOCKER_CONFIG", str(kept))
    with pytest.raises(UserError, match=r"/srv/own\.sock"), engine_client.connect("own"):
        pass
    with pytest.raises(UserError, match="there is no context foreign"), engine_client.connect("foreign"):
        pass
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # the SDK leaves the socket that did not connect open
        gc.collect()


def test_a_context_without_all_of_its_certificates_is_not_asked_in_plain_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contexts(tmp_path, "", secure="tcp://127.0.0.1:1")
    (identity,) = (tmp_path / "contexts" / "meta").iterdir()
    kept = tmp_path / "contexts" / "tls" / identity.name / "docker"
    kept.mkdir(parents=True)
    for name in ("ca.pem", "cert.pem"):
        (kept / name).write_text("")
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    with (
        pytest.raises(UserError, match=r"secure has only ca\.pem, cert\.pem for TLS"),
        engine_client.connect("secure"),
    ):
        pass


def test_a_context_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    with pytest.raises(UserError, match="there is no context nowhere"), engine_client.connect("nowhere"):
        pass
