"""Every field of the plan, and of what an engine reports, changed one by one: each change must be noticed.

The changes are generated from recorded inspections, so that a field that is compared with nothing fails here.
"""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dindguard.environment import labels
from dindguard.environment.bodies import seccomp_profile
from dindguard.environment.plan import object_labels, rebuilt
from dindguard.environment.verify import Answers, Outcome, judge
from dindguard.environment.verify.conformity import SAYS_NOTHING
from dindguard.errors import INCOMPLETE, UserError

RECORDED = Path(__file__).parent / "data" / "environment"
LEVELS = ("rootless", "privileged", "sysbox", "podman")
"""The recordings: `podman` is rootless on another outer engine than the others."""
Route = tuple[str | int, ...]

REPORTED = {
    "HostConfig": ("daemon", "HostConfig"),
    "Config": ("daemon", "Config"),
    "Mounts": ("daemon", "Mounts"),
    "Networks": ("daemon", "NetworkSettings", "Networks"),
    "network": ("network",),
    "data volume": ("volumes", "dindguard-recorded-data"),
    "certificate volume": ("volumes", "dindguard-recorded-client-certificates"),
    "workspace volume": ("volumes", "dindguard-recorded-workspace"),
    "filter volume": ("volumes", "dindguard-recorded-filter"),
    "native": ("native",),
}
"""What is reported of the objects that the plan describes."""

ONLY = {"workspace volume": "privileged", "filter volume": "podman", "native": "podman"}
"""What one recording alone has."""

ENGINES_OWN = {
    "Mounts": {
        "Source": "where the engine keeps the volume",
        "Mode": "how SELinux labels the volume: the engine's",
    },
    "Networks": {
        "NetworkID": "the engine's own name",
        "EndpointID": "the engine's own name",
        "Gateway": "addresses are the engine's to give",
        "IPAddress": "addresses are the engine's to give",
        "IPPrefixLen": "addresses are the engine's to give",
        "IPv6Gateway": "addresses are the engine's to give",
        "GlobalIPv6Address": "addresses are the engine's to give",
        "GlobalIPv6PrefixLen": "addresses are the engine's to give",
        "MacAddress": "addresses are the engine's to give",
    },
}
"""Reported fields beyond ``SAYS_NOTHING`` that no plan can tell, and why."""

PODMANS_OWN = {
    "HostConfig": {
        "CapAdd": "what is left to the container is compared, and not how it came about",
        "CapDrop": "what is left to the container is compared, and not how it came about",
        "MemorySwappiness": "-1 and 0 both say that nobody set it",
    },
    "Config": {"Image": "its name, and the id is compared"},
}
"""The same where the outer engine is Podman."""

NEWER = {
    "Annotations": {"run.oci.keep_original_groups": "1"},
    "Sysctls": {"net.ipv4.ip_forward": "1"},
    "StorageOpt": {"size": "1t"},
    "Init": False,
    "CpuRealtimeRuntime": 1,
    "DeviceRequests": [{"Driver": "cdi", "DeviceIDs": ["vendor/device=all"]}],
    "SomethingThatNobodyKnowsYet": True,
}
"""Fields of ``HostConfig`` that this engine did not report, as another might."""


def load(level: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((RECORDED / f"{level}.json").read_text(encoding="utf-8"))
    host = data["daemon"]["HostConfig"]
    profile = f"seccomp={seccomp_profile()}"  # left out of the recording
    host["SecurityOpt"] = [profile if option == "seccomp={}" else option for option in host["SecurityOpt"] or ()]
    if level == "podman":
        data["probes"]["filter-file"]["output"] = seccomp_profile()
    return data


def other(value: object) -> object:
    """A value that is not ``value``, of a type that an engine would report."""
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case str():
            return f"{value}x"
        case list() if value:
            return [*value, "sabotage" if isinstance(value[0], str) else {"Destination": "/sabotage"}]
        case dict():
            return {**value, "sabotage": [{"HostIp": "x"}]}
        case _:
            return {"sabotage": [{"HostIp": "x"}]}


def routes(value: object, route: Route = ()) -> Iterator[Route]:
    """Every node below ``value``, whole ones and leaves."""
    if route:
        yield route
    if isinstance(value, dict):
        for key, item in value.items():
            yield from routes(item, (*route, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from routes(item, (*route, index))


def at(data: Any, route: Route) -> Any:
    for step in route:
        data = data[step]
    return data


def exempt(level: str, part: str, route: Route) -> str:
    prefix = "volume" if part.endswith(" volume") else part
    own = ENGINES_OWN.get(part, {}) | (PODMANS_OWN.get(part, {}) if level == "podman" else {})
    return SAYS_NOTHING.get(f"{prefix}.{route[0]}", "") or next((own[str(step)] for step in route if step in own), "")


def sabotages() -> Iterator[tuple[str, str, Route]]:
    for level in LEVELS:
        data = load(level)
        for part, place in REPORTED.items():
            if part in ONLY and level != ONLY[part]:
                continue  # recorded without one
            for route in routes(at(data, place)):
                hides_more = level == "sysbox" and route in {("MaskedPaths",), ("ReadonlyPaths",)}
                if not exempt(level, part, route) and not hides_more:
                    yield level, part, route


ALL = list(sabotages())


def not_passed(answers: Answers) -> list[str]:
    good = {Outcome.PASSED, Outcome.NOT_APPLICABLE}
    allowed = {"user-namespace"} if answers.labels[labels.ISOLATION] == "sysbox" else set()  # the stand-in's
    results = judge(answers).results
    return [f"{one.check}: {one.found}" for one in results if one.outcome not in good and one.check not in allowed]


def test_there_are_sabotages_enough() -> None:
    assert len(ALL) > 600
    assert {level for level, _, _ in ALL} == set(LEVELS)


@pytest.mark.parametrize("level", LEVELS)
def test_what_was_recorded_is_as_planned(level: str) -> None:
    assert not_passed(Answers.from_json(json.dumps(load(level)))) == []


@pytest.mark.parametrize("level", LEVELS)
def test_every_field_that_is_reported_is_compared(level: str) -> None:
    pristine = load(level)
    unseen = []
    for _, part, route in (one for one in ALL if one[0] == level):
        data = copy.deepcopy(pristine)
        holder = at(data, (*REPORTED[part], *route[:-1]))
        holder[route[-1]] = other(holder[route[-1]])
        if not noticed(data):
            unseen.append(f"{part}: {'.'.join(map(str, route))}")
    assert unseen == []


def noticed(data: dict[str, Any]) -> bool:
    """A label that makes the record unreadable is a refusal, with the exit code of an incomplete verification."""
    try:
        return bool(not_passed(Answers.from_json(json.dumps(data))))
    except UserError as error:
        return error.exit_code == INCOMPLETE


@pytest.mark.parametrize("field", sorted(NEWER))
@pytest.mark.parametrize("level", LEVELS)
def test_what_nobody_planned_is_a_difference(level: str, field: str) -> None:
    data = load(level)
    data["daemon"]["HostConfig"][field] = NEWER[field]
    assert any(f"HostConfig.{field} is" in found for found in not_passed(Answers.from_json(json.dumps(data))))


RECORD = json.loads(load("rootless")["daemon"]["Config"]["Labels"][labels.PLAN])
FORGED_UNSEEN = {
    ("run",): "a random word: that all objects carry the same one is what is compared",
    ("consent",): "words of a person, on objects of privileged mode",
    ("ground", "api", 0): "decides about the health check alone, which is compared",
    ("ground", "api", 1): "decides about the health check alone, which is compared",
}
"""Fields of the record that have no trace but the record, so that whoever can forge every label can forge them."""


@pytest.mark.parametrize("route", list(routes(RECORD)), ids=lambda route: ".".join(map(str, route)))
def test_every_field_of_the_recorded_plan_is_compared(route: Route) -> None:
    data = load("rootless")
    record = copy.deepcopy(RECORD)
    holder = at(record, route[:-1])
    holder[route[-1]] = other(holder[route[-1]])
    data["daemon"]["Config"]["Labels"][labels.PLAN] = json.dumps(record, sort_keys=True, separators=(",", ":"))
    assert noticed(data)
    if route not in FORGED_UNSEEN and not isinstance(at(RECORD, route), dict | list):
        forge_labels(data)
        assert noticed(data), "even where every label tells the same lie"


def forge_labels(data: dict[str, Any]) -> None:
    """Write on every object what its labels would be, were the recorded plan the true one."""
    own = data["daemon"]["Config"]["Labels"]
    try:
        plan = rebuilt(own)
    except UserError:
        return
    image = data["image"]["Config"]["Labels"] or {}
    data["daemon"]["Config"]["Labels"] = {**image, **object_labels(plan, labels.DAEMON)}
    data["network"]["Labels"] = object_labels(plan, labels.NETWORK)
    for role in (labels.DATA, labels.CERTIFICATES):
        data["volumes"][f"dindguard-recorded-{role}"]["Labels"] = object_labels(plan, role)


def test_a_plan_is_rebuilt_as_it_was() -> None:
    for level in LEVELS:
        its_labels = load(level)["daemon"]["Config"]["Labels"]
        plan = rebuilt(its_labels)
        assert plan.record() == its_labels[labels.PLAN]
        assert plan.digest() == its_labels[labels.PLAN_DIGEST]


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"name": 1}', "null"])
def test_a_record_that_cannot_be_read_is_never_passed_over(text: str) -> None:
    data = load("rootless")
    data["daemon"]["Config"]["Labels"][labels.PLAN] = text
    with pytest.raises(UserError, match="plan") as refusal:
        judge(Answers.from_json(json.dumps(data)))
    assert refusal.value.exit_code == INCOMPLETE
