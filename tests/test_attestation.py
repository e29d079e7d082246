"""Signed statements: what is signed, who is trusted, and what is noticed when the engine is read again."""

import base64
import copy
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

import live
from dindguard import attestation
from dindguard.cli import cli
from dindguard.engine_client import Engine
from dindguard.environment import attest, labels
from dindguard.environment.verify import judge
from dindguard.errors import INCOMPLETE, UserError
from test_audit_docker import Api, here, use
from test_environment_verify import probe, recorded

__all__ = ["here"]
KINDS: dict[str, Callable[[], Any]] = {
    "ed25519": ed25519.Ed25519PrivateKey.generate,
    "ecdsa": lambda: ec.generate_private_key(ec.SECP256R1()),
    "rsa": lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048),
}
BOOT = "0f3e1f0a-0000-4000-8000-000000000001"
NOW = time.time()


def pair(folder: Path, name: str, kind: str = "ed25519", password: bytes | None = None) -> tuple[Path, Path]:
    """Write a key and its public half as PEM files."""
    private = KINDS[kind]()
    hidden = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    (folder / f"{name}.pem").write_bytes(private.private_bytes(pem, pkcs8, hidden))
    public = private.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo)
    (folder / f"{name}.pub").write_bytes(public)
    return folder / f"{name}.pem", folder / f"{name}.pub"


def statement(level: str = "rootless", **changes: Any) -> attestation.Statement:
    answers = recorded(level, probe("boot-id", BOOT))
    told = attest.statement(answers, judge(answers), "my-nonce")
    told["predicate"].update(changes)
    return told


def test_what_is_stated() -> None:
    told = statement()
    predicate = told["predicate"]
    assert told["_type"] == "https://in-toto.io/Statement/v1"
    assert all(len(subject["digest"]["sha256"]) == 64 for subject in told["subject"])
    assert predicate["engine"]["boot"] == BOOT
    assert predicate["engine"]["id"]
    assert predicate["nested"]["id"]
    assert (predicate["isolation"], predicate["isolated"], predicate["nonce"]) == ("rootless", True, "my-nonce")
    assert len(predicate["checks"]) > 35
    assert all(check["evidence"] for check in predicate["checks"])
    end, start = labels.seconds(predicate["expires"]), labels.seconds(predicate["taken"])
    assert end is not None
    assert start is not None
    assert end - start == 24 * 3600
    assert statement("privileged")["predicate"]["isolated"] is False


def test_what_did_not_pass_is_not_stated() -> None:
    answers = recorded("rootless", probe("zombies", "3"))
    with pytest.raises(UserError, match="not attested") as refusal:
        attest.statement(answers, judge(answers))
    assert refusal.value.exit_code == INCOMPLETE
    nameless = recorded("rootless")
    with pytest.raises(UserError, match="boot"):
        attest.statement(nameless, judge(nameless))


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_signed_is_read_with_the_key_that_is_trusted(kind: str, tmp_path: Path) -> None:
    private, public = pair(tmp_path, "mine", kind)
    _, stranger = pair(tmp_path, "stranger", kind)
    text = attestation.signed(statement(), private)
    assert attestation.opened(text, [stranger, public]) == statement()
    with pytest.raises(UserError, match="no key that you trust") as refusal:
        attestation.opened(text, [stranger])
    assert refusal.value.exit_code == INCOMPLETE


def unsigned(envelope: dict[str, Any]) -> None:
    envelope["signatures"] = []


def changed(envelope: dict[str, Any]) -> None:
    payload = base64.b64decode(envelope["payload"]).replace(b'"isolated":true', b'"isolated":null')
    envelope["payload"] = base64.b64encode(payload).decode()


def other_type(envelope: dict[str, Any]) -> None:
    envelope["payloadType"] = "text/plain"


def other_signature(envelope: dict[str, Any]) -> None:
    envelope["signatures"][0]["sig"] = base64.b64encode(b"0" * 64).decode()


def nameless_signature(envelope: dict[str, Any]) -> None:
    envelope["signatures"][0]["keyid"] = ""


def twice_signed(envelope: dict[str, Any]) -> None:
    """A signature that does not hold before the one that does, both under the trusted key's name."""
    good = envelope["signatures"][0]
    envelope["signatures"] = [good | {"sig": base64.b64encode(b"0" * 64).decode()}, good]


def no_payload(envelope: dict[str, Any]) -> None:
    del envelope["payload"]


@pytest.mark.parametrize(
    "change",
    [unsigned, changed, other_type, other_signature, nameless_signature, twice_signed, no_payload],
)
def test_what_was_changed_never_passes(change: Callable[[dict[str, Any]], None], tmp_path: Path) -> None:
    private, public = pair(tmp_path, "mine")
    envelope = json.loads(attestation.signed(statement(), private))
    change(envelope)
    with pytest.raises(UserError) as refusal:
        attestation.opened(json.dumps(envelope), [public])
    assert refusal.value.exit_code == INCOMPLETE


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "null", "{", '{"payload": 1}', json.dumps(statement()), "x" * 2_000_000, "[" * 900_000]
)
def test_what_is_no_envelope_never_passes(text: str, tmp_path: Path) -> None:
    _, public = pair(tmp_path, "mine")
    with pytest.raises(UserError) as refusal:
        attestation.opened(text, [public])
    assert refusal.value.exit_code == INCOMPLETE


def test_of_two_signatures_one_by_a_trusted_key_is_enough(tmp_path: Path) -> None:
    private, public = pair(tmp_path, "mine")
    other, other_public = pair(tmp_path, "other")
    envelope = json.loads(attestation.signed(statement(), private))
    envelope["signatures"] += json.loads(attestation.signed(statement(), other))["signatures"]
    for trusted in ([public], [other_public], [public, other_public]):
        assert attestation.opened(json.dumps(envelope), trusted) == statement()
    _, stranger = pair(tmp_path, "stranger")
    with pytest.raises(UserError, match="no key that you trust"):
        attestation.opened(json.dumps(envelope), [stranger])


def test_a_statement_about_something_else_never_passes(tmp_path: Path) -> None:
    private, public = pair(tmp_path, "mine")
    other = statement() | {"predicateType": "https://slsa.dev/provenance/v1"}
    with pytest.raises(UserError, match="about something else"):
        attestation.opened(attestation.signed(other, private), [public])


def test_keys_that_are_none(tmp_path: Path) -> None:
    private, public = pair(tmp_path, "mine")
    locked, _ = pair(tmp_path, "locked", password=b"x")
    for key in (public, locked, tmp_path / "absent"):
        with pytest.raises(UserError, match="--key"):
            attestation.signed(statement(), key)
    text = attestation.signed(statement(), private)
    for key in (private, tmp_path / "absent"):
        with pytest.raises(UserError, match="--trust"):
            attestation.opened(text, [key])
    with pytest.raises(UserError, match="name the keys"):
        attestation.opened(text, [])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"expires": labels.timestamp(NOW - 1)}, "time was over"),
        ({"expires": "never"}, "does not say"),
        ({"expires": labels.timestamp(NOW + 90_000)}, "does not say"),  # longer than a day
        ({"taken": labels.timestamp(NOW + 3600)}, "from the future"),
        ({"nonce": "another"}, "another question"),
    ],
)
def test_a_statement_has_its_time(changes: dict[str, str], words: str) -> None:
    good = {"taken": labels.timestamp(NOW - 60), "expires": labels.timestamp(NOW + 3600), "nonce": "mine"}
    attest.refuse_if_over(good, NOW, "mine")
    attest.refuse_if_over(good, NOW)
    with pytest.raises(UserError, match=words) as refusal:
        attest.refuse_if_over(good | changes, NOW, "mine")
    assert refusal.value.exit_code == INCOMPLETE


class Replayed:
    """An engine that answers as it was recorded."""

    def __init__(self, change: Callable[[dict[str, Any]], object] = lambda _: None) -> None:
        answers = recorded("rootless", probe("boot-id", BOOT))
        self.data: dict[str, Any] = copy.deepcopy(
            {
                "daemon": answers.daemon, "image": answers.image, "network": answers.network,
                "volumes": answers.volumes, "info": dict(answers.outer), "boot": BOOT,
            }
        )  # fmt: skip
        change(self.data)

    def containers(self, **_: object) -> list[dict[str, Any]]:
        if self.data.get("gone"):
            return []
        daemon = self.data["daemon"]
        return [{"Id": daemon["Id"], "Names": [daemon["Name"]], "Labels": daemon["Config"]["Labels"]}]

    def networks(self, **_: object) -> list[Any]:
        return []

    def volumes(self, **_: object) -> dict[str, Any]:
        return {}

    def inspect_container(self, _: str) -> Any:
        return self.data["daemon"]

    def inspect_image(self, _: str) -> Any:
        return self.data["image"]

    def inspect_network(self, _: str) -> Any:
        return self.data["network"]

    def inspect_volume(self, name: str) -> Any:
        return self.data["volumes"][name]

    def info(self) -> Any:
        return self.data["info"]

    def exec_create(self, *_: object, **__: object) -> dict[str, str]:
        return {"Id": "e"}

    def exec_start(self, _: str) -> bytes:
        return f"{self.data['boot']}\n".encode()

    def exec_inspect(self, _: str) -> dict[str, int]:
        return {"ExitCode": 0}


def differing(change: Callable[[dict[str, Any]], object] = lambda _: None) -> list[str]:
    engine = Engine(Replayed(change), None)  # type: ignore[arg-type]
    return attest.differences(engine, statement()["predicate"])


def test_the_engine_that_was_attested_is_recognised() -> None:
    assert differing() == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda data: data.update(boot="another"), "the boot"),
        (lambda data: data["info"].update(ID="another"), "the outer engine"),
        (lambda data: data["info"].update(KernelVersion="7.0"), "the kernel"),
        (lambda data: data["daemon"]["State"].update(StartedAt="2027-01-01T00:00:00Z"), "its start"),
        (lambda data: data["daemon"].update(Id="f" * 64), "the container"),
        (lambda data: data["daemon"].update(Image="sha256:0"), "the engine's image"),
        (lambda data: data["daemon"]["HostConfig"].update(Privileged=True), "HostConfig.Privileged"),
        (lambda data: data["network"].update(Internal=True), "network.Internal"),
        (lambda data: data["volumes"]["dindguard-recorded-data"].update(Options={"o": "bind"}), "volume.Options"),
    ],
)
def test_what_is_different_since_is_named(change: Callable[[dict[str, Any]], object], words: str) -> None:
    assert any(found.startswith(words) for found in differing(change))


FRESH = {"taken": labels.timestamp(NOW - 60), "expires": labels.timestamp(NOW + 3600)}


class Asked(Replayed):
    """The engine that was recorded, as far as an audit may go: nothing is run in its containers."""

    def exec_create(self, *_: object, **__: object) -> dict[str, str]:
        raise AssertionError("an audit runs nothing")


def audited(here: Path, monkeypatch: pytest.MonkeyPatch, engine: Replayed, *options: str, **changes: Any) -> Result:
    """Audit ``engine`` and require a statement with ``changes``; without options its key is trusted."""
    private, public = pair(here, "mine")
    use(monkeypatch, Api(info=live.info(**engine.info())))

    @contextmanager
    def connected(context: str = "") -> Iterator[Engine]:
        yield Engine(engine, None)  # type: ignore[arg-type]

    monkeypatch.setattr("dindguard.engine_client.connect", connected)
    (here / "st.json").write_text(attestation.signed(statement(**FRESH | changes), private))
    arguments = ["audit", "docker", "--require-attestation", "st.json", *(options or ("--trust", str(public)))]
    return CliRunner().invoke(cli, arguments)


def test_an_audit_may_require_a_proof(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, stranger = pair(here, "stranger")
    told = statement()["predicate"]
    outer, inner, kernel = told["engine"]["id"], told["nested"]["id"], told["engine"]["kernel"]

    def asked(identity: str, kernel: str, *options: str, **changes: Any) -> int:
        engine = Asked(lambda data: data["info"].update(ID=identity, KernelVersion=kernel))
        return audited(here, monkeypatch, engine, *options, **changes).exit_code

    assert asked(outer, kernel) == 0
    assert asked(inner, kernel) == 0
    assert asked("another", kernel) == INCOMPLETE
    assert asked(outer, "another") == INCOMPLETE
    assert asked(outer, kernel, "--trust", str(stranger)) == INCOMPLETE
    assert asked(outer, kernel, isolated=False) == INCOMPLETE
    assert asked(outer, kernel, isolated="yes") == INCOMPLETE
    assert asked(outer, kernel, expires=labels.timestamp(NOW - 1)) == INCOMPLETE
    nonce = ("--trust", str(here / "mine.pub"), "--nonce")
    assert asked(outer, kernel, *nonce, "my-nonce") == 0
    assert asked(outer, kernel, *nonce, "another") == INCOMPLETE


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda data: data.update(gone=True), "there is no environment recorded"),
        (lambda data: data["daemon"]["State"].update(StartedAt="2027-01-01T00:00:00Z"), "its start"),
        (lambda data: data["daemon"].update(Id="f" * 64), "the container"),
        (lambda data: data["daemon"]["HostConfig"].update(Privileged=True), "HostConfig.Privileged"),
    ],
)
def test_the_engine_below_is_proven_while_the_attested_one_runs_there(
    change: Callable[[dict[str, Any]], object], words: str, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A statement is no pass for whatever else this machine runs until tomorrow."""
    result = audited(here, monkeypatch, Asked(change))
    assert result.exit_code == INCOMPLETE
    assert f"this engine is not proven: {words}" in result.output


@pytest.mark.parametrize(
    "arguments",
    [
        ["--from", "x.json", "--require-attestation", "st.json"],
        ["--watch", "--require-attestation", "st.json"],
        ["--trust", "mine.pub"],
        ["--nonce", "x"],
    ],
)
def test_no_proof_is_asked_for_in_vain(arguments: list[str], here: Path) -> None:
    (here / "x.json").write_text("[]")
    result = CliRunner().invoke(cli, ["audit", "docker", *arguments])
    assert isinstance(result.exception, UserError)
    assert "--require-attestation" in str(result.exception)
