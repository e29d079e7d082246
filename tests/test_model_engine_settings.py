"""How dockerd's arguments become settings: which options take the next word as their value, and which never do."""

from __future__ import annotations

import pytest

from build import span, text
from dindguard.model.engine_settings import settings_of
from dindguard.model.values import Text

# dockerd --help: those that are shown without a type of value; buildkitd's one for a sandbox
ALONE = [
    "allow-direct-routing", "allow-nondistributable-artifacts", "cri-containerd", "debug", "experimental",
    "help", "icc", "init", "ip-forward", "ip-forward-no-drop", "ip-masq", "ip6tables", "iptables", "ipv6",
    "live-restore", "no-new-privileges", "oci-worker-no-process-sandbox", "raw-logs", "rootless",
    "selinux-enabled", "tls", "tlsverify", "userland-proxy", "validate", "version",
]  # fmt: skip
HOST = ("host", "tcp://0.0.0.0:2375")


def read(*words: str) -> tuple[list[tuple[str, str]], bool]:
    settings, certain = settings_of([text(word) for word in words])
    return [(each.name, each.value.pattern) for each in settings], certain


@pytest.mark.parametrize("option", ALONE)
def test_options_that_stand_alone_leave_the_next_word_to_itself(option: str) -> None:
    assert read(f"--{option}", "-H", HOST[1]) == ([(option, "true"), HOST], True)
    assert read(f"--{option}=false", "-H", HOST[1]) == ([(option, "false"), HOST], True)


@pytest.mark.parametrize(
    ("words", "settings", "certain"),
    [
        (["--host", HOST[1]], [HOST], True),
        ([f"--host={HOST[1]}"], [HOST], True),
        (["-H", HOST[1]], [HOST], True),
        ([f"-H={HOST[1]}"], [HOST], True),
        ([f"-H{HOST[1]}"], [HOST], True),
        (["-D", "-H", HOST[1]], [("debug", "true"), HOST], True),
        (["-v", "-H", HOST[1]], [("version", "true"), HOST], True),
        (["-D=false", "-H", HOST[1]], [("debug", "false"), HOST], True),
        (["-l", "debug", "-s", "vfs"], [("log-level", "debug"), ("storage-driver", "vfs")], True),
        (["-g", "/data", "-G", "docker", "-b", "none"], [("graph", "/data"), ("group", "docker"), ("bridge", "none")], True),
        (["--log-level", "-H", HOST[1]], [("log-level", "-H")], True),
        (["--label="], [("label", "")], True),
        (["word", "-", "-H", HOST[1]], [HOST], True),
        (["--debug", "--host"], [("debug", "true")], False),
    ],
)  # fmt: skip
def test_forms_of_options(words: list[str], settings: list[tuple[str, str]], certain: bool) -> None:
    assert read(*words) == (settings, certain)


def test_a_word_that_nobody_knows_may_be_any_option() -> None:
    unknown = Text(None, span(), variable="OPTIONS")
    settings, certain = settings_of([unknown, text("--debug")])
    assert [each.name for each in settings] == ["debug"]
    assert not certain
