"""Checks of who can reach the nested engine, and with what."""

from __future__ import annotations

from dindguard.environment import labels
from dindguard.environment.verify.answers import Answer, Answers
from dindguard.environment.verify.result import Check, Judgement, failed, passed, require, unknown

_UNREACHED = ("Cannot connect to the Docker daemon", "no such host", "lookup docker", "i/o timeout")
_LISTENING = "0A"  # the kernel's state number in /proc/net/tcp


def _served(answer: Answer) -> bool:
    return answer.ok and answer.output.startswith("server ")


def _accepted(answers: Answers) -> Judgement:
    answer = answers.probe("client-certificate")
    if _served(answer):
        return passed(f"{answer.output} answered on tcp://docker:2376")
    return failed(f"a client with the right certificate was not served: {answer.output or 'no answer'}")


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
    bound = {port for port, to in (answers.daemon["NetworkSettings"].get("Ports") or {}).items() if to}
    bound |= set(answers.host.get("PortBindings") or {})
    if answers.host.get("PublishAllPorts"):
        return failed("all ports are published")
    return require(not bound, "no port of the daemon is published", f"published: {', '.join(sorted(bound))}")


def _own_network(answers: Answers) -> Judgement:
    name = answers.labels[labels.ENVIRONMENT]
    own = labels.object_name(name, labels.NETWORK)
    attached = set(answers.daemon["NetworkSettings"]["Networks"])
    if attached != {own}:
        return failed(f"the daemon is in {', '.join(sorted(attached))}")
    if (answers.network.get("Labels") or {}).get(labels.ENVIRONMENT) != name:
        return failed(f"the network {own} was not made for this environment")
    strangers = sorted(member for member, owner in answers.members.items() if owner != name)
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


def _authority(answers: Answers) -> Judgement:
    answer = answers.probe("client-files")
    if not answer.ok:
        return unknown("the client could not list its certificates")
    keys = [name for name in answer.output.split() if name.endswith("key.pem")]
    strange = sorted(set(keys) - {"/certs/client/key.pem"})
    return require(not strange, "clients hold their own key alone", f"clients can read {', '.join(strange)}")


CHECKS = (
    Check(
        "client-certificate-accepted",
        _accepted,
        "look at the daemon's log; without this, no refusal below means anything",
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
    Check("authority-key-hidden", _authority, "share /certs/client alone, never /certs or /certs/ca"),
)
