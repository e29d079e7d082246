"""Test Kitchen: the containers that its drivers make, with what all platforms share."""

from __future__ import annotations

from dindguard.documents import yaml
from dindguard.formats import Context, Document, Reading
from dindguard.formats.test_kitchen import reader
from dindguard.model.mount import MountKind
from dindguard.source import Source

EMPTY = Context(open=lambda _: None, tree=lambda _: None, listing=lambda _: ())


def read(text: str) -> Reading:
    source = Source("kitchen.yml", text)
    return reader.read([Document(source, node) for node in yaml.read(source).documents], EMPTY)


def test_a_platform_has_what_all_have_and_its_own() -> None:
    [workload] = read(
        "driver: {name: dokken, privileged: true, cap_add: [NET_ADMIN], userns_host: true, env: [A=b]}\n"
        "platforms:\n"
        "  - name: one\n    driver: {image: example/one:1, volumes: [/srv:/srv], pid_one_command: /bin/systemd}\n"
        "  - name: two\n    driver_config: {image: example/two:2, privileged: false}\n"
    ).workloads
    one, two = workload.containers
    assert workload.for_tests is not None
    assert (one.address, two.address) == ("platforms.one", "platforms.two")
    assert (one.privileged.on, two.privileged.off) == (True, True)
    assert [text.pattern for text in one.capabilities.added] == ["NET_ADMIN"]
    assert one.namespaces.user is not None
    assert one.environment["A"] is not None
    assert [mount.kind for mount in one.mounts] == [MountKind.HOST]
    assert one.command is not None
    assert [word.pattern for word in one.command.words] == ["/bin/systemd"]


def test_options_are_a_line_a_list_or_a_mapping() -> None:
    for given in ('"--privileged"', "[--privileged]", "{privileged: true}"):
        [workload] = read(f"driver: {{name: docker, run_options: {given}}}\nplatforms: [{{name: a}}]\n").workloads
        [container] = workload.containers
        assert container.privileged.on


def test_other_drivers_make_no_containers() -> None:
    assert not read("driver: {name: vagrant, privileged: true}\nplatforms: [{name: a}]\n").workloads
    assert not read("driver: {network: x}\nplatforms: [{name: a}]\n").workloads


def test_a_suite_with_a_driver_of_its_own_is_a_machine_of_its_own() -> None:
    [workload] = read(
        "driver: {name: docker}\nplatforms: [{name: a}]\n"
        "suites: [{name: b}, {name: c, driver: {privileged: true}}, {name: d, driver: {name: ec2}}]\n"
    ).workloads
    assert [each.address for each in workload.containers] == ["platforms.a", "suites.c"]
    assert [each.privileged.on for each in workload.containers] == [False, True]
