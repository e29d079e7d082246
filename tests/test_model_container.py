"""What a container says of itself: flags that nobody wrote, copies, whom it runs beside, and on which networks it is."""

from __future__ import annotations

import pytest

from build import bind, container, model, on, span, text, volume
from dindguard.model.condition import Condition, exclude_each_other
from dindguard.model.container import Container, ContainerKind, Namespaces
from dindguard.model.container_parts import Dependency, Port
from dindguard.model.facts import Assignment
from dindguard.model.replicas import Replicas
from dindguard.model.values import Text
from dindguard.model.workload import Network, Platform, Workload, WorkloadKind


def workload(*containers: Container, **fields: object) -> Workload:
    return Workload(
        name="test", address="test", kind=WorkloadKind.PROJECT, platform=Platform.ENGINE, span=span(),
        containers=containers, **fields,  # type: ignore[arg-type]
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "setting"),
    [
        ("privileged", "privileged"),
        ("engine_api", "use_api_socket"),
        ("read_only_root", "read_only"),
        ("init", "init"),
    ],
)
def test_a_flag_that_nobody_wrote_stands_where_the_container_does(name: str, setting: str) -> None:
    it = container("example/a:1")
    flag = getattr(it, name)
    assert (flag.span, flag.off, flag.set, flag.name) == (it.span, True, False, setting)
    written = on(name)
    assert getattr(container("example/a:1", **{name: written}), name) is written


def several(count: int | None, **fields: bool) -> Replicas:
    return Replicas(count, span(), **fields)


@pytest.mark.parametrize(
    ("own", "of_workload", "concurrency", "at_once", "copies"),
    [
        (None, {}, None, False, False),
        (several(1), {}, None, False, False),
        (several(2), {}, None, True, True),
        (several(None), {}, None, False, False),
        (several(1, overlap=True), {}, None, True, False),
        (several(None, per_run=True), {}, None, True, False),
        (None, {"replicas": several(3)}, None, True, True),
        (several(1), {"replicas": several(3)}, None, True, True),
        (None, {}, "1", False, False),
        (None, {}, "2", True, True),
        (None, {}, "many", False, False),
        (None, {}, "", False, False),
        (several(2), {"hosted": text("ubuntu-24.04")}, "2", False, False),
    ],
)
def test_how_many_run_at_once(
    own: Replicas | None, of_workload: dict[str, object], concurrency: str | None, at_once: bool, copies: bool
) -> None:
    it = container("example/a:1", replicas=own)
    workload(it, concurrency=text(concurrency) if concurrency is not None else None, **of_workload)
    assert (it.several_at_once is not None) is at_once
    assert it.has_several_copies is copies


def beside(one: Container, other: Container, **fields: object) -> bool:
    workload(one, other, **fields)
    answer = one.runs_beside(other)
    assert other.runs_beside(one) is answer
    return answer


def named(name: str, **fields: object) -> Container:
    return container("example/a:1", name=name, **fields)  # type: ignore[arg-type]


def waits(condition: str, name: str = "b") -> tuple[Dependency, ...]:
    return (Dependency(name, condition, span()),)


def profiles(*names: str) -> tuple[Text, ...]:
    return tuple(map(text, names))


def branch(decision: str, number: int) -> tuple[Condition, ...]:
    return (Condition("x", span(), None, decision, number),)


@pytest.mark.parametrize(
    ("own", "theirs", "together"),
    [
        ({}, {}, True),
        ({"depends_on": waits("started")}, {}, True),
        ({"depends_on": waits("healthy")}, {}, True),
        ({"depends_on": waits("completed")}, {}, False),
        ({"depends_on": waits("completed", "c")}, {}, True),
        ({"profiles": profiles("x")}, {}, True),
        ({"profiles": profiles("x")}, {"profiles": profiles("y")}, False),
        ({"profiles": profiles("x", "z")}, {"profiles": profiles("y", "z")}, True),
        ({"conditions": branch("if 1", 0)}, {"conditions": branch("if 1", 0)}, True),
        ({"conditions": branch("if 1", 0)}, {"conditions": branch("if 1", 1)}, False),
        ({"conditions": branch("if 1", 0)}, {"conditions": branch("if 2", 1)}, True),
        ({"conditions": branch("if 1", 0)}, {}, True),
    ],
)
def test_who_runs_beside_whom(own: dict[str, object], theirs: dict[str, object], together: bool) -> None:
    assert beside(named("a", **own), named("b", **theirs)) is together


def test_nobody_runs_beside_itself() -> None:
    it = named("a")
    workload(it)
    assert it.runs_beside(it) is False


def test_jobs_of_one_runner_are_told_by_its_concurrency() -> None:
    one, other = named("a", kind=ContainerKind.JOB), named("b", kind=ContainerKind.JOB)
    workload(one)
    workload(other)
    assert one.runs_beside(other) is True
    runner = workload(named("r"))
    for each in (one, other):
        each.workload.settle(Assignment(runner=runner))
    assert one.runs_beside(other) is False


@pytest.mark.parametrize(
    ("fields", "networks"),
    [
        ({}, ["default"]),
        ({"networks": (text("back"),)}, ["back"]),
        ({"networks": (text("back"), text("front"))}, ["back", "front"]),
        ({"networks": (text("other"),)}, []),
        ({"namespaces": Namespaces(network=text("host"))}, []),
        ({"namespaces": Namespaces(network=text("none")), "networks": (text("back"),)}, []),
    ],
)
def test_on_which_networks_it_is(fields: dict[str, object], networks: list[str]) -> None:
    it = named("a", **fields)
    workload(it, networks=tuple(Network(name=name, span=span()) for name in ("default", "back", "front")))
    assert [network.name for network in it.attached_networks] == networks


@pytest.mark.parametrize(
    ("mode", "joined"),
    [
        ("service:b", "b"),
        ("container:b", "b"),
        ("service:c", None),
        ("service:", None),
        ("host", None),
        ("pod:b", None),
    ],
)
def test_whose_namespace_it_joins(mode: str, joined: str | None) -> None:
    one, other = named("a", namespaces=Namespaces(pid=text(mode))), named("b")
    workload(one, other)
    found = one.joins("pid")
    assert (found.name if found is not None else None) == joined
    assert one.joins("network") is None


def test_who_joins_one_that_is_in_the_hosts_namespace_is_in_it() -> None:
    one, other = (
        named("a", namespaces=Namespaces(pid=text("service:b"))),
        named("b", namespaces=Namespaces(pid=text("host"))),
    )
    workload(one, other)
    assert str(one.in_hosts("pid")) == "service:b"
    assert str(other.in_hosts("pid")) == "host"
    circle = [named(x, namespaces=Namespaces(pid=text(f"service:{y}"))) for x, y in (("a", "b"), ("b", "a"))]
    workload(*circle)
    assert circle[0].in_hosts("pid") is None


@pytest.mark.parametrize(
    ("root", "root_only_reads", "only_reads", "given"),
    [
        ("/", False, False, True), ("/", True, False, False), ("/", True, True, True), ("/", False, True, True),
        ("/srv", False, False, False),
    ],
)  # fmt: skip
def test_a_mount_of_the_whole_file_system_gives_what_another_does(
    root: str, root_only_reads: bool, only_reads: bool, given: bool
) -> None:
    mount = bind("/etc", "/etc", only_reads)
    it = named("a", mounts=(bind(root, "/host", root_only_reads), mount, volume("v", "/v")))
    assert it.has_through_wider(mount, lambda _: False) is given
    assert [each.host_path for each in it.host_mounts] == [root, "/etc"]


def test_the_deepest_mount_provides_a_path() -> None:
    it = named("a", mounts=(volume("a", "/"), volume("b", "/var/lib/docker"), volume("c", "/var/lib")))
    found = it.mount_at("/var/lib/docker/overlay2")
    assert found is not None
    assert found.target.pattern == "/var/lib/docker"
    assert named("a").mount_at("/x") is None


@pytest.mark.parametrize(
    ("first", "last", "port", "covered"),
    [
        (2375, None, 2375, True), (2375, None, 2376, False), (2375, 2376, 2376, True), (2375, 2376, 2377, False),
        (2376, 2377, 2375, False), (None, None, 2375, False),
    ],
)  # fmt: skip
def test_which_ports_are_published(first: int | None, last: int | None, port: int, covered: bool) -> None:
    assert Port(first, None, "", span(), container_port_end=last).covers(port) is covered


@pytest.mark.parametrize(
    ("address", "loopback"),
    [("127.0.0.1", True), ("127.1.2.3", True), ("::1", True), ("[::1]", True),
     ("localhost", True), ("", False), ("0.0.0.0", False), ("12.7.0.1", False)],
)  # fmt: skip
def test_who_can_connect_to_a_published_port(address: str, loopback: bool) -> None:
    assert Port(2375, 2375, address, span()).loopback is loopback


@pytest.mark.parametrize(
    ("holds", "words"),
    [
        (None, "only when 'a.b'"),
        (True, "only when 'a.b', true by default"),
        (False, "only when 'a.b', false by default"),
    ],
)
def test_how_a_condition_is_told(holds: bool | None, words: str) -> None:
    condition = Condition("a.b", span(), holds, "one")
    assert (condition.words, str(condition)) == (words, "a.b")


@pytest.mark.parametrize(("branch", "chooses", "by_default"), [(0, True, True), (1, True, False), (0, False, False)])
def test_what_holds_as_long_as_nobody_asks_for_other_values(branch: int, chooses: bool, by_default: bool) -> None:
    assert Condition("a", span(), None, "one", branch, chooses).by_default is by_default


def test_branches_of_one_block_exclude_each_other_whatever_else_holds() -> None:
    one = (*branch("outer", 0), *branch("inner", 0))
    assert exclude_each_other(one, (*branch("outer", 0), *branch("inner", 1)))
    assert not exclude_each_other(one, (*branch("outer", 0), *branch("inner", 0)))
    assert not exclude_each_other(one, ())
    assert not exclude_each_other((), one)


def test_a_hosted_machine_is_the_workloads_or_that_of_the_job_it_runs_in() -> None:
    (it,) = model(container("example/a:1"), hosted=text("ubuntu-24.04")).containers
    assert str(it.hosted_machine) == "ubuntu-24.04"
    (own,) = model(container("example/a:1")).containers
    assert own.hosted_machine is None
