"""The checks, replayed from recorded answers (tests/engine/record.py): one lie at a time, one check that sees it."""

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dindguard.environment.bodies import seccomp_profile
from dindguard.environment.verify import Answer, Answers, Outcome, judge
from dindguard.environment.verify.access import listening_ports
from dindguard.environment.verify.answers import parse
from dindguard.environment.verify.confinement import is_mapped
from dindguard.environment.verify.mounts import file_system_of
from dindguard.environment.verify.report import CHECKS
from dindguard.environment.verify.upkeep import cgroup_paths

RECORDED = Path(__file__).parent / "data" / "environment"
Change = Callable[[dict[str, Any]], object]


def recorded(level: str, change: Change = lambda _: None) -> Answers:
    data = json.loads((RECORDED / f"{level}.json").read_text(encoding="utf-8"))
    host = data["daemon"]["HostConfig"]
    profile = f"seccomp={seccomp_profile()}"  # left out of the recording
    host["SecurityOpt"] = [profile if option == "seccomp={}" else option for option in host["SecurityOpt"] or ()]
    change(data)
    return Answers.from_json(json.dumps(data))


AS_PLANNED = {"container-as-planned", "network-as-planned", "volumes-as-planned"}
"""These see every lie about an object (test_environment_sabotage.py); here it is about the checks with a name for it."""


def not_passed(answers: Answers) -> dict[str, str]:
    good = {Outcome.PASSED, Outcome.NOT_APPLICABLE}
    return {
        result.check: result.outcome.value
        for result in judge(answers).results
        if result.outcome not in good and result.check not in AS_PLANNED
    }


def probe(name: str, output: str, code: int = 0) -> Change:
    return lambda data: data["probes"].update({name: {"code": code, "output": output}})


def host(**settings: object) -> Change:
    return lambda data: data["daemon"]["HostConfig"].update(settings)


def label(key: str, value: str) -> Change:
    return lambda data: data["daemon"]["Config"]["Labels"].update({f"io.dindguard.{key}": value})


def inner(**settings: object) -> Change:
    def change(data: dict[str, Any]) -> None:
        info = json.loads(data["probes"]["inner-engine"]["output"]) | settings
        data["probes"]["inner-engine"]["output"] = json.dumps(info)

    return change


def without(name: str) -> Change:
    return lambda data: data["probes"].pop(name)


def isolated_by_sysbox(data: dict[str, Any]) -> None:
    """UNVERIFIED: the answers of the stand-in, with the user namespace that Sysbox's documentation promises."""
    probe("user-map", "         0     165536      65536\n")(data)


@pytest.mark.parametrize(
    ("level", "change", "applicable"),
    [("rootless", lambda _: None, 39), ("privileged", lambda _: None, 34), ("sysbox", isolated_by_sysbox, 37)],
)
def test_what_was_recorded_passes(level: str, change: Change, applicable: int) -> None:
    report = judge(recorded(level, change))
    assert not_passed(recorded(level, change)) == {}
    assert report.passed
    assert f"{applicable} of {applicable} checks passed" in report.headline()


def test_a_runtime_that_only_calls_itself_sysbox_is_found_out() -> None:
    report = judge(recorded("sysbox"))
    assert not report.passed
    assert not_passed(recorded("sysbox")) == {"user-namespace": "failed"}
    assert "the nested engine's root is root on the host: the uid_map is 0 0 4294967295" in report.text()
    assert "NOT VERIFIED as sysbox" in report.headline()


def key(probe_name: str, path: str) -> Change:
    """The authority's key lies in ``path``, too."""

    def change(data: dict[str, Any]) -> None:
        told = data["probes"][probe_name]
        kept = [line for line in told["output"].splitlines() if not line.endswith(f" {path}")]
        told["output"] = "\n".join([*kept, f"{data['probes']['authority-key']['output']} {path}"])

    return change


def changed(path: str) -> Change:
    return lambda data: data["changes"].append(path)


def setuid_mapper(data: dict[str, Any]) -> None:
    host(CapAdd=["SETUID", "SETGID", "SYS_ADMIN", "DAC_OVERRIDE"])(data)
    probe("mapper-mode", "4711")(data)


ONE = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
TWO = f"{ONE}-----BEGIN CERTIFICATE-----\nBBBB\n-----END CERTIFICATE-----\n"
SERVED = "server 29.7.2"
UNREACHED = "Cannot connect to the Docker daemon at tcp://docker:2376. Is the docker daemon running?"
STRANGE_VOLUME = {"Driver": "local", "Options": {"type": "none", "o": "bind", "device": "/srv"}, "Labels": {}}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        # who can reach it
        (probe("plaintext", SERVED), {"plaintext-refused": "failed"}),
        (probe("plaintext", UNREACHED, 1), {"plaintext-refused": "unknown"}),
        (without("plaintext"), {"plaintext-refused": "unknown"}),
        (probe("no-certificate", SERVED), {"no-certificate-refused": "failed"}),
        (probe("foreign-certificate", SERVED), {"foreign-certificate-refused": "failed"}),
        (probe("foreign-files", "ls: cannot access", 2), {"foreign-certificate-refused": "unknown"}),
        (probe("plain-port", SERVED), {"plain-port-closed": "failed"}),
        (
            probe("plain-port", "Client sent an HTTP request to an HTTPS server.", 1),
            {"plain-port-closed": "failed"},
        ),
        (probe("listeners", "0: 00000000:0947 00000000:0000 0A", 0), {"listeners": "failed"}),
        (probe("listeners", "", 1), {"listeners": "unknown"}),
        (host(PortBindings={"2376/tcp": [{"HostPort": "2376"}]}), {"nothing-published": "failed"}),
        (host(PublishAllPorts=True), {"nothing-published": "failed"}),
        (lambda data: data["members"].append("intruder"), {"own-network-only": "failed"}),
        (
            lambda data: data["daemon"]["NetworkSettings"]["Networks"].update({"bridge": {}}),
            {"own-network-only": "failed"},
        ),
        (probe("other-network", "CONNECTED(00000003)"), {"other-networks-blocked": "failed"}),
        (probe("own-network", "connect: errno=111", 1), {"other-networks-blocked": "unknown"}),
        # who may command it: one authority, its key, the client's certificate
        (probe("authority", TWO), {"one-authority": "failed"}),
        (probe("client-authority", ONE), {"one-authority": "failed"}),
        (
            lambda data: data["probes"].update(
                {name: {"code": 0, "output": TWO} for name in ("authority", "client-authority")}
            ),
            {"one-authority": "failed"},
        ),
        (probe("accepted-authorities", "CN = docker:dind CA\nCN = stranger"), {"one-authority": "failed"}),
        (probe("accepted-authorities", "CN = docker:dind CA\nCN = docker:dind CA"), {"one-authority": "failed"}),
        (probe("accepted-authorities", ""), {"one-authority": "unknown"}),
        (without("authority"), {"one-authority": "unknown"}),
        (key("client-keys", "/certs/client/other.pem"), {"authority-key-hidden": "failed"}),
        (key("client-keys", "/certs/client/key.pem"), {"authority-key-hidden": "failed"}),
        (key("keys", "/home/rootless/.local/share/docker/notes.txt"), {"authority-key-hidden": "failed"}),
        (key("keys", "/certs/server/ca.key"), {"authority-key-hidden": "failed"}),
        (
            probe("client-keys", f"{'0' * 64} /certs/client/key.pem\n{'1' * 64} /certs/client/more.pem"),
            {"authority-key-hidden": "failed"},
        ),
        (
            lambda data: data["probes"]["mounts"].update(
                output=data["probes"]["mounts"]["output"].replace("/certs/ca ", "/x ")
            ),
            {"authority-key-hidden": "failed"},
        ),
        (without("authority-key"), {"authority-key-hidden": "unknown"}),
        (
            lambda data: data["users"]["dindguard-recorded-client-certificates"].append("stranger"),
            {"certificates-exclusive": "failed"},
        ),
        (
            probe("engine-arguments", "dockerd\n--tlsverify\n--host=tcp://0.0.0.0:2377"),
            {"engine-arguments": "failed"},
        ),
        (probe("engine-arguments", "dockerd\n-H\ntcp://0.0.0.0:2375\n--tlsverify"), {"engine-arguments": "failed"}),
        (probe("engine-arguments", "dockerd\n--tlsverify=false"), {"engine-arguments": "failed"}),
        (probe("engine-arguments", "dockerd\n--tls"), {"engine-arguments": "failed"}),
        (without("engine-arguments"), {"engine-arguments": "unknown"}),
        # what contains it
        (host(Privileged=True), {"not-privileged": "failed"}),
        (probe("engine-user-map", "         0          0 4294967295"), {"user-namespace": "failed"}),
        (probe("engine-user-map", "", 1), {"user-namespace": "unknown"}),
        (host(CapAdd=["SETUID", "NET_ADMIN"]), {"capabilities": "failed"}),
        (host(CapAdd=["CAP_SETUID", "CAP_SETGID"]), {}),
        (host(CapAdd=["SETUID", "SETGID", "SYS_ADMIN", "DAC_OVERRIDE"]), {"capabilities": "failed"}),
        (setuid_mapper, {}),
        (probe("mapper-mode", "4755"), {"capabilities": "failed"}),
        (without("mapper-mode"), {"capabilities": "unknown"}),
        (host(CapDrop=[]), {"capabilities": "failed"}),
        (probe("filter", "Seccomp:\t0"), {"system-call-filter": "failed"}),
        (host(SecurityOpt=['seccomp={"defaultAction": "SCMP_ACT_ALLOW"}']), {"system-call-filter": "failed"}),
        (host(SecurityOpt=["seccomp=unconfined"]), {"system-call-filter": "failed"}),
        (probe("block-devices", "/dev/sda\n/dev/loop0"), {"host-devices-hidden": "failed"}),
        (probe("block-devices", "/srv/disk"), {"host-devices-hidden": "failed"}),
        (probe("device-rules", "a *:* rwm"), {"host-devices-hidden": "failed"}),
        (probe("device-rules", "b 8:0 r"), {"host-devices-hidden": "failed"}),
        (probe("device-rules", "b *:* m\nc 1:3 rwm"), {}),
        (probe("inner-privileged", "inner-container-ran"), {"inner-privileged-refused": "failed"}),
        (probe("inner-privileged", "timed out", 143), {"inner-privileged-refused": "failed"}),
        (host(PidMode="host"), {"no-host-namespace": "failed"}),
        (host(IpcMode="container:abc"), {"no-host-namespace": "failed"}),
        (
            lambda data: data["daemon"]["Mounts"].append({"Type": "bind", "Source": "/run/docker.sock"}),
            {"no-host-socket": "failed", "no-host-files": "failed"},
        ),
        (lambda data: data["volumes"].update({"srv": STRANGE_VOLUME}), {"no-host-files": "failed"}),
        # that it works, and ends
        (
            probe("inner-run", "exec format error", 1),
            {"inner-container-runs": "failed", "inner-privileged-refused": "unknown"},
        ),
        (inner(Driver="vfs"), {"storage-driver": "failed"}),
        (inner(Driver="fuse-overlayfs"), {}),
        (inner(Driver="btrfs"), {"storage-driver": "failed"}),
        (
            probe("mounts", "1 0 0:1 / / rw - overlay overlay rw\n2 1 0:2 / /certs/ca rw - tmpfs tmpfs rw"),
            {"storage-driver": "failed"},
        ),
        (inner(DockerRootDir="/data"), {"data-root-own-volume": "failed", "storage-driver": "failed"}),
        (without("inner-engine"), {"data-root-own-volume": "unknown", "storage-driver": "unknown"}),
        (
            lambda data: data["volumes"]["dindguard-recorded-data"]["Labels"].clear(),
            {"data-root-own-volume": "failed"},
        ),
        (
            lambda data: data["volumes"]["dindguard-recorded-client-certificates"].update(Labels=None),
            {"data-root-own-volume": "failed"},
        ),
        (
            lambda data: data["users"]["dindguard-recorded-data"].append("second"),
            {"data-root-exclusive": "failed"},
        ),
        (lambda data: data["users"].clear(), {"data-root-exclusive": "unknown"}),
        (host(Memory=0), {"limits-set": "failed"}),
        (host(Memory=1 << 50, MemorySwap=1 << 50), {"limits-set": "failed"}),
        (host(MemorySwap=-1), {"limits-set": "failed"}),
        (host(PidsLimit=None), {"limits-set": "failed"}),
        (host(NanoCpus=1_000_000_000), {"limits-set": "failed"}),
        (lambda data: data["outer"].update(MemTotal=1 << 30), {"limits-set": "failed", "same-machine": "failed"}),
        (probe("pid-max", "512"), {"limits-set": "failed"}),
        (without("pid-max"), {"limits-set": "unknown"}),
        (probe("memory-limit", "max"), {"limits-hold": "failed"}),
        (probe("memory-limit", "9223372036854771712"), {"limits-hold": "failed"}),
        (probe("memory-limit", str((2 << 30) - 4096)), {}),
        (probe("memory-limit", str(1 << 30)), {"limits-hold": "failed"}),
        (probe("swap-limit", "9223372036854771712"), {"limits-hold": "failed"}),
        (probe("process-limit", "1025"), {"limits-hold": "failed"}),
        (probe("processor-limit", "-1"), {"limits-hold": "failed"}),
        (probe("processor-limit", "200000 100000"), {}),
        (probe("inner-cgroup", "0::/docker/another"), {"limits-hold": "failed"}),
        (probe("inner-cgroup", "", 1), {"limits-hold": "unknown"}),
        (host(LogConfig={"Type": "json-file", "Config": {}}), {"log-limited": "failed"}),
        (host(LogConfig={"Type": "local", "Config": {}}), {}),
        (lambda data: data["image"].update(Id="sha256:0"), {"image-pinned": "failed"}),
        (lambda data: data["client_image"].update(Id="sha256:0"), {"image-pinned": "failed"}),
        (lambda data: data["client_image"].clear(), {"image-pinned": "failed"}),
        (probe("client-image", "it has no docker, curl, python3 or openssl", 127), {"client-image-works": "failed"}),
        (probe("client-image", UNREACHED, 1), {"client-image-works": "failed"}),
        (probe("client-image", "", 0), {"client-image-works": "failed"}),
        (probe("client-image", "OK", 0), {}),
        (without("client-image"), {"client-image-works": "unknown"}),
        (probe("zombies", "3"), {"no-zombies": "failed"}),
        (without("zombies"), {"no-zombies": "unknown"}),
        (changed("/etc/docker/daemon.json"), {"image-unchanged": "failed"}),
        (changed("/usr/local/bin/dockerd"), {"image-unchanged": "failed"}),
        (changed("/home/rootless/.config/docker/daemon.json"), {"image-unchanged": "failed"}),
        (changed("/opt/containerd/bin/runc"), {"image-unchanged": "failed"}),
        (changed("/etc/docker/key.json"), {}),
        (lambda data: data["outer"].update(NCPU=64), {"same-machine": "failed"}),
        (lambda data: data["outer"].update(SecurityOptions=["name=apparmor"]), {"same-machine": "failed"}),
        (
            lambda data: data["daemon"]["State"].pop("Health"),
            {"healthy": "failed", "time-to-live": "failed"},
        ),
        (
            lambda data: data["daemon"]["Config"].update(Healthcheck={"Test": ["CMD", "true"]}),
            {"time-to-live": "failed"},
        ),
        (lambda data: data.update(taken=data["taken"] + 120), {"time-to-live": "failed"}),
        (host(RestartPolicy={"Name": "always"}), {"time-to-live": "failed"}),
        (lambda data: data.update(taken=4e9), {"time-to-live": "failed"}),
        (label("expires", "never"), {"time-to-live": "failed"}),
    ],
)
def test_one_lie_is_seen_by_its_check(change: Change, expected: dict[str, str]) -> None:
    assert not_passed(recorded("rootless", change)) == expected


def test_without_the_right_client_no_refusal_counts() -> None:
    unreached = probe("client-certificate", UNREACHED, 1)
    assert not_passed(recorded("rootless", unreached)) == {
        "client-certificate-accepted": "failed",
        "plaintext-refused": "unknown",
        "no-certificate-refused": "unknown",
        "foreign-certificate-refused": "unknown",
        "plain-port-closed": "unknown",
    }


def test_privileged_needs_its_ticket_and_is_never_called_verified() -> None:
    assert not_passed(recorded("privileged", label("consent", ""))) == {"consent-recorded": "failed"}
    report = judge(recorded("privileged"))
    assert "accepted under SEC-1; not isolated from the host" in report.headline()
    assert json.loads(report.json())["verified"] is False
    assert json.loads(report.json())["consent"] == "SEC-1"


def test_a_container_that_says_nothing_passes_nothing_it_was_asked() -> None:
    silent = recorded("rootless", lambda data: data["probes"].clear())
    outcomes = {result.check: result.outcome for result in judge(silent).results}
    asked = {"user-namespace", "system-call-filter", "plaintext-refused", "limits-hold", "storage-driver"}
    assert all(outcomes[check] in {Outcome.UNKNOWN, Outcome.FAILED} for check in asked)
    assert not judge(silent).passed


def test_every_check_names_itself_once_and_says_what_to_do() -> None:
    names = [check.name for check in CHECKS]
    assert len(set(names)) == len(names)
    assert all(check.remedy for check in CHECKS)
    failing = judge(recorded("rootless", probe("plaintext", SERVED))).text(everything=False)
    assert "instead: let DOCKER_TLS_CERTDIR be /certs" in failing
    assert "healthy" not in failing


def test_what_probes_print_cannot_command_a_terminal() -> None:
    text = judge(recorded("rootless", probe("plaintext", "no\x1b]0;owned\x07\nok  everything is fine", 1))).text()
    assert "\x1b" not in text
    assert "\nok  everything" not in text


@pytest.mark.parametrize(
    ("text", "mapped"),
    [
        ("0 0 4294967295", False),
        ("0 0 1\n1 100000 65536", False),
        ("0 1000 1\n1 100000 65536", True),
        ("0 165536 65536", True),
        ("", None),
        ("cat: no such file", None),
        ("0 x 1", None),
    ],
)
def test_user_maps(text: str, mapped: bool | None) -> None:
    assert is_mapped(text) is mapped


def test_listening_ports() -> None:
    table = """\
  sl  local_address rem_address   st
   0: 0B00007F:9C07 00000000:0000 0A
   1: 0100007F:0948 00000000:0000 0A
   2: 00000000:0948 00000000:0000 0A
   3: 020011AC:0947 00000000:0000 01
   4: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A
   5: 00000000000000000000000001000000:0051 00000000000000000000000000000000:0000 0A"""
    assert listening_ports(table) == {2376, 80}


def test_file_systems() -> None:
    mounts = """\
80 54 0:39 / / rw - overlay overlay rw
101 80 254:0 /v /var/lib/docker rw master:3 - ext4 /dev/sda rw
102 80 254:0 /v /var/lib/docker2 rw - xfs /dev/sdb rw"""
    assert file_system_of("/var/lib/docker", mounts) == ("/var/lib/docker", "ext4")
    assert file_system_of("/var/lib/docker/x", mounts) == ("/var/lib/docker", "ext4")
    assert file_system_of("/srv", mounts) == ("/", "overlay")
    assert file_system_of("/srv", "junk") == ("", "")


@pytest.mark.parametrize(
    ("own", "found", "private", "holds"),
    [
        ("0::/docker/a", "0::/docker/a/docker/b", False, True),
        ("0::/docker/a", "0::/docker/ab", False, False),
        ("0::/", "0::/docker/b", True, True),
        ("0::/init", "0::/docker/b", True, True),
        ("0::/init", "0::/../other", True, False),
        ("2:memory:/docker/a\n1:pids:/docker/a", "2:memory:/docker/a/docker/b\n1:pids:/user", False, False),
        ("2:cpu,cpuacct:/docker/a\n1:name=x:/a", "2:cpu,cpuacct:/docker/a/b\n1:name=x:/", False, True),
    ],
)
def test_limits_hold_where_inner_containers_are_counted_within(
    own: str, found: str, private: bool, holds: bool
) -> None:
    def change(data: dict[str, Any]) -> None:
        probe("cgroup", own)(data)
        probe("inner-cgroup", found)(data)
        host(CgroupnsMode="private" if private else "host")(data)

    assert not_passed(recorded("rootless", change)) == ({} if holds else {"limits-hold": "failed"})
    assert cgroup_paths(own)


def test_answers_survive_recording_and_strange_lines_are_passed_over() -> None:
    answers = recorded("rootless")
    assert Answers.from_json(answers.to_json()) == answers
    assert parse("a 0 b2s=\nnoise\nb x y\nc 1 !!!\nd -1 \n") == {"a": Answer(0, "ok"), "d": Answer(-1, "")}


def test_judging_changes_nothing() -> None:
    answers = recorded("rootless")
    before = copy.deepcopy(answers)
    judge(answers)
    assert answers == before


def test_the_guide_lists_every_check() -> None:
    guide = (Path(__file__).parent.parent / "docs" / "environment.md").read_text(encoding="utf-8")
    table = guide.partition("## The checks")[2].partition("## ")[0]
    listed = set(
        re.findall(r"`([a-z-]+)`", "".join(row.split("|")[1] for row in table.splitlines() if row[:1] == "|"))
    )
    assert listed == {check.name for check in CHECKS}
