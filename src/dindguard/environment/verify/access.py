"""Checks of who can reach the nested engine, and with what."""

from __future__ import annotations

from dindguard.environment import labels
from dindguard.environment.bodies import AUTHORITY, CERTIFICATES, PORT
from dindguard.environment.verify.answers import Answer, Answers
from dindguard.environment.verify.mounts import file_system_of
from dindguard.environment.verify.result import Check, Judgement, failed, passed, require, unknown

_OWN = frozenset({labels.DAEMON, labels.CLIENT, labels.PROBE})
_UNREACHED = ("Cannot connect to the Docker daemon", "no such host", "lookup docker", "i/o timeout")
_LISTENING = "0A"  # the kernel's state number in /proc/net/tcp


def _served(answer: Answer) -> bool:
    return answer.ok and answer.output.startswith("server ")


def _accepted(answers: Answers) -> Judgement:
    answer = answers.probe("client-certificate")
    if _served(answer):
        return passed(f"{answer.output} answered on tcp://docker:2376")
    return failed(f"a client with the right certificate was not served: {answer.output or 'no answer'}")


def _client_image(answers: Answers) -> Judgement:
    """What commands run in has a client, and reaches the engine with it."""
    answer = answers.probe("client-image")
    if _served(answer) or (answer.ok and answer.output == "OK"):
        return passed(f"a client of its image was told: {answer.output}")
    if answer.code < 0:
        return unknown("nothing in the client's image could be run: it has no shell, or no base64")
    return failed(f"no client of its image was served: {answer.output or 'no answer'}")


def _refused(answers: Answers, probe: str, who: str) -> Judgement:
    """A refusal counts only where the right client is served, and only when the port was reached."""
    answer = answers.probe(probe)
    if _served(answer):
        return failed(f"{who} was served: {answer.output}")
    if answer.code < 0 or not _served(answers.probe("client-certificate")):
        return unknown(f"cannot be told: {answer.output or 'the probe gave no answer'}")
    if any(words in answer.output for words in _UNREACHED):
        return unknown(f"the port was not reached: {answer.output}")
    return passed(f"{who} was told: {answer.output}")


def _foreign(answers: Answers) -> Judgement:
    if not answers.probe("foreign-files").ok:
        return unknown("no foreign certificate could be made: openssl is missing in the daemon's image")
    return _refused(answers, "foreign-certificate", "a certificate of another authority")


def _plain_port(answers: Answers) -> Judgement:
    answer = answers.probe("plain-port")
    if _served(answer):
        return failed(f"2375 answers everyone: {answer.output}")
    if answer.code < 0 or not _served(answers.probe("client-certificate")):
        return unknown(f"cannot be told: {answer.output or 'the probe gave no answer'}")
    if "HTTP" in answer.output:
        return failed(f"something listens on 2375: {answer.output}")
    return passed("nothing answers on 2375")


def listening_ports(table: str) -> set[int]:
    """Return the ports open beyond the loopback, from ``/proc/net/tcp`` and ``tcp6`` one after the other."""
    ports = set()
    for line in table.splitlines():
        fields = line.split()
        if len(fields) < 4 or fields[3] != _LISTENING:
            continue
        address, _, port = fields[1].rpartition(":")
        # Addresses are 32-bit words in host order: 127.0.0.11, the engine's own DNS, is 0B00007F.
        loopback = address.endswith("7F") or address == "0" * 24 + "01000000"
        if not loopback:
            ports.add(int(port, 16))
    return ports


def _listeners(answers: Answers) -> Judgement:
    answer = answers.probe("listeners")
    if not answer.ok:
        return unknown("the daemon's container did not tell what it listens on")
    others = sorted(listening_ports(answer.output) - {2376})
    return require(not others, "2376 alone", f"also {', '.join(map(str, others))}")


def _published(answers: Answers) -> Judgement:
    """Nothing; or, where that was asked for, the TLS port on the loopback of the engine's host."""
    bound: dict[str, set[str]] = {}
    for bindings in (answers.daemon["NetworkSettings"].get("Ports"), answers.host.get("PortBindings")):
        for port, to in (bindings or {}).items():
            if to:
                bound.setdefault(port, set()).update(
                    str(one.get("HostIp") if isinstance(one, dict) else one) for one in to
                )
    if answers.host.get("PublishAllPorts"):
        return failed("all ports are published")
    if answers.plan.spec.exported:
        asked = bound == {PORT: {"127.0.0.1"}}
        return require(asked, "2376 on the loopback of the host, as was asked for", f"published: {_places(bound)}")
    return require(not bound, "no port of the daemon is published", f"published: {_places(bound)}")


def _places(bound: dict[str, set[str]]) -> str:
    return ", ".join(f"{port} on {' '.join(sorted(to))}" for port, to in sorted(bound.items())) or "nothing"


def _own_network(answers: Answers) -> Judgement:
    name = answers.labels[labels.ENVIRONMENT]
    own = labels.object_name(name, labels.NETWORK)
    attached = set(answers.daemon["NetworkSettings"]["Networks"])
    if attached != {own}:
        return failed(f"the daemon is in {', '.join(sorted(attached))}")
    if (answers.network.get("Labels") or {}).get(labels.ENVIRONMENT) != name:
        return failed(f"the network {own} was not made for this environment")
    strangers = answers.strangers(answers.members, _OWN)
    return require(
        not strangers, f"{own} holds this environment alone", f"also in the network: {', '.join(strangers)}"
    )


def _other_networks(answers: Answers) -> Judgement:
    inside, outside = answers.probe("own-network"), answers.probe("other-network")
    if "CONNECTED" in outside.output:
        return failed("a container of another network reached port 2376")
    if "CONNECTED" not in inside.output or outside.code < 0 or "not found" in outside.output:
        return unknown("the same attempt fails from the own network, so it proves nothing")
    return passed("port 2376 opens from the own network and from no other")


def _certificates(text: str) -> list[str]:
    """Return the certificates in a PEM text, each as its base64 on one line."""
    blocks = text.split("-----BEGIN CERTIFICATE-----")[1:]
    return ["".join(block.partition("-----END")[0].split()) for block in blocks]


def _one_authority(answers: Answers) -> Judgement:
    """The server trusts one authority, and it is the client's: the files to the byte, and what the server itself says."""
    server, client = answers.probe("authority"), answers.probe("client-authority")
    if not server.ok or not client.ok:
        return unknown("the authority's certificate could not be read on both sides")
    trusted = _certificates(server.output)
    if len(trusted) != 1:
        return failed(f"the engine trusts {len(trusted)} authorities")
    if server.output != client.output:
        return failed("the engine and its clients have different authorities")
    named, own = answers.probe("accepted-authorities"), answers.probe("authority-subject")
    if not named.output.strip() or not own.ok:
        return unknown("the engine did not name the authorities that it accepts")
    accepted = [line.strip() for line in named.output.splitlines() if line.strip()]
    return require(
        accepted == [own.output.strip()],
        f"one, the same on both sides: {own.output.strip()}",
        f"the engine that runs accepts certificates of {', '.join(accepted)}",
    )


def _keys(answer: Answer) -> dict[str, str]:
    """Return the fingerprints of private keys by path."""
    pairs = (line.split(" ", 1) for line in answer.output.splitlines() if " " in line)
    return {path: fingerprint for fingerprint, path in pairs}


_AUTHORITY_KEY = f"{AUTHORITY}/key.pem"


def _authority_hidden(answers: Answers) -> Judgement:
    """No copy of the authority's key, under whatever name, but the one in memory."""
    own, client, engine = (answers.probe(name) for name in ("authority-key", "client-keys", "keys"))
    if not own.ok or len(own.output.strip()) != 64 or client.code < 0 or engine.code < 0:
        return unknown("the keys could not be compared")
    secret = own.output.strip()
    copies = [f"{path} (clients)" for path, found in _keys(client).items() if found == secret]
    copies += [path for path, found in _keys(engine).items() if found == secret and path != _AUTHORITY_KEY]
    if copies:
        return failed(f"the authority's key is also in {', '.join(sorted(copies))}")
    strange = sorted(set(_keys(client)) - {f"{CERTIFICATES}/key.pem"})
    if strange:
        return failed(f"clients can read {', '.join(strange)}")
    _, kind = file_system_of(_AUTHORITY_KEY, answers.probe("mounts").output)
    return require(
        kind == "tmpfs", "in the engine's memory alone; clients hold their own key", f"it lies on disk ({kind})"
    )


def _certificates_exclusive(answers: Answers) -> Judgement:
    """Who holds the client's certificate commands the engine."""
    name = answers.labels[labels.ENVIRONMENT]
    shared = (labels.object_name(name, role) for role in (labels.CERTIFICATES, labels.WORKSPACE))
    users = sorted({user for volume in shared for user in answers.users.get(volume, [])})
    strangers = answers.strangers(users, _OWN)
    return require(
        not strangers, "this environment's own containers alone mount them", f"also: {', '.join(strangers)}"
    )


def _engine_arguments(answers: Answers) -> Judgement:
    """What the engine was told when it was started, from the kernel."""
    answer = answers.probe("engine-arguments")
    words = answer.output.splitlines()
    if not answer.ok or not words:
        return unknown("the engine's own command line could not be read")
    given = [word.partition("=") for word in words]
    hosts = [
        value if equals else following
        for (name, equals, value), following in zip(given, [*words[1:], ""], strict=True)
        if name in ("--host", "-H")
    ]
    wide = sorted(host for host in hosts if not host.startswith("unix://") and host != "tcp://0.0.0.0:2376")
    if wide:
        return failed(f"it also listens on {', '.join(wide)}")
    verifies = any(word in ("--tlsverify", "--tlsverify=true") for word in words)
    return require(verifies, "--tlsverify, on 2376 and its own socket", "it was started without --tlsverify")


CHECKS = (
    Check(
        "client-certificate-accepted",
        _accepted,
        "look at the daemon's log; without this, no refusal below means anything",
    ),
    Check(
        "client-image-works",
        _client_image,
        "name an image that has a client (--client-image), or leave that out: commands then run in the official one",
    ),
    Check(
        "plaintext-refused",
        lambda answers: _refused(answers, "plaintext", "a client without TLS"),
        "let DOCKER_TLS_CERTDIR be /certs, and start the daemon through the image's own entry point",
    ),
    Check(
        "no-certificate-refused",
        lambda answers: _refused(answers, "no-certificate", "a client without a certificate"),
        "start the daemon with --tlsverify: --tls alone encrypts for everyone",
    ),
    Check(
        "foreign-certificate-refused",
        _foreign,
        "start the daemon with --tlsverify and --tlscacert of its own authority",
    ),
    Check("plain-port-closed", _plain_port, "let DOCKER_TLS_CERTDIR be /certs: empty means 2375 for everyone"),
    Check("listeners", _listeners, "remove further --host settings, and stop what listens beside the engine"),
    Check("nothing-published", _published, "remove the published ports: clients belong into the network"),
    Check("own-network-only", _own_network, "disconnect what does not belong: dindguard env down, then up"),
    Check("other-networks-blocked", _other_networks, "do not turn off the engine's isolation of networks (iptables)"),
    Check("engine-arguments", _engine_arguments, "start the daemon through the image's own entry point"),
    Check(
        "one-authority",
        _one_authority,
        "dindguard env down, then up: whoever holds the second one commands the engine",
    ),
    Check(
        "certificates-exclusive",
        _certificates_exclusive,
        "stop the other container, then env down and up: it may have copied them",
    ),
    Check("authority-key-hidden", _authority_hidden, "share /certs/client alone, never /certs or /certs/ca"),
)
