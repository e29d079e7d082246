"""Signals, removal, streams and errors, without an engine."""

import os
import signal
import socket
import subprocess
import sys
import threading
from types import SimpleNamespace
from typing import Any

import pytest

from dindguard.engine_client import Engine, deliver, is_taken
from dindguard.environment import labels
from dindguard.environment.removal import down, remove
from dindguard.environment.signals import Interrupted, guarded
from dindguard.errors import ENGINE, USAGE, UserError

if not hasattr(signal, "SIGHUP"):
    pytest.skip("dindguard env needs a Unix: this system has no SIGHUP", allow_module_level=True)


class RefusedError(Exception):
    def __init__(self, code: int) -> None:
        super().__init__(f"{code} says the engine")
        self.response = SimpleNamespace(status_code=code)


class FakeApi:
    """Holds objects; `stubborn` ones refuse their removal as often as told, with the given code."""

    def __init__(self, stubborn: dict[str, tuple[int, int]] | None = None) -> None:
        ours = {labels.MANAGED: "true", labels.ENVIRONMENT: "ci", labels.EXPIRES: "2020-01-01T00:00:00Z"}
        self.objects: dict[str, dict[str, Any]] = {
            "c1": {"Id": "c1", "Names": ["/dindguard-ci-daemon"], "Labels": ours},
            "n1": {"Id": "n1", "Name": "dindguard-ci-network", "Labels": ours},
            "dindguard-ci-data": {"Name": "dindguard-ci-data", "Labels": ours},
            "c2": {"Id": "c2", "Names": ["/from-an-image-with-our-labels"], "Labels": ours},
        }
        self.stubborn = stubborn or {}
        self.removed: list[str] = []

    def _kind(self, key: str, kind: str) -> list[dict[str, Any]]:
        return [item for name, item in self.objects.items() if name.startswith(key) and kind in str(item)]

    def containers(self, **_: object) -> list[dict[str, Any]]:
        return self._kind("c", "Names")

    def networks(self, **_: object) -> list[dict[str, Any]]:
        return self._kind("n", "network")

    def volumes(self, **_: object) -> dict[str, Any]:
        return {"Volumes": self._kind("dindguard", "data") or None}

    def _remove(self, name: str, **_: object) -> None:
        times, code = self.stubborn.get(name, (0, 0))
        if times:
            self.stubborn[name] = (times - 1, code)
            if code == 404:
                self.objects.pop(name)
            raise RefusedError(code)
        self.removed.append(name)
        del self.objects[name]

    remove_container = remove_network = remove_volume = _remove


def engine(api: FakeApi) -> Engine:
    return Engine(api, None)


def test_removal_is_complete_in_order_and_repeatable() -> None:
    api = FakeApi()
    assert remove(engine(api), labels.selector("ci")) == {"containers": 1, "networks": 1, "volumes": 1}
    assert api.removed == ["c1", "n1", "dindguard-ci-data"]
    assert list(api.objects) == ["c2"], "a container that only has the labels is not ours"
    assert down(engine(api), "ci") == "nothing to remove"


@pytest.mark.parametrize(
    "stubborn",
    [
        {"c1": (1, 409)},  # already being removed
        {"c1": (1, 404)},  # gone meanwhile
        {"n1": (2, 403)},  # still has endpoints
        {"dindguard-ci-data": (1, 409), "n1": (1, 404)},
    ],
)
def test_what_resists_is_tried_again(stubborn: dict[str, tuple[int, int]]) -> None:
    api = FakeApi(stubborn)
    assert down(engine(api), None) == "removed 1 container, 1 network, 1 volume"
    assert list(api.objects) == ["c2"]


def test_what_never_goes_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    with pytest.raises(UserError, match="409 says the engine") as error:
        down(engine(FakeApi({"n1": (99, 409)})), "ci")
    assert error.value.exit_code == ENGINE


def test_only_what_has_expired_goes() -> None:
    api = FakeApi()
    assert down(engine(api), None, only_expired=True).startswith("ci: removed")
    fresh = FakeApi()
    for item in fresh.objects.values():
        item["Labels"] = item["Labels"] | {labels.EXPIRES: "2999-01-01T00:00:00Z"}
    assert down(engine(fresh), None, only_expired=True) == "nothing has expired"
    assert not fresh.removed


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_waits_for_the_end_of_what_must_not_break(number: signal.Signals) -> None:
    former = signal.getsignal(number)
    done = []

    def work() -> None:
        with guarded() as guard:
            with guard.unbroken():
                with guard.unbroken():
                    os.kill(os.getpid(), number)
                    done.append("inner")
                done.append("outer")
            done.append("never")

    with pytest.raises(Interrupted) as interruption:
        work()
    assert done == ["inner", "outer"]
    assert interruption.value.exit_code == 128 + number
    assert signal.getsignal(number) is former


def test_a_second_signal_does_not_break_the_cleaning_up() -> None:
    cleaned = []

    def work() -> None:
        with guarded() as guard:
            try:
                os.kill(os.getpid(), signal.SIGINT)
            finally:
                os.kill(os.getpid(), signal.SIGINT)
                with guard.unbroken():
                    os.kill(os.getpid(), signal.SIGTERM)
                    cleaned.append(True)

    with pytest.raises(Interrupted) as interruption:
        work()
    assert cleaned
    assert interruption.value.exit_code == 130


def test_an_ignored_signal_stays_ignored() -> None:
    former = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with guarded():
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, former)


def test_a_system_without_hangups_is_told_what_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(signal, "SIGHUP")
    with pytest.raises(UserError, match="needs a Unix") as refusal, guarded():
        pass
    assert refusal.value.exit_code == USAGE


def test_a_signal_interrupts_what_waits() -> None:
    def wait() -> None:
        with guarded():
            threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGTERM)).start()
            threading.Event().wait(10)

    with pytest.raises(Interrupted):
        wait()


def test_input_is_delivered_whole_and_ended() -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        deliver(ours, iter([b"one ", b"two"]))
        assert theirs.makefile("rb").read() == b"one two"


def run(*arguments: str, code: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
    program = f"{code}\nfrom dindguard.cli import main\nmain({['env', *arguments]!r})"
    environment = {key: value for key, value in os.environ.items() if not key.startswith("DOCKER_")} | environ
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", program], env=environment, capture_output=True, text=True, check=False
    )


def test_without_the_sdk_it_says_what_to_install() -> None:
    done = run("check", code="import sys; sys.modules['docker'] = None")
    assert done.returncode == ENGINE
    assert done.stderr == ("dindguard: error: the Docker SDK for Python is not installed: pip install docker\n")
    assert run("render", "compose", code="import sys; sys.modules['docker'] = None").returncode == 0


@pytest.mark.parametrize("command", [("check",), ("status",), ("verify", "ci"), ("down", "--all"), ("up", "ci")])
def test_without_an_engine_it_says_so(command: tuple[str, ...]) -> None:
    done = run(*command, DOCKER_HOST="unix:///nonexistent/docker.sock")
    assert done.returncode == ENGINE
    assert "no engine listens on /nonexistent/docker.sock" in done.stderr
    assert "DOCKER_HOST" in done.stderr
    assert "Error" not in done.stderr.replace("error:", ""), "no name of a Python exception"
    assert "Traceback" not in done.stderr
    assert not done.stdout


@pytest.mark.parametrize(
    "arguments", [("down",), ("down", "ci", "--all"), ("down", "--all", "--expired"), ("with",), ("up", "A")]
)
def test_usage(arguments: tuple[str, ...]) -> None:
    assert run(*arguments).returncode == USAGE


def test_rendering_imports_no_sdk() -> None:
    code = "import atexit, sys; atexit.register(lambda: print('docker' in sys.modules, file=sys.stderr))"
    assert run("render", "seccomp", code=code).stderr == "False\n"
    told = run("render", "shell", code=code).stderr
    assert "pin them by digest\n" in told
    assert told.endswith("nested-engine.sh goes with seccomp-nested.json: -o DIR writes them all\nFalse\n")


@pytest.mark.parametrize(
    ("error", "taken"),
    [
        (RefusedError(409), True),
        (RefusedError(500), False),
        (ValueError('network with name "a" already exists'), True),
        (
            ValueError(
                "You have to remove that container to be able to reuse that name: that name is already in use"
            ),
            True,
        ),
        (ValueError("listen tcp4 127.0.0.1:2376: bind: address already in use"), False),
    ],
)
def test_whether_a_name_is_taken_is_told_from_what_the_engine_says(error: Exception, taken: bool) -> None:
    assert is_taken(error) is taken


def test_a_filter_that_an_engine_applies_loosely_is_applied_again() -> None:
    """Podman lists the volumes that have any of the labels asked for."""
    api = FakeApi()
    theirs = {labels.MANAGED: "true", labels.ENVIRONMENT: "other"}
    api.objects["dindguard-other-data"] = {"Name": "dindguard-other-data", "Labels": theirs}
    assert remove(engine(api), labels.selector("ci"))["volumes"] == 1
    assert "dindguard-other-data" in api.objects
