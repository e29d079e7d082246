"""Units, drop-ins, sockets, variables and supervised programs: what starts a machine's engine, joined."""

from __future__ import annotations

from pathlib import Path

import pytest

from dindguard import Options, scan
from dindguard.documents.sections import read_ini, read_unit
from dindguard.model.engine import Engine
from dindguard.model.paths import machine_of
from dindguard.source import Source
from support import write_files

DROP_IN = "etc/systemd/system/docker.service.d"


def engines(root: Path, **files: str) -> list[Engine]:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return list(scan(Options(paths=(root,), root=root)).model.engines)


def ports(engine: Engine) -> list[int | None]:
    return [each.port for each in engine.listens if each.scheme == "tcp"]


UNITS = [
    ("[Service]\nExecStart=/bin/a \\\n  # no end\n  --b\n", [("Service", "ExecStart", "/bin/a --b")]),
    ("[Service]\n; c\n#d\nA = b  \n", [("Service", "A", "b")]),
    ("[A]\nx=1\n[B]\nx=\n", [("A", "x", "1"), ("B", "x", "")]),
    ("x=1", [("", "x", "1")]),
    ("[A]\nx=1\\", [("A", "x", "1")]),
    ("[A]\nno value\n=b\n", []),
    ("", []),
]


@pytest.mark.parametrize(("text", "expected"), UNITS)
def test_the_lines_of_a_unit(text: str, expected: list[tuple[str, str, str]]) -> None:
    assert [(e.section, e.key, e.value.text) for e in read_unit(Source("a.service", text))] == expected


def test_a_joined_value_keeps_the_places_of_its_characters() -> None:
    (entry,) = read_unit(Source("a.service", "[S]\nExecStart=/bin/a \\\n   --host=x\n"))
    start = entry.value.text.index("--host")
    span = entry.value.span(start, start + 6)
    assert (span.line, span.column, span.end_column) == (3, 4, 10)


INI = [
    ("[p]\ncommand=a ; b\n", [("p", "command", "a")]),
    ("[p]\ncommand=a#b\n", [("p", "command", "a#b")]),
    ("[p]\ncommand=a\n  b\n  ; c\n  d\ne=1\n", [("p", "command", "a b d"), ("p", "e", "1")]),
]


@pytest.mark.parametrize(("text", "expected"), INI)
def test_the_lines_of_an_ini(text: str, expected: list[tuple[str, str, str]]) -> None:
    assert [(e.section, e.key, e.value.text) for e in read_ini(Source("a.ini", text))] == expected


def test_a_drop_in_replaces_the_units_command_only_after_a_reset(tmp_path: Path) -> None:
    unit = "[Service]\nExecStart=/usr/bin/dockerd -H fd://\n"
    reset = "[Service]\nExecStart=\nExecStart=/usr/bin/dockerd -H tcp://0.0.0.0:2375\n"
    (engine,) = engines(tmp_path, **{"etc/systemd/system/docker.service": unit, f"{DROP_IN}/a.conf": reset})
    assert ports(engine) == [2375]


@pytest.mark.parametrize("signs", ["", "-", "-:+", "|"])
def test_a_command_behind_signs_is_read(tmp_path: Path, signs: str) -> None:
    write_files(tmp_path, {"job.service": f"[Service]\nExecStart={signs}/usr/bin/docker run --privileged a\n"})
    (finding,) = scan(Options(paths=(tmp_path,))).findings
    assert (finding.rule.id, finding.span.column) == ("privileged-container", 31 + len(signs))


def test_a_command_that_is_told_what_to_be_called_is_read(tmp_path: Path) -> None:
    commands = "@/usr/bin/docker docker run --privileged a", "@/usr/bin/runc true docker run --privileged a"
    write_files(tmp_path, {"job.service": "[Service]\n" + "".join(f"ExecStartPre={each}\n" for each in commands)})
    (finding,) = scan(Options(paths=(tmp_path,))).findings
    assert (finding.rule.id, finding.span.line) == ("privileged-container", 2)


def test_later_drop_ins_count(tmp_path: Path) -> None:
    text = "[Service]\nExecStart=\nExecStart=/usr/bin/dockerd -H tcp://0.0.0.0:{}\n"
    names = {f"{DROP_IN}/{name}.conf": text.format(port) for name, port in (("20-b", 2), ("10-a", 1))}
    (engine,) = engines(tmp_path, **names)
    assert ports(engine) == [2]


def test_a_second_command_without_a_reset_is_refused(tmp_path: Path) -> None:
    assert engines(tmp_path, **{f"{DROP_IN}/a.conf": "[Service]\nExecStart=/usr/bin/dockerd -H tcp://:2375\n"}) == []


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("docker.service", True),
        ("docker.service.j2", True),
        ("docker.service.erb", True),
        ("docker.service.in", True),
        ("docker.service.conf", False),
        ("docker.service.d/tcp.conf", False),
        ("docker.service.d/tcp.conf.j2", False),
    ],
)
def test_a_template_of_a_unit_is_a_unit(tmp_path: Path, name: str, counts: bool) -> None:
    found = engines(tmp_path, **{f"templates/{name}": "[Service]\nExecStart=/usr/bin/dockerd -H tcp://:2375\n"})
    assert [ports(each) for each in found] == ([[2375]] if counts else [])


def test_variables_come_from_the_files_that_the_unit_names(tmp_path: Path) -> None:
    unit = "[Service]\nEnvironmentFile=-/etc/default/docker\nExecStart=/usr/bin/dockerd $DOCKER_OPTS ${ONE}\n"
    files = {
        "etc/systemd/system/docker.service": unit,
        "etc/default/docker": "# DOCKER_OPTS=no\nDOCKER_OPTS='-H tcp://0.0.0.0:2375 --tls=false'\nONE=--debug\n",
    }
    (engine,) = engines(tmp_path, **files)
    assert ports(engine) == [2375]
    assert engine.launch.certain
    assert engine.setting("debug") is not None


def test_a_variable_that_nobody_sets_leaves_room_for_doubt(tmp_path: Path) -> None:
    (engine,) = engines(
        tmp_path, **{"etc/systemd/system/docker.service": "[Service]\nExecStart=/usr/bin/dockerd $DOCKER_OPTS\n"}
    )
    assert not engine.launch.certain


def test_unit_socket_and_file_of_one_machine_are_one_engine(tmp_path: Path) -> None:
    files = {
        "etc/systemd/system/docker.service": "[Service]\nExecStart=/usr/bin/dockerd -H fd://\n",
        "etc/systemd/system/docker.socket": "[Socket]\nListenStream=/run/docker.sock\nListenStream=2375\n",
        "etc/docker/daemon.json": '{"storage-driver": "vfs", "tls": true}',
    }
    (engine,) = engines(tmp_path, **files)
    assert ports(engine) == [2375]
    assert str(engine.storage_driver) == "vfs"
    assert all(each.authenticated is not None and each.authenticated.on for each in engine.listens if each.port)


def test_files_of_two_machines_are_two_engines(tmp_path: Path) -> None:
    found = engines(
        tmp_path,
        **{
            "a/etc/docker/daemon.json": '{"hosts": ["tcp://0.0.0.0:2376"]}',
            "b/etc/systemd/system/docker.service": "[Service]\nExecStart=/usr/bin/dockerd --tlsverify\n",
        },
    )
    assert len(found) == 2


def test_hosts_in_both_halves_is_an_engine_that_does_not_start(tmp_path: Path) -> None:
    files = {
        "etc/systemd/system/docker.service": "[Service]\nExecStart=/usr/bin/dockerd -H fd://\n",
        "etc/docker/daemon.json": '{"hosts": ["tcp://0.0.0.0:2375"]}',
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    report = scan(Options(paths=(tmp_path,), root=tmp_path))
    assert [finding.rule.id for finding in report.findings] == ["conflicting-engine-settings"]


@pytest.mark.parametrize(
    "text",
    [
        "[D-BUS Service]\nName=org.example\nExec=/usr/bin/dockerd -H tcp://0.0.0.0:2375\n",
        "[Service]\nExecStop=/usr/bin/docker stop x\n",
        "[Service]\nExecStart=/usr/bin/true # dockerd -H tcp://0.0.0.0:2375\n",
        "\x00[Service\nExecStart",
    ],
)
def test_what_starts_no_engine(tmp_path: Path, text: str) -> None:
    assert engines(tmp_path, **{"x.service": text}) == []


MACHINES = [
    ("etc/docker/daemon.json", False, "/"),
    ("rootfs/etc/docker/daemon.json", False, "rootfs/"),
    ("rootfs/usr/lib/systemd/system/docker.service", False, "rootfs/"),
    ("roles/docker/files/daemon.json", False, "roles/docker/"),
    ("roles/docker/templates/docker.service.j2", False, "roles/docker/"),
    ("files/docker.service.d/a.conf", False, "files/"),
    ("daemon.json", False, "/"),
    ("user-data.yaml", True, "user-data.yaml"),
]


@pytest.mark.parametrize(("path", "embedded", "machine"), MACHINES)
def test_which_files_belong_together(path: str, embedded: bool, machine: str) -> None:
    assert machine_of(path, embedded=embedded) == machine


def test_a_value_that_nobody_knows_takes_no_other_words_place(tmp_path: Path) -> None:
    unit = "[Service]\nExecStart=/usr/bin/dockerd -H ${WHERE} -H tcp://0.0.0.0:2375 --debug\n"
    (engine,) = engines(tmp_path, **{"etc/systemd/system/docker.service": unit})
    assert ports(engine) == [2375]
    assert engine.setting("debug") is not None
    assert not engine.launch.certain
