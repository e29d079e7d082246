"""Levels, consent and what is created, without an engine."""

import json
from dataclasses import replace

import pytest

from dindguard.engine_client import Engine, EngineFacts
from dindguard.environment import bodies, labels, plan
from dindguard.environment.images import Pinned, pin, resolved
from dindguard.environment.levels import assess, choose
from dindguard.environment.offers import describe
from dindguard.environment.spec import Isolation, Limits, Spec, parse_size, parse_time
from dindguard.errors import CONSENT, ENGINE, USAGE, UserError

LINUX = EngineFacts.read(
    {
        "ServerVersion": "29.7.2",
        "OSType": "linux",
        "Architecture": "x86_64",
        "CgroupVersion": "2",
        "NCPU": 8,
        "Runtimes": {"runc": {}, "io.containerd.runc.v2": {}},
        "SecurityOptions": ["name=apparmor", "name=seccomp,profile=builtin", "name=cgroupns"],
    },
    "1.52",
)
LEVELS = [Isolation.SYSBOX, Isolation.ROOTLESS, Isolation.PRIVILEGED]
SYSBOX = replace(LINUX, runtimes=("runc", "sysbox-runc"))
REMAPPED = replace(LINUX, security=LINUX.security | {"userns"})
ROOTLESS = replace(LINUX, security=LINUX.security | {"rootless"})
WINDOWS = replace(LINUX, os_type="windows")
S390 = replace(LINUX, machine="s390x")


@pytest.mark.parametrize(
    ("facts", "offered"),
    [
        (SYSBOX, {"sysbox", "rootless", "privileged"}),
        (LINUX, {"rootless", "privileged"}),
        (replace(SYSBOX, os_type="windows"), {"privileged"}),
        (ROOTLESS, {"privileged"}),
        (S390, {"privileged"}),
        (REMAPPED, set()),
        (replace(REMAPPED, runtimes=("sysbox-runc",)), {"sysbox"}),
    ],
)
def test_what_an_engine_offers(facts: EngineFacts, offered: set[str]) -> None:
    found = assess(facts)
    assert {offer.isolation.value for offer in found if offer.available} == offered
    assert [offer.isolation for offer in found] == LEVELS, "best first"
    assert all(offer.reason for offer in found)


@pytest.mark.parametrize(
    ("facts", "asked", "consent", "outcome"),
    [
        (SYSBOX, None, "", Isolation.SYSBOX),
        (SYSBOX, None, "SEC-1", Isolation.SYSBOX),
        (SYSBOX, Isolation.ROOTLESS, "", Isolation.ROOTLESS),
        (LINUX, None, "", Isolation.ROOTLESS),
        (LINUX, None, "SEC-1", Isolation.ROOTLESS),  # consent is no wish
        (LINUX, Isolation.PRIVILEGED, "SEC-1", Isolation.PRIVILEGED),
        (LINUX, Isolation.PRIVILEGED, "", CONSENT),
        (LINUX, Isolation.SYSBOX, "SEC-1", ENGINE),  # asked for by name: never replaced
        (ROOTLESS, None, "", CONSENT),
        (ROOTLESS, None, "SEC-1", Isolation.PRIVILEGED),
        (ROOTLESS, Isolation.ROOTLESS, "SEC-1", ENGINE),
        (REMAPPED, None, "SEC-1", ENGINE),
        (REMAPPED, Isolation.PRIVILEGED, "SEC-1", ENGINE),
    ],
)
def test_which_level_is_taken(
    facts: EngineFacts, asked: Isolation | None, consent: str, outcome: Isolation | int
) -> None:
    if isinstance(outcome, Isolation):
        assert choose(assess(facts), asked, consent) is outcome
        return
    with pytest.raises(UserError) as refusal:
        choose(assess(facts), asked, consent)
    assert refusal.value.exit_code == outcome


def test_a_refusal_gives_every_reason_and_the_way_on() -> None:
    with pytest.raises(UserError) as refusal:
        choose(assess(ROOTLESS), None, "")
    text = str(refusal.value)
    assert "no runtime sysbox-runc; it has io.containerd.runc.v2, runc" in text
    assert "the engine itself is rootless" in text
    assert "--accept-privileged TICKET" in text


PODMAN = EngineFacts.read(
    {
        "ServerVersion": "4.3.1",
        "OSType": "linux",
        "Architecture": "amd64",
        "Runtimes": {"kata": {}},
        "BuildahVersion": "1",
    },
    "1.41",
)


def test_podman_is_told_from_docker_and_offers_what_it_can() -> None:
    told = describe(PODMAN).text()
    assert told.startswith("engine: Podman 4.3.1")
    assert choose(assess(PODMAN), None, "") is Isolation.ROOTLESS
    assert choose(assess(PODMAN), Isolation.PRIVILEGED, "SEC-1") is Isolation.PRIVILEGED
    with pytest.raises(UserError, match="Sysbox is a runtime for Docker and Kubernetes") as refusal:
        choose(assess(PODMAN), Isolation.SYSBOX, "")
    assert refusal.value.exit_code == ENGINE


@pytest.mark.parametrize("asked", [None, Isolation.PRIVILEGED, Isolation.ROOTLESS])
def test_a_rootless_podman_is_refused_by_name(asked: Isolation | None) -> None:
    facts = replace(PODMAN, security=frozenset({"rootless"}))
    with pytest.raises(UserError, match="a rootless Podman sets no limits") as refusal:
        choose(assess(facts), asked, "SEC-1")
    assert refusal.value.exit_code == ENGINE
    assert "`up` would take nothing: it needs another engine." in describe(facts).text(), "no ticket helps"


def test_an_offer_is_never_called_verified() -> None:
    told = describe(SYSBOX)
    assert told.taken == "sysbox"
    assert "Offered is not verified" in told.text()
    assert json.loads(told.json())["levels"][0]["available"] is True
    assert describe(ROOTLESS).taken == ""


def test_what_the_engine_says_is_made_printable() -> None:
    facts = EngineFacts.read({"ServerVersion": "1\x1b[31m\n2", "Runtimes": {"a\x07b": {}}}, "1.41")
    assert facts.version == "1�[31m 2"
    assert facts.runtimes == ("a�b",)
    assert facts.api == (1, 41)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "Upper"},
        {"name": "a/../b"},
        {"name": "-a"},
        {"name": "a" * 33},
        {"name": "a", "daemon_image": "docker:dind --privileged"},
        {"name": "a", "daemon_image": "docker@sha256:abc"},
        {"name": "a", "load": ("Ubuntu 18",)},
        {"name": "a", "mirror": "http://mirror:5000/path"},
        {"name": "a", "mirror": "mirror:5000"},
        {"name": "a", "tun_device": "dev/net/tun"},
        {"name": "a", "consent": "--yes"},
        {"name": "a", "consent": "SEC\n1"},
        {"name": "a", "consent": "${{ secrets.A }}"},
        {"name": "a", "time_to_live": 0},
    ],
)
def test_what_could_not_be_used_as_it_is_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(UserError) as refusal:
        Spec(**wrong)
    assert refusal.value.exit_code == USAGE


def test_sizes_and_times() -> None:
    assert [parse_size(text) for text in ("2g", "512M", "64mb", "67108864")] == [
        2 << 30,
        512 << 20,
        64 << 20,
        64 << 20,
    ]
    assert [parse_time(text) for text in ("90s", "30m", "2h", "1d")] == [90, 1800, 7200, 86400]
    for text in ("", "2x", "-1g", "1m", "2 g"):
        with pytest.raises(UserError):
            parse_size(text)
    with pytest.raises(UserError):
        parse_time("2")


def test_times_survive_the_labels() -> None:
    assert labels.seconds(labels.timestamp(1_800_000_000.7)) == 1_800_000_000
    assert labels.seconds("yesterday") is None
    expires = {labels.EXPIRES: labels.timestamp(1_800_000_000)}
    assert labels.has_expired(expires, 1_800_000_000)
    assert not labels.has_expired(expires, 1_799_999_999)
    assert not labels.has_expired({}, 1_800_000_000)


def test_only_what_we_named_is_ours() -> None:
    assert labels.is_ours({"Names": ["/dindguard-ci-daemon"]})
    assert labels.is_ours({"Name": "dindguard-ci-data"})
    assert not labels.is_ours({"Names": ["/started-from-a-committed-daemon"]})
    assert not labels.is_ours({})


def planned(isolation: Isolation, facts: EngineFacts = LINUX, **changes: object) -> plan.Plan:
    image = Pinned("docker@sha256:" + "a" * 64, "sha256:" + "b" * 64)
    spec = Spec("ci", isolation, consent="SEC-1", **changes)
    return plan.Plan(spec, isolation, image, image, plan.Ground.of(facts), "run", 1_800_000_000)


@pytest.mark.parametrize("isolation", LEVELS)
def test_every_daemon_is_walled_in(isolation: Isolation) -> None:
    body = bodies.daemon(planned(isolation))
    host = body["HostConfig"]
    assert host["NetworkMode"] == "dindguard-ci-network"
    assert body["NetworkingConfig"]["EndpointsConfig"]["dindguard-ci-network"]["Aliases"] == ["docker"]
    assert {mount["Type"] for mount in host["Mounts"]} == {"volume"}
    assert "/certs/ca" in host["Tmpfs"]
    assert (host["Memory"], host["MemorySwap"], host["PidsLimit"]) == (2 << 30, 2 << 30, 1024)
    assert host["NanoCpus"] == 2_000_000_000
    assert host["LogConfig"]["Config"]["max-size"]
    assert host["RestartPolicy"] == {"Name": "no"}
    assert "PortBindings" not in host
    assert body["Env"] == ["DOCKER_TLS_CERTDIR=/certs"]
    assert body["Image"].startswith("sha256:")
    assert "1800007200" in body["Healthcheck"]["Test"][1]


def test_levels_differ_in_isolation_alone() -> None:
    hosts = {level: bodies.daemon(planned(level))["HostConfig"] for level in LEVELS}
    assert hosts[Isolation.PRIVILEGED]["Privileged"] is True
    assert hosts[Isolation.SYSBOX]["Runtime"] == "sysbox-runc"
    rootless = hosts[Isolation.ROOTLESS]
    assert rootless["CapDrop"] == ["ALL"]
    assert rootless["CapAdd"] == ["SETUID", "SETGID"]
    assert rootless["MaskedPaths"] == rootless["ReadonlyPaths"] == []
    assert rootless["SecurityOpt"][1:] == ["apparmor=unconfined"]
    for level, host in hosts.items():
        assert ("Privileged" in host) == (level is Isolation.PRIVILEGED)
        assert ("Runtime" in host) == (level is Isolation.SYSBOX)
        assert ("CapAdd" in host) == (level is Isolation.ROOTLESS)


def test_the_consent_is_on_privileged_objects_alone() -> None:
    for level in LEVELS:
        found = plan.object_labels(planned(level), labels.DATA)
        assert found.get(labels.CONSENT) == ("SEC-1" if level is Isolation.PRIVILEGED else None)


def test_what_depends_on_the_engine() -> None:
    plain = replace(LINUX, security=frozenset({"seccomp"}), api=(1, 41), processors=1, cgroup="1")
    body = bodies.daemon(planned(Isolation.ROOTLESS, plain))
    assert len(body["HostConfig"]["SecurityOpt"]) == 1
    assert "StartInterval" not in body["Healthcheck"], "unknown before API 1.44"
    assert "StartInterval" in bodies.daemon(planned(Isolation.ROOTLESS))["Healthcheck"]
    setuid = replace(planned(Isolation.ROOTLESS), setuid_mapper=True)
    assert bodies.daemon(setuid)["HostConfig"]["CapAdd"] == ["SETUID", "SETGID", "SYS_ADMIN", "DAC_OVERRIDE"]
    mirrored = bodies.daemon(planned(Isolation.ROOTLESS, mirror="http://mirror:5000"))
    assert mirrored["Cmd"] == ["--registry-mirror=http://mirror:5000"]


def test_limits_fit_the_machine() -> None:
    ground = replace(plan.Ground.of(LINUX), processors=1, memory=4 << 30)
    assert plan.fitted(Limits(), ground) == Limits(cpus=1.0)
    assert plan.fitted(Limits(cpus=0.5), ground).cpus == 0.5
    for memory in (4 << 30, 1 << 50):
        with pytest.raises(UserError, match=r"has 4096 MiB.*--memory 2048m") as refusal:
            plan.fitted(Limits(memory=memory), ground)
        assert refusal.value.exit_code == USAGE
    assert plan.fitted(Limits(), replace(ground, memory=0)).memory == 2 << 30, "an engine that does not tell"


def test_clients_have_no_rights_and_cannot_write_certificates() -> None:
    body = bodies.client(planned(Isolation.ROOTLESS), ["docker", "version"], interactive=False)
    host = body["HostConfig"]
    assert (body["Entrypoint"], body["Cmd"], body["User"]) == (["docker"], ["version"], "65534:65534")
    assert host["CapDrop"] == ["ALL"]
    assert host["ReadonlyRootfs"] is True
    assert host["SecurityOpt"] == ["no-new-privileges"]
    assert [(mount["Target"], mount["ReadOnly"]) for mount in host["Mounts"]] == [("/certs/client", True)]
    assert "OpenStdin" not in body


def test_the_system_call_filter() -> None:
    profile = json.loads(bodies.seccomp_profile())
    assert profile["defaultAction"] == "SCMP_ACT_ERRNO"
    allowed = {name for rule in profile["syscalls"] if "args" not in rule for name in rule["names"]}
    needed = {"clone3", "unshare", "mount", "umount2", "pivot_root", "setns", "keyctl", "openat2", "seccomp"}
    assert needed <= allowed
    refused = (
        "init_module finit_module delete_module kexec_load kexec_file_load reboot swapon swapoff iopl ioperm bpf "
        "perf_event_open userfaultfd io_uring_setup open_by_handle_at add_key request_key clock_settime "
        "settimeofday acct quotactl syslog socketcall kcmp lookup_dcookie"
    )
    assert not allowed & set(refused.split())
    assert {rule["action"] for rule in profile["syscalls"]} == {"SCMP_ACT_ALLOW"}
    assert all(rule["comment"] for rule in profile["syscalls"])


@pytest.mark.parametrize(
    ("family", "allowed"), [(1, True), (2, True), (16, True), (38, False), (39, True), (40, False)]
)
def test_no_sockets_into_the_kernels_cryptography_or_the_hypervisor(family: int, allowed: bool) -> None:
    compare = {"SCMP_CMP_LT": int.__lt__, "SCMP_CMP_EQ": int.__eq__, "SCMP_CMP_GT": int.__gt__}
    rules = [rule for rule in json.loads(bodies.seccomp_profile())["syscalls"] if rule["names"] == ["socket"]]
    assert any(compare[rule["args"][0]["op"]](family, rule["args"][0]["value"]) for rule in rules) is allowed


DIGEST = "docker@sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("image", "digests", "reference"),
    [
        ("docker:29-dind", ["mirror.example/docker@sha256:" + "b" * 64, DIGEST], DIGEST),
        ("docker:29-dind", ["mirror.example/docker@sha256:" + "b" * 64], "mirror.example/docker@sha256:" + "b" * 64),
        ("host.example:5000/docker", [], "sha256:id"),
        (DIGEST, [DIGEST], DIGEST),
    ],
)
def test_an_image_is_used_by_its_digest(image: str, digests: list[str], reference: str) -> None:
    class Api:
        def inspect_image(self, name: str) -> dict[str, object]:
            assert name == image
            return {"Id": "sha256:id", "RepoDigests": digests}

    pulled: list[str] = []
    assert pin(Engine(Api(), LINUX), image, pulled.append) == Pinned(reference, "sha256:id")
    assert not pulled


def test_a_digest_is_asked_of_the_registry_without_a_pull() -> None:
    class Api:
        def inspect_distribution(self, name: str) -> dict[str, object]:
            return {"Descriptor": {"digest": "sha256:" + str(len(name)) * 32}}

    spec = resolved(Engine(Api(), LINUX), Spec("a", Isolation.SYSBOX, client_image=DIGEST))
    official = Isolation.SYSBOX.daemon_image
    assert spec.daemon_image == f"{official}@sha256:" + str(len(official)) * 32
    assert spec.client_image == DIGEST, "what has a digest keeps it"


def test_an_image_that_is_missing_is_pulled_once_and_its_errors_are_told() -> None:
    class Missing(Exception):
        response = type("Response", (), {"status_code": 404})

    class Api:
        present = False
        steps: tuple[dict[str, str], ...] = ({"status": "Pulling"},)

        def inspect_image(self, name: str) -> dict[str, object]:
            if not self.present:
                raise Missing
            return {"Id": "sha256:id", "RepoDigests": [DIGEST]}

        def pull(self, name: str, **options: object) -> tuple[dict[str, str], ...]:
            self.present = True
            return self.steps

    said: list[str] = []
    assert pin(Engine(Api(), LINUX), "docker:29-dind", said.append).reference == DIGEST
    assert said == ["pulling docker:29-dind"]
    api = Api()
    api.steps = ({"error": "denied\x1b[2J"},)
    with pytest.raises(UserError, match="could not be pulled: denied�") as error:
        pin(Engine(api, LINUX), "docker:29-dind", said.append)
    assert error.value.exit_code == ENGINE
