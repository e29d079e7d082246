"""``--env-file``: which file it is, what is read of it, and what wins."""

from __future__ import annotations

import pytest

from dindguard.model.container import Environment
from dindguard.scripts.commands import commands
from dindguard.scripts.meaning import ScriptModel, script_model
from dindguard.source import Source

PLAIN = "DOCKER_HOST=tcp://a:2375\n"


def model(script: str, path: str = "bin/start.sh", **files: str) -> ScriptModel:
    """Return what a script means beside files whose names say where they lie (``bin__a_env``: ``bin/a.env``)."""
    named = {name.replace("__", "/").replace("_env", ".env"): text for name, text in files.items()}
    source = Source(path, f"#!/bin/sh\n{script}\n")

    def opened(name: str) -> Source | None:
        return Source(name, named[name]) if name in named else None

    return script_model(commands(source), source, None, opened)


def environment(script: str, **files: str) -> Environment:
    [workload] = model(script, **files).workloads
    return workload.containers[0].environment


@pytest.mark.parametrize(
    ("file", "there"),
    [
        ("a.env", "bin__a_env"),
        ("./a.env", "bin__a_env"),
        ("a.env", "a_env"),
        ("conf/a.env", "conf__a_env"),
        ("../a.env", "a_env"),
        ('"$(dirname "$0")/a.env"', "bin__a_env"),
        ('"$HERE/a.env"', "bin__a_env"),
    ],
)
@pytest.mark.parametrize("option", ["--env-file {}", "--env-file={}"])
def test_which_file_it_is(file: str, there: str, option: str) -> None:
    found = environment(f"docker run {option.format(file)} alpine", **{there: PLAIN})
    assert found.value("DOCKER_HOST") == "tcp://a:2375"


@pytest.mark.parametrize("file", ["/etc/a.env", "~/a.env", "$ENV_FILE", "a-$X.env", "b.env"])
def test_a_file_that_nobody_shows_is_told(file: str) -> None:
    found = model(f"docker run --env-file {file} alpine", bin__a_env=PLAIN)
    assert len(found.workloads[0].containers[0].environment) == 0
    assert ["could not be read" in each.message for each in found.notices] == [True]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (PLAIN, "tcp://a:2375"),
        (f"  {PLAIN}", "tcp://a:2375"),
        ('DOCKER_HOST="tcp://a:2375"\n', '"tcp://a:2375"'),
        ("DOCKER_HOST=\n", ""),
        ("DOCKER_HOST=a\r\nDOCKER_HOST=b\r\n", "b"),
        (f"#{PLAIN}", None),
        (f"export {PLAIN}", None),
        ("DOCKER_HOST\n", None),
        ("MY_DOCKER_HOST=a\n", None),
    ],
)
def test_what_is_read_of_it(text: str, value: str | None) -> None:
    assert environment("docker run --env-file a.env alpine", a_env=text).value("DOCKER_HOST") == value


def test_what_wins() -> None:
    files = {"a_env": PLAIN, "b_env": "DOCKER_HOST=b\nPOST=1\n"}
    found = environment("docker run --env-file a.env --env-file b.env alpine", **files)
    assert (found.value("DOCKER_HOST"), found.value("POST")) == ("b", "1")
    own = environment("docker run -e DOCKER_HOST=own --env-file a.env alpine", **files)
    assert own.value("DOCKER_HOST") == "own"


def test_it_is_told_where_it_is_written_and_used() -> None:
    variable = environment("docker run --env-file a.env alpine", a_env=f"X=1\n{PLAIN}")["DOCKER_HOST"]
    assert variable is not None
    assert str(variable.value.span) == "a.env:2:13"
    assert [str(step.span) for step in variable.value.span.trail] == ["bin/start.sh:2:23"]


def test_what_another_client_takes_it_for_gives_no_container_anything() -> None:
    assert environment("docker compose --env-file a.env run -v /:/h web", a_env=PLAIN).value("DOCKER_HOST") is None
