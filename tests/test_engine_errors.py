"""Failures of the engine in words: cause, evidence, remedy; and no name of a Python exception."""

import gc
import socket
import ssl
import sys
import warnings
from pathlib import Path
from types import SimpleNamespace

import pytest

from dindguard.engine_client import connect
from dindguard.engine_errors import explained, refusal
from dindguard.errors import ENGINE, UserError


def refused(words: str) -> str:
    error = Exception("500 Server Error")
    error.explanation = words  # type: ignore[attr-defined]
    return str(explained(error, ""))


@pytest.mark.parametrize(
    ("said", "cause", "remedy"),
    [
        ("write /var/lib/docker/tmp/x: no space left on device", "the engine's disk is full", "docker system prune"),
        ("client version 1.52 is too new. Maximum supported API version is 1.41", "no version of the API", "update"),
        ("Unknown runtime specified sysbox-runc", "does not have this runtime", "--isolation"),
        (
            'error gathering device information while adding custom device "/dev/net/tun": no such file or directory',
            "a device is missing",
            "--tun-device",
        ),
        (
            "could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network",
            "no address range left",
            "docker network prune",
        ),
        ("toomanyrequests: You have reached your pull rate limit.", "no more pulls", "docker load"),
        (
            "pull access denied for x, repository does not exist or may require 'docker login'",
            "does not give",
            "login",
        ),
        ("manifest for docker:0-dind not found: manifest unknown", "no image of that name", "the tag"),
        (
            'Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io: no such host',
            "reaches no registry",
            "proxy",
        ),
        (
            'Get "https://r/v2/": x509: certificate signed by unknown authority',
            "certificate is not accepted",
            "certs.d",
        ),
        ("no matching manifest for linux/amd64 in the manifest list entries", "another kind of processor", "--image"),
        ("OCI runtime create failed: runc create failed", "could not start the container", "kernel"),
    ],
)
def test_an_engines_refusal_gets_its_cause_and_a_remedy(said: str, cause: str, remedy: str) -> None:
    told = refused(said)
    assert cause in told
    assert said[:40] in told, "the evidence"
    assert remedy in told.splitlines()[-1]


def test_what_is_not_known_is_passed_on_as_it_is() -> None:
    assert refused("something else\x1b[2J") == "the engine refused: something else�[2J"
    assert refusal("x" * 1000).endswith("…")


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (FileNotFoundError(2, "No such file or directory"), "there is no such file"),
        (PermissionError(13, "Permission denied"), "may not use the engine"),
        (ConnectionRefusedError(111, "Connection refused"), "nothing listens there"),
        (TimeoutError("timed out"), "gives no answer"),
        (socket.gaierror(-2, "Name or service not known"), "not known here"),
        (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number"), "does not speak TLS"),
        (
            ssl.SSLCertVerificationError(
                1,
                "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get local issuer (_ssl.c:1006)",
            ),
            "ca.pem vouches for: unable to get local issuer\n",
        ),
        (ssl.SSLCertVerificationError(1, "certificate verify failed"), "it says no more"),
        (
            ssl.SSLError(1, "[SSL: SSLV3_ALERT_BAD_CERTIFICATE] sslv3 alert bad certificate (_ssl.c:2580)"),
            "does not accept this client's certificate: sslv3 alert bad certificate\n",
        ),
        (
            ssl.SSLError(
                1, "[SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED] tlsv13 alert certificate required (_ssl.c:2580)"
            ),
            "does not accept this client's certificate",
        ),
        (ssl.SSLError(1, "[SSL: NO_CERTIFICATE_ASSIGNED] no certificate assigned (_ssl.c:3934)"), "belong together"),
        (ssl.SSLError(1, "[SSL] a certificate of another kind (_ssl.c:1)"), "no trust"),
        (ValueError("Client sent an HTTP request to an HTTPS server"), "speaks TLS, and this client does not"),
        (ValueError("what nobody foresaw"), "no engine answers at"),
    ],
)
def test_no_connection_is_told_by_its_innermost_cause(error: Exception, cause: str) -> None:
    wrapped = RuntimeError("Error while fetching server API version", ("Connection aborted.", error))
    wrapped.__cause__ = RuntimeError("Connection aborted.", error)
    told = explained(wrapped, "tcp://engine.example:2375")
    assert told.exit_code == ENGINE
    assert cause in str(told)
    assert "engine.example" in str(told)
    assert len(str(told).splitlines()) == 2, "what to do is on a line of its own"
    assert "Error" not in str(told)


def test_a_chain_that_bites_its_tail_ends() -> None:
    one, other = RuntimeError("a"), RuntimeError("b")
    one.__cause__, other.__cause__ = other, one
    assert "no engine answers" in str(explained(one, ""))


def attempt(cause: str) -> None:
    with pytest.raises(UserError, match=cause), connect():
        pass
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # the SDK leaves the socket that did not connect open
        gc.collect()


@pytest.mark.parametrize(
    ("where", "cause"),
    [
        ("unix:///nonexistent/docker.sock", "there is no such file"),
        ("tcp://127.0.0.1:1", "nothing listens there"),
        ("tcp://host.invalid:2375", "not known here"),
        ("nonsense://x", "names no engine"),
        ("ssh://me@host.invalid", "reached over SSH, for which the Docker SDK needs paramiko"),
    ],
)
def test_real_attempts(where: str, cause: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_HOST", where)
    monkeypatch.setitem(sys.modules, "paramiko", None)  # as where it is not installed
    attempt(cause)


@pytest.mark.parametrize(
    ("there", "missing"),
    [
        ((), "has no ca.pem, cert.pem, key.pem"),
        (("cert.pem", "key.pem"), "has no ca.pem"),
        (("ca.pem",), "has no cert.pem"),
    ],
)
def test_what_tls_lacks_is_named(
    there: tuple[str, ...], missing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in there:
        (tmp_path / name).write_text("")
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
    monkeypatch.setenv("DOCKER_CERT_PATH", str(tmp_path))
    attempt(missing)


def test_a_socket_that_nobody_listens_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "engine.sock"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
    attempt("nothing listens there")


def test_an_answer_without_words() -> None:
    error = Exception("409 Conflict")
    error.response = SimpleNamespace(status_code=409)  # type: ignore[attr-defined]
    assert str(explained(error, "")) == "the engine refused: 409 Conflict"
