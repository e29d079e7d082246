"""Words that mean something everywhere: yes and no, spans of time, job folders, a forwarder's addresses."""

from __future__ import annotations

import pytest

from build import span, text
from dindguard.model.durations import seconds
from dindguard.model.forwarding import forwarding
from dindguard.model.paths import path_of
from dindguard.model.values import UNKNOWN_PIECE as U
from dindguard.model.values import How, Text, flag, how_written
from dindguard.model.workspaces import is_jobs_folder


def hidden(variable: str, pattern: str = U) -> Text:
    return Text(None, span(), How.UNKNOWN, pattern, variable)


@pytest.mark.parametrize(
    ("words", "state"),
    [
        ("true yes on y 1 t TRUE Yes ON Y T", True),
        ("false no off n 0 f FALSE No OFF N F", False),
        ("maybe 2 tru truely yep nein", None),
    ],
)
def test_which_words_are_a_yes_and_which_a_no(words: str, state: bool | None) -> None:
    for word in words.split():
        assert flag(text(word)).state is state, word
        assert flag(text(f" {word} ")).state is state, word


def test_an_empty_text_is_a_no_and_only_two_words_are_the_same_for_all_readers() -> None:
    assert flag(text("")).off
    portable = [word for word in ("true", "false", "yes", "True", "0") if not flag(text(word)).non_portable]
    assert portable == ["true", "false"]
    assert flag(hidden("V")).unknown
    assert not flag(hidden("V")).non_portable


def test_the_weakest_way_of_writing_counts() -> None:
    order = [How.UNKNOWN, How.DEFAULT, How.VARIABLE, How.INHERITED, How.WRITTEN]
    for index, how in enumerate(order):
        for stronger in order[index:]:
            texts = [Text("x", span(), stronger), Text("x", span(), how)]
            assert how_written(texts) is how
    assert how_written([]) is How.WRITTEN


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("90", 90.0),
        (" 90 ", 90.0),
        ("10s", 10.0),
        ("10S", 10.0),
        ("1m30s", 90.0),
        ("1h", 3600.0),
        ("2h1m", 7260.0),
        ("500ms", 0.5),
        ("250us", 0.00025),
        ("1.5m", 90.0),
        ("", None),
        ("s", None),
        ("10 s", None),
        ("10d", None),
        ("10sec", None),
        ("-5s", None),
        ("1s" * 21, None),
    ],
)
def test_spans_of_time(written: str, found: float | None) -> None:
    assert seconds(written) == (None if found is None else pytest.approx(found))


@pytest.mark.parametrize(
    "variable",
    [
        "PWD", "$(pwd)", "GITHUB_WORKSPACE", "CI_PROJECT_DIR", "$(Build.SourcesDirectory)", "BUILD_SOURCESDIRECTORY",
        "$(Build.Repository.LocalPath)", "BUILD_REPOSITORY_LOCALPATH", "$(System.DefaultWorkingDirectory)",
        "SYSTEM_DEFAULTWORKINGDIRECTORY", "$(Pipeline.Workspace)", "PIPELINE_WORKSPACE", "$(Agent.BuildDirectory)",
        "AGENT_BUILDDIRECTORY",
    ],
)  # fmt: skip
def test_variables_that_name_a_jobs_folder(variable: str) -> None:
    assert is_jobs_folder(hidden(variable))
    assert not is_jobs_folder(hidden(f"{variable}_2"))


@pytest.mark.parametrize(
    ("path", "own"),
    [
        ("./x", True),
        (".", True),
        ("../x", True),
        ("/__w/repo/repo", True),
        ("/builds/group/project", True),
        ("/github/workspace", True),
        ("/builds", False),
        ("/srv/builds/x", False),
        ("/github/home", False),
        ("/data", False),
    ],
)
def test_paths_of_a_jobs_folder(path: str, own: bool) -> None:
    assert is_jobs_folder(text(path)) is own


@pytest.mark.parametrize(
    ("listening", "address"),
    [
        ("TCP-LISTEN:2375,fork", "tcp://0.0.0.0:2375"),
        ("tcp-l:2375", "tcp://0.0.0.0:2375"),
        ("TCP4-LISTEN:2375,reuseaddr,bind=127.0.0.1", "tcp://127.0.0.1:2375"),
        ("tcp4-l:2375", "tcp://0.0.0.0:2375"),
        ("TCP6-LISTEN:2375", "tcp://0.0.0.0:2375"),
        ("tcp6-l:2375", "tcp://0.0.0.0:2375"),
        ("UDP-LISTEN:2375", None),
        ("TCP:2375", None),
    ],
)
@pytest.mark.parametrize("connecting", ["UNIX-CONNECT", "unix-client", "UNIX"])
def test_a_forwarder_hands_a_socket_on_to_a_port(listening: str, address: str | None, connecting: str) -> None:
    found = forwarding("socat", [text("-d"), text(listening), text(f"{connecting}:/var/run/docker.sock,retry=3")])
    assert (found.listens.pattern if found is not None else None) == address
    if found is not None:
        assert found.product == "docker"
        assert found.socket.pattern == f"{connecting}:/var/run/docker.sock,retry=3"


@pytest.mark.parametrize(
    "to", ["UNIX-LISTEN:/var/run/docker.sock", "UNIX:/srv/app.sock", "TCP:docker:2375", "/var/run/docker.sock"]
)
def test_a_forwarder_of_anything_else_hands_no_engine_on(to: str) -> None:
    assert forwarding("socat", [text("TCP-LISTEN:2375"), text(to)]) is None


@pytest.mark.parametrize(
    ("variable", "path"),
    [
        ("HOME", "~/x"),
        ("USERPROFILE", "~/x"),
        ("XDG_RUNTIME_DIR", "/run/user/*/x"),
        ("PWD", "./x"),
        ("CI_PROJECT_DIR", "./x"),
        ("GITHUB_WORKSPACE", "./x"),
        ("github.workspace", "./x"),
        ("DATA", f"{U}/x"),
    ],
)
def test_variables_that_mean_the_same_everywhere(variable: str, path: str) -> None:
    assert path_of(hidden(variable, f"{U}/x")) == path


@pytest.mark.parametrize(
    ("written", "path"),
    [
        ("%h/x", "~/x"),
        ("%t/x", "/run/x"),
        ("$(pwd)/x", "./x"),
        ("`pwd`/x", "./x"),
        ("%i/x", "./%i/x"),
        ("/host_mnt/srv", "/srv"),
        ("/mnt/host/srv", "/srv"),
        ("/run/desktop/mnt/host/srv", "/srv"),
        ("/proc/1/root/srv", "/srv"),
        ("/proc/2/root/srv", "/proc/2/root/srv"),
    ],
)
def test_other_ways_to_write_a_path(written: str, path: str) -> None:
    from dindguard.model.paths import on_the_host

    assert on_the_host(written) == path
