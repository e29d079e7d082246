"""PowerShell and batch: which commands a script runs, with which words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from dindguard import Options, budget, scan
from dindguard.scripts.commands import Commands, Dialect, commands
from dindguard.source import Source


def read(text: str, dialect: Dialect) -> Commands:
    with budget.opened():
        return commands(Source("x", f"{text}\n"), dialect=dialect)


def lines(found: Commands) -> list[str]:
    return [" ".join(word.value or f"<{word.variable}>" for word in command.words) for command in found.commands]


RUN = "docker run a b"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("docker run `\n  a `\r\n  b", [RUN]),
        ("docker run 'a' \"b\"", [RUN]),
        ("docker run 'it''s' \"say \"\"x\"\"\"", ["docker run it's say \"x\""]),
        ('docker run "a`tb"', ["docker run a\tb"]),
        ("& docker run a b; docker ps # docker run c", [RUN, "docker ps"]),
        ('& "C:\\Program Files\\Docker\\docker.exe" run a', ["C:\\Program Files\\Docker\\docker.exe run a"]),
        ("$x = docker run a b", [RUN]),
        ("$x = & docker run a b", [RUN]),
        ("if (docker run a b) { docker ps } else { docker info }", [RUN, "docker ps", "docker info"]),
        ("$o = 'a', 'b'\ndocker run $o", [RUN]),
        ("$o = @(\n 'run' # x\n 'a'\n)\n$o += 'b'\ndocker @o", [RUN]),
        ("$o = @('run', 'a') + @('b')\n& docker $o", [RUN]),
        ("docker run $('a'+'-'+\"b\") b", ["docker run a-b b"]),
        ("docker run 'a'+'b'", ["docker run a+b"]),
        ("$a = 'a'\ndocker run ${a} $B", ["docker run a <B>"]),
        ("$c = 'docker run ' + 'a b'\niex $c", [RUN]),
        ("if ($x) { $cmd = 'docker run a' } else { $cmd = 'docker run c' }\nExec \"$cmd b\"", [RUN, "docker run c b"]),
        ("function F($i = 'a') { $x = 'b'; docker run $i $x }\ndocker run $x", [RUN, "docker run <x>"]),
        ("Start-Process docker 'run a b' -Wait", [RUN]),
        ("Start-Process -Wait -FilePath docker -ArgumentList run, a, b", [RUN]),
        ("Start-Process docker -ArgumentList @('run', '\"a\" b')", [RUN]),
        ("Exec { docker run a b }", [RUN]),
        ("Exec ('docker run ' `\n + 'a b')", [RUN]),
        ("Invoke-Tool docker run a b", [RUN]),
        ("cmd /c 'docker run a b'", [RUN]),
        ("pwsh -NoProfile -Command 'docker run a b'", [RUN]),
        ("wsl -d x -- docker run a b", [RUN]),
        ("[void](docker run a b)", [RUN]),
        ("docker run -v ${PWD}:/a --mount type=bind,source=/,target=/b c",
         ["docker run -v <PWD> --mount type=bind,source=/,target=/b c"]),
        ('docker run -e "A=$($x.y("z"))" b', ["docker run -e <x.y> b"]),
        ('docker run -e A=$("b" + (Get-Item c).Name) d', ["docker run -e <(…)> d"]),
        ("Write-Host 'docker run a b'; throw \"docker run a b\"", []),
        ("$help = @'\ndocker run a b\n'@", []),
        ("<# docker run a b\n#> # docker run a b", []),
    ],
)  # fmt: skip
def test_powershell(text: str, expected: Sequence[str]) -> None:
    assert lines(read(text, Dialect.POWERSHELL)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("docker run ^\r\n  a ^\n b", [RUN]),
        ("@docker run a b && docker ps | docker info & docker pull c",
         [RUN, "docker ps", "docker info", "docker pull c"]),
        ("call docker run a b > nul 2>&1", [RUN]),
        ('start "x" /wait docker run a b', [RUN]),
        ('set "O=a b"\ndocker run %O%', [RUN]),
        ("set O=a b\ndocker run %o%", [RUN]),
        ('set O=a b\ndocker run "%O%"', [RUN]),
        ("set I=a\ndocker run %I% !B! %1 %%c %~dp0d", ["docker run a <B> <%1> <%%c> <%~dp0>"]),
        ('if "%1"=="x" (docker run a b) else docker ps', [RUN, "docker ps"]),
        ("if not exist x docker run a b", [RUN]),
        ("if /i %a% EQU 1 if defined c docker run a b", [RUN]),
        ("for %%i in (a b) do docker run a b", [RUN]),
        ("for /f %%i in ('docker ps') do (\n docker run a b\n)", [RUN]),
        ('cmd /c "docker run a b"', [RUN]),
        ('powershell -Command "docker run a b"', [RUN]),
        ("powershell -Command \"cmd /c 'docker run a b'\"", [RUN]),
        ("docker run a^ b", ["docker run a b"]),
        ("rem docker run a b\n:: docker run a b\n:docker\necho docker run a b\nREM docker run a b", []),
    ],
)  # fmt: skip
def test_batch(text: str, expected: Sequence[str]) -> None:
    assert lines(read(text, Dialect.BATCH)) == expected


@pytest.mark.parametrize(
    ("text", "dialect"),
    [
        ('$env:DOCKER_HOST = "tcp://a:2375"\ndocker ps', Dialect.POWERSHELL),
        (
            '[Environment]::SetEnvironmentVariable("DOCKER_HOST", "tcp://a:2375", "User")\ndocker ps',
            Dialect.POWERSHELL,
        ),
        ("setx DOCKER_HOST tcp://a:2375\ndocker ps", Dialect.BATCH),
        ("set DOCKER_HOST=tcp://a:2375\ndocker ps", Dialect.BATCH),
    ],
)
def test_the_engine_that_a_script_names(text: str, dialect: Dialect) -> None:
    (command,) = read(text, dialect).commands
    assert command.environment["DOCKER_HOST"].value == "tcp://a:2375"


@pytest.mark.parametrize(
    ("text", "dialect"),
    [
        ("@'\n{}\n'@ | Set-Content -Path C:\\x\\daemon.json # docker", Dialect.POWERSHELL),
        ("$t = '{}'\nSet-Content C:\\x\\daemon.json -Value $t # docker", Dialect.POWERSHELL),
        ("'{}' | Out-File -FilePath daemon.json -Encoding ascii # docker", Dialect.POWERSHELL),
        ("rem docker\necho {} > C:\\x\\daemon.json", Dialect.BATCH),
    ],
)
def test_what_a_script_writes(text: str, dialect: Dialect) -> None:
    (embedded,) = read(text, dialect).embedded
    assert (embedded.source.hint, embedded.source.text) == ("daemon.json", "{}")


@pytest.mark.parametrize("value", ["($config | ConvertTo-Json -Depth 9)", "(Get-Content a.json)", "$config"])
def test_what_a_command_prints_is_no_document(tmp_path: Path, value: str) -> None:
    """It was read as the JSON that it stands for, and the scan was incomplete."""
    (tmp_path / "a.ps1").write_text(f'Set-Content -Encoding ascii "$env:ProgramData\\docker\\daemon.json" {value}\n')
    assert not scan(Options(paths=tmp_path, root=tmp_path)).incomplete


def test_words_stand_where_they_were_written() -> None:
    text = "$o = @('run', '--privileged')\ndocker @o x\n"
    (command,) = read(text, Dialect.POWERSHELL).commands
    assert (command.words[2].span.line, command.words[2].span.column) == (1, 16)
    (command,) = read('set "O=--rm --privileged"\ndocker run %O% x', Dialect.BATCH).commands
    assert (command.words[3].span.line, command.words[3].span.column) == (1, 13)


@pytest.mark.parametrize("dialect", [Dialect.POWERSHELL, Dialect.BATCH])
@pytest.mark.parametrize("text", ["(", "{", "$(", "@(", '"', '"$(', "@'\n", "<#", "`\n", "^\n", "%a", "if ", "((a)"])
def test_built_text_ends(text: str, dialect: Dialect) -> None:
    read(f"docker {text * 2000}", dialect)
