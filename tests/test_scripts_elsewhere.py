"""Engines that a script starts, and files that it writes, where it only gets to: on other machines and in containers."""

from __future__ import annotations

from pathlib import Path

import pytest

from dindguard import Options, Report, scan

OPEN = "dockerd -H tcp://0.0.0.0:2375"
UNIT = "/etc/systemd/system/docker.service.d/open.conf"
DROP_IN = "[Service]\nExecStart=\nExecStart=/usr/bin/dockerd -H tcp://0.0.0.0:2375"
SETTINGS = '{"hosts": ["tcp://0.0.0.0:2375"]}'


def report_of(root: Path, script: str) -> Report:
    (root / "a.sh").write_text(f"{script}\n", "utf-8")
    return scan(Options(paths=(root,), root=root))


def told(report: Report) -> list[tuple[str, str]]:
    """Return whom each open engine belongs to, as the finding says it, and how grave that is."""
    found = (each for each in report.findings if each.rule.id == "unauthenticated-engine-api")
    return [(each.message.partition(" obeys ")[0], str(each.severity)) for each in found]


def notes(report: Report) -> list[str]:
    return [each.message for each in report.notices if each.kind == "undecided"]


@pytest.mark.parametrize(
    ("way", "host"),
    [
        ("ssh box {}", "box"),
        ("ssh -p 22 root@box '{} &'", "root@box"),
        ("ssh box sudo {}", "box"),
        ("incus exec box -- {}", "box"),
        ("lxc exec box -- sh -c '{}'", "box"),
        ("multipass exec box -- {}", "box"),
        ("vagrant ssh box -c '{}'", "box"),
        ("pct exec 110 -- {}", "110"),
        ('pct exec 110 -- bash -c "{}"', "110"),
        ("qm guest exec 101 --timeout 30 -- {}", "101"),
        ("lxc-attach -n box -- {}", "box"),
        ("machinectl shell root@box /bin/sh -c '{}'", "root@box"),
        ("podman machine ssh box '{}'", "box"),
        ("hcloud server ssh -u root box {}", "box"),
        ("tsh ssh --login root box {}", "box"),
        ("virtctl ssh -n ci vm/box --command '{}'", "vm/box"),
    ],
)
def test_an_engine_on_another_machine_is_one(tmp_path: Path, way: str, host: str) -> None:
    found = told(report_of(tmp_path, way.replace("{}", OPEN)))
    assert found == [(f"the docker engine in script 'a.sh on {host}'", "critical")]
    assert not told(report_of(tmp_path, way.replace("{}", "dockerd -H tcp://127.0.0.1:2375 --tlsverify")))


def test_engines_of_several_machines_are_told_apart(tmp_path: Path) -> None:
    found = told(report_of(tmp_path, f"{OPEN}\nssh one {OPEN}\nssh two {OPEN}\nssh two docker ps"))
    assert [name for name, _ in found] == [
        f"the docker engine in script '{name}'" for name in ("a.sh", "a.sh on one", "a.sh on two")
    ]


RUN = "docker run -d --privileged --name box a"


@pytest.mark.parametrize(
    ("script", "severity"),
    [
        (f"{RUN}\ndocker exec -d box {OPEN}", "high"),
        (f"{RUN.replace('--name', '-p 2375:2375 --name')}\ndocker exec box sh -c '{OPEN}'", "critical"),
        (f"ssh far {RUN}\nssh far docker exec box {OPEN}", "high"),
    ],
)
def test_an_engine_in_a_container_that_the_script_starts_is_that_containers(
    tmp_path: Path, script: str, severity: str
) -> None:
    assert told(report_of(tmp_path, script)) == [("the docker engine in docker run 'box'", severity)]


@pytest.mark.parametrize(
    "command",
    [
        f"docker exec -d box {OPEN}",
        f"{RUN.replace('box', 'other')}\ndocker exec box {OPEN}",
        f"{RUN}\nssh far docker exec box {OPEN}",
        f"docker compose exec box {OPEN}",
        f"kubectl exec box -- {OPEN}",
    ],
)
def test_an_engine_in_a_container_that_nobody_shows_is_said_not_to_be_judged(tmp_path: Path, command: str) -> None:
    report = report_of(tmp_path, command)
    assert not told(report)
    assert [each for each in notes(report) if "its engine is not judged" in each]
    assert not notes(report_of(tmp_path, command.replace(OPEN, "dockerd --version")))


def write(path: str, text: str) -> str:
    return f"sh -c 'cat > {path} <<EOF\n{text}\nEOF'"


@pytest.mark.parametrize(("path", "text"), [("/etc/docker/daemon.json", SETTINGS), (UNIT, DROP_IN)])
def test_what_is_written_in_a_container_is_no_machines(tmp_path: Path, path: str, text: str) -> None:
    here = report_of(tmp_path, write(path, text))
    assert told(here)
    assert "host" in here.findings[0].message
    elsewhere = report_of(tmp_path, f"docker exec box {write(path, text)}")
    assert not told(elsewhere)
    assert notes(elsewhere) == [
        f"what is written into '{path}' is not known here: that engine's settings are not judged"
    ]
    inside = told(
        report_of(
            tmp_path, f"{RUN}\ndocker exec box {write('/etc/docker/daemon.json', SETTINGS)}\ndocker exec box dockerd"
        )
    )
    assert inside == [("the docker engine in docker run 'box'", "high")]


def test_what_is_written_through_a_mount_is_the_machines(tmp_path: Path) -> None:
    written = write("/host/etc/docker/daemon.json", SETTINGS)
    (found,) = told(report_of(tmp_path, f"docker run --rm -v /etc:/host/etc a {written}"))
    assert found == ("the docker engine configured here", "critical")
    (volume,) = told(report_of(tmp_path, f"docker run --rm -v etc:/host/etc a {written}"))
    assert volume == ("the docker engine configured here", "high")
