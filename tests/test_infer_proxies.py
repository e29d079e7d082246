"""What a socket proxy lets its clients do: by its product, and by each word of its settings."""

from __future__ import annotations

import pytest

from build import container, model
from dindguard.model.access import Permit, ProxyPermits

TECNATIVA = "tecnativa/docker-socket-proxy:0.4.1"
WOLLOMATIC = "wollomatic/socket-proxy:1.10.0"


def permits(
    image: str, env: dict[str, str | None] | None = None, command: list[str] | None = None, name: str = "it"
) -> Permit | None:
    proxy = proxied(image, env, command, name)
    return proxy.permits if proxy is not None else None


def proxied(
    image: str, env: dict[str, str | None] | None = None, command: list[str] | None = None, name: str = "it"
) -> ProxyPermits | None:
    (found,) = model(container(image, env=env, command=command, name=name)).containers
    return found.proxy


SECTIONS = {
    Permit.CREATE: "CONTAINERS SERVICES PLUGINS SWARM",
    Permit.EXECUTE: "EXEC",
    Permit.BUILD: "BUILD",
    Permit.MODIFY: "IMAGES NETWORKS VOLUMES SECRETS CONFIGS NODES TASKS COMMIT AUTH DISTRIBUTION SYSTEM",
    Permit.READ: "INFO EVENTS PING VERSION SESSION NOTHING",
}


@pytest.mark.parametrize(
    ("section", "permit"), [(name, kind) for kind, names in SECTIONS.items() for name in names.split()]
)
def test_what_each_section_permits(section: str, permit: Permit) -> None:
    assert permits(TECNATIVA, {"POST": "1", section: "1"}) is permit
    assert permits(TECNATIVA, {"POST": "0", section: "1"}) is Permit.READ
    assert permits(TECNATIVA, {"POST": "1", section: "0"}) is Permit.READ


@pytest.mark.parametrize(
    ("value", "on"),
    [
        ("1", True),
        ("true", True),
        ("YES", True),
        (" on ", True),
        ("0", False),
        ("2", False),
        ("y", False),
        ("", False),
    ],
)
def test_which_words_open_a_section(value: str, on: bool) -> None:
    assert permits(TECNATIVA, {"POST": value, "EXEC": "1"}) is (Permit.EXECUTE if on else Permit.READ)


@pytest.mark.parametrize(
    ("image", "name", "permit"),
    [
        (TECNATIVA, "it", Permit.EXECUTE),
        ("lscr.io/linuxserver/socket-proxy:3.2.4", "it", Permit.EXECUTE),
        ("11notes/socket-proxy:2.1.6", "it", Permit.EXECUTE),
        ("example/docker-socket-proxy:1", "it", Permit.EXECUTE),
        ("example/proxy:1", "it", None),
        ("example/proxy:1", "socket-proxy", None),
    ],
)
def test_which_images_take_these_settings(image: str, name: str, permit: Permit | None) -> None:
    assert permits(image, {"POST": "1", "EXEC": "1"}, name=name) is permit


def test_a_proxy_of_unknown_make_without_these_settings_may_let_anything_through() -> None:
    assert permits("example/docker-socket-proxy:1") is Permit.UNKNOWN
    assert permits(TECNATIVA) is Permit.READ


def test_the_settings_that_permit_it_are_named() -> None:
    found = proxied(TECNATIVA, {"POST": "1", "IMAGES": "1", "VOLUMES": "1"})
    assert found is not None
    assert [getattr(each, "name", "") for each in found.because] == ["POST", "IMAGES", "VOLUMES"]
    hidden = proxied(TECNATIVA, {"POST": None, "IMAGES": "1"})
    assert hidden is not None
    assert (hidden.permits, hidden.unknown is not None) == (Permit.UNKNOWN, True)
    reading = proxied(TECNATIVA, {"CONTAINERS": "1"})
    assert reading is not None
    assert [getattr(each, "name", "") for each in reading.because] == ["CONTAINERS"]


@pytest.mark.parametrize(
    ("words", "permit"),
    [
        ([], Permit.READ),
        (["-allowGET=/.*"], Permit.READ),
        (["-allowPOST=.*"], Permit.CREATE),
        (["-allowPOST=/.*"], Permit.CREATE),
        (["-allowPOST=^/v1\\..+/.*$"], Permit.CREATE),
        (["-allowPOST", "/v1\\..{1,2}/containers/create"], Permit.CREATE),
        (["-allowPOST=/v1\\..{1,2}/containers/.*"], Permit.CREATE),
        (["--allowpost=/v1\\..{1,2}/containers/.*/restart"], Permit.MODIFY),
        (["-allowPUT=.*"], Permit.MODIFY),
        (["allowPOST=.*"], Permit.READ),
        (["-allowPOST=/v1\\..{1,2}/images/create", "-allowPOST=.*"], Permit.CREATE),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
def test_what_expressions_permit(words: list[str], permit: Permit) -> None:
    assert permits(WOLLOMATIC, command=words) is permit


@pytest.mark.parametrize(
    ("name", "value", "permit"),
    [
        ("SP_ALLOW_POST", ".*", Permit.CREATE),
        ("SP_ALLOW_POST_2", ".*", Permit.CREATE),
        ("SP_ALLOW_PUT", ".*", Permit.MODIFY),
        ("SP_ALLOW_GET", ".*", Permit.READ),
        ("ALLOW_POST", ".*", Permit.READ),
        ("SP_ALLOW_POST", None, Permit.UNKNOWN),
    ],
)
def test_what_expressions_in_variables_permit(name: str, value: str | None, permit: Permit) -> None:
    assert permits(WOLLOMATIC, {name: value}) is permit


@pytest.mark.parametrize(
    ("image", "command", "permit"),
    [
        ("alpine/socat", ["tcp-listen:2375,fork", "unix-connect:/var/run/docker.sock"], Permit.EVERYTHING),
        ("alpine:3.22", ["socat", "tcp-listen:2375,fork", "unix-connect:/var/run/docker.sock"], Permit.EVERYTHING),
        ("alpine:3.22", ["/usr/bin/socat", "tcp-l:2375", "unix:/var/run/docker.sock"], Permit.EVERYTHING),
        ("alpine:3.22", ["tcp-listen:2375,fork", "unix-connect:/var/run/docker.sock"], None),
        ("alpine/socat", ["tcp-listen:2375,fork", "tcp:docker:2375"], None),
    ],
)
def test_a_forwarder_lets_everything_through(image: str, command: list[str], permit: Permit | None) -> None:
    assert permits(image, command=command) is permit
