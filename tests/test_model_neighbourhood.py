"""Who of one workload can connect to whom: by network, by a namespace that is shared, or not at all."""

from __future__ import annotations

import pytest

from build import container, span, text
from dindguard.model.container import Container, Namespaces
from dindguard.model.neighbourhood import Neighbourhood
from dindguard.model.workload import Platform, Workload, WorkloadKind


def placed(name: str, *networks: str, mode: str = "") -> Container:
    return container(
        name=name,
        networks=tuple(text(each) for each in networks),
        namespaces=Namespaces(network=text(mode) if mode else None),
    )


def workload(*containers: Container, **fields: object) -> Workload:
    return Workload(
        name="test", address="test", kind=WorkloadKind.PROJECT, platform=Platform.ENGINE, span=span(),
        containers=containers, **fields,  # type: ignore[arg-type]
    )  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other", "connected", "one_namespace"),
    [
        (placed("a"), placed("b"), True, False),
        (placed("a", "default"), placed("b"), True, False),
        (placed("a", "back"), placed("b", "back", "front"), True, False),
        (placed("a", "back"), placed("b", "front"), False, False),
        (placed("a", "back"), placed("b"), False, False),
        (placed("a", mode="none"), placed("b"), False, False),
        (placed("a", mode="none"), placed("b", mode="none"), False, False),
        (placed("a", mode="host"), placed("b"), False, False),
        (placed("a", mode="host"), placed("b", mode="host"), True, True),
        (placed("a", mode="service:b"), placed("b", "back"), True, True),
        (placed("a", mode="container:b"), placed("b", "back"), True, True),
        (placed("a", mode="pod:b"), placed("b", "back"), False, False),
        (placed("a", mode="service:gone"), placed("b", "back"), False, False),
        (placed("a", mode="service:"), placed("b", "back"), False, False),
    ],
    ids=lambda value: (
        value.name + str(value.namespaces.network or "") if isinstance(value, Container) else str(value)
    ),
)
def test_who_can_connect_to_whom(one: Container, other: Container, connected: bool, one_namespace: bool) -> None:
    places = Neighbourhood(workload(one, other))
    assert places.connected(one, other) is places.connected(other, one) is connected
    assert places.same_namespace(one, other) is one_namespace
    assert places.is_alone(one) is not connected


def test_members_of_a_pod_share_one_namespace_whatever_they_say_themselves() -> None:
    one, other = placed("a", mode="none"), placed("b", "back")
    places = Neighbourhood(workload(one, other, shared_network=True))
    assert places.same_namespace(one, other)
    assert places.in_namespace_of(one) == [one, other]


@pytest.mark.parametrize(
    ("socket", "mounted", "behind"),
    [
        ("/srv/engine/docker.sock", "/srv/engine/docker.sock", "/srv/engine/docker.sock"),
        ("/srv/engine/docker.sock", "/srv", "/srv/engine/docker.sock"),
        ("/srv/engine/docker.sock", "/srv/engines", ""),
        ("/srv/engine/docker.sock", "/", ""),
        (None, "/srv", ""),
    ],
)
def test_which_mounts_hand_over_an_engines_own_socket(socket: str | None, mounted: str, behind: str) -> None:
    runner = workload(engine_socket=text(socket) if socket is not None else None)
    assert runner.socket_behind(mounted) == behind


def test_each_joins_the_network_of_the_last_in_a_chain_and_in_a_circle_keeps_its_own() -> None:
    chain = [placed("a", mode="service:b"), placed("b", mode="service:c"), placed("c", "back"), placed("d", "back")]
    places = Neighbourhood(workload(*chain))
    assert [places.network_of(each).name for each in chain] == ["c", "c", "c", "d"]
    assert [each.name for each in places.in_namespace_of(chain[0])] == ["a", "b", "c"]
    circle = [placed("a", mode="service:b"), placed("b", mode="service:a"), placed("c", mode="service:a")]
    places = Neighbourhood(workload(*circle))
    assert [places.network_of(each).name for each in circle] == ["a", "b", "a"]
    alone = placed("a", mode="service:a")
    assert Neighbourhood(workload(alone)).network_of(alone) is alone


@pytest.mark.parametrize(("internal", "names"), [(("a", "b"), "ab"), (("a",), "a"), ((), "")])
def test_who_is_alone_on_its_networks(internal: tuple[str, ...], names: str) -> None:
    members = [placed(name, "back") for name in internal] + [placed("x", "front"), placed("y", mode="none")]
    places = Neighbourhood(workload(*members))
    on_back = [each.name for each in members if not places.is_alone(each)]
    assert "".join(on_back) == (names if len(names) > 1 else "")
