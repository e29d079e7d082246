"""What ``sed`` brings into an engine's files; the rest of them stays unknown."""

from __future__ import annotations

from pathlib import Path

import pytest

from dindguard.model.model import Model
from dindguard.scanning import Options, scan
from support import write_files

UNIT = "/lib/systemd/system/docker.service"
OPEN = "tcp://0.0.0.0:2375"


def model_of(folder: Path, line: str) -> Model:
    write_files(folder, {"setup.sh": f"#!/bin/bash\n{line}\n"})
    return scan(Options(paths=(folder,), root=folder)).model


@pytest.mark.parametrize(
    "line",
    [
        f"sed -i 's|-H fd://|-H fd:// -H {OPEN}|' {UNIT}",
        f"sudo sed -i -e '/^ExecStart=/ s/$/ -H tcp:\\/\\/0.0.0.0:2375/' {UNIT}",
        f"sed -i.bak -E 's#^(ExecStart=.*)$#\\1 -H {OPEN}#' {UNIT}",
        f"sed -i '' 's,fd://,fd:// -H {OPEN},' {UNIT}",
        f"sed --in-place --expression='1,$ {{ s|&|x|; s|fd://|& -H {OPEN}|g }}' {UNIT}",
        f"sed 's|dockerd|dockerd -H {OPEN}|' a.service > {UNIT}",
        f'O="-H {OPEN}"; sed -i "s|fd://|fd:// $O|" {UNIT}',
        f"perl -pi -e 's|fd://|fd:// -H {OPEN}|' {UNIT}",
        f"perl -i.bak -pe 's{{^(ExecStart=.*)$}}{{$1 -H {OPEN}}}' {UNIT}",
        f'perl -0777 -pi -e \'s|\\[\\]|["{OPEN}"]|; s|^\\{{|{{"hosts": ["{OPEN}"],|\' /etc/docker/daemon.json',
        f"sed -i '\\,^ExecStart, s,$, -H {OPEN},' {UNIT}",
        f"""sed -i 's|"hosts": \\[\\]|"hosts": ["{OPEN}"]|' /etc/docker/daemon.json""",
        f"""sed -i 's|^{{|{{"hosts": ["{OPEN}"],|' /etc/docker/daemon.json""",
        f"""sed -i '2i "hosts": ["{OPEN}"],' /etc/docker/daemon.json""",
        f"""sed -i 's|^#*DOCKER_OPTS=.*|DOCKER_OPTS="-H {OPEN}"|' /etc/default/docker""",
        f"""sed -i 's|OPTS="|OPTS="-H {OPEN} |' /etc/default/docker""",
    ],
)
def test_what_an_edit_opens_is_seen_at_its_place(tmp_path: Path, line: str) -> None:
    (engine,) = model_of(tmp_path, line).engines
    (listener,) = (each for each in engine.listens if each.scheme == "tcp")
    assert (listener.port, listener.authenticated.off) == (2375, True)
    assert not engine.launch.certain or engine.configuration is not None
    assert listener.span.line == 2


@pytest.mark.parametrize(
    "line",
    [
        f"sed -ri 's|^ExecStart=.*|ExecStart=\\nExecStart=/usr/bin/dockerd -H {OPEN}|' {UNIT}",
        f"sed -i 's|^ExecStart=.*$|ExecStart=/usr/bin/dockerd -H {OPEN}|' {UNIT}",
        f"sed -i '/^ExecStart/c\\ExecStart=/usr/bin/dockerd -H {OPEN}' {UNIT}",
        f"grep ^ExecStart {UNIT} | xargs -I OLD sed -i 's|OLD|ExecStart=/usr/bin/dockerd -H {OPEN}|' {UNIT}",
    ],
)
def test_an_edit_that_brings_a_whole_line_shows_all_of_it(tmp_path: Path, line: str) -> None:
    (engine,) = model_of(tmp_path, line).engines
    assert engine.launch.certain
    assert [each.port for each in engine.listens if each.scheme == "tcp"] == [2375]


@pytest.mark.parametrize(
    "replaced",
    ["ExecStart=/usr/bin/dockerd", "ExecStart=/usr/bin/dockerd -H fd://", "^(ExecStart=.*)$"],
)
def test_an_edit_that_keeps_the_end_of_a_line_leaves_it_unknown(tmp_path: Path, replaced: str) -> None:
    kept = "\\1" if "(" in replaced else ""
    line = f"sed -ri 's|{replaced}|ExecStart=/usr/bin/dockerd -H {OPEN} {kept}|' {UNIT}"
    (engine,) = model_of(tmp_path, line).engines
    assert not engine.launch.certain


@pytest.mark.parametrize(
    "line",
    [
        f"sed -i 's|-H {OPEN}||' {UNIT}",
        f"sed 's|fd://|-H {OPEN}|' {UNIT}",
        f"perl -pi -e 's|-H {OPEN}||' {UNIT}",
        f"perl -e 's|fd://|-H {OPEN}|' {UNIT}",
        f"perl edit.pl -i 's|fd://|-H {OPEN}|' {UNIT}",
        f"sed -i 's|a|-H {OPEN}|' kubelet.service",
        f"sed -i '/{OPEN.replace('/', '.')}/d' {UNIT}",
        f"echo \"sed -i 's|a|-H {OPEN}|' {UNIT}\"",
    ],
)
def test_what_opens_nothing(tmp_path: Path, line: str) -> None:
    assert model_of(tmp_path, line).engines == ()


def test_an_edit_that_no_document_shows_is_said(tmp_path: Path) -> None:
    write_files(tmp_path, {"setup.sh": f"#!/bin/sh\nsed -i 's|fd://|{OPEN}|' /etc/docker/daemon.json\n"})
    report = scan(Options(paths=(tmp_path,), root=tmp_path))
    assert [(n.kind, n.span.line) for n in report.notices] == [("undecided", 2)]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('echo "$config" > /etc/docker/daemon.json', True),
        ("envsubst < daemon.json.in > /etc/docker/daemon.json", True),
        ("jq .a settings.json | sudo tee /etc/docker/daemon.json", True),
        ("make-options >> /etc/default/docker", True),
        ("echo '{}' > /etc/docker/daemon.json", False),
        (": > /etc/docker/daemon.json", False),
        ("jq .a settings.json > /etc/docked/daemon.json", False),
        ("jq .a < /etc/docker/daemon.json", False),
    ],
)
def test_what_a_command_writes_into_an_engines_file_is_said_to_be_unknown(
    tmp_path: Path, line: str, said: bool
) -> None:
    write_files(tmp_path, {"setup.sh": f"#!/bin/bash\n{line}\ndocker info\n"})
    report = scan(Options(paths=(tmp_path,), root=tmp_path))
    assert [(n.kind, n.span.line) for n in report.notices] == ([("undecided", 2)] if said else [])


def test_a_powershell_pipeline_into_an_engines_file_is_said_to_be_unknown(tmp_path: Path) -> None:
    write_files(
        tmp_path, {"a.ps1": 'Set-Content "$env:ProgramData\\docker\\config\\daemon.json" (ConvertTo-Json $x)\n'}
    )
    report = scan(Options(paths=(tmp_path,), root=tmp_path))
    assert [(n.kind, n.span.line) for n in report.notices] == [("undecided", 1)]
