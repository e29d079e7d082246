"""Checks of what stands between the nested engine and the host."""

from __future__ import annotations

import json

from dindguard.environment import labels
from dindguard.environment.bodies import FILE_CAPABILITY_SET, SETUID_BIT_SET, seccomp_profile
from dindguard.environment.levels import SYSBOX_RUNTIME
from dindguard.environment.spec import Isolation
from dindguard.environment.verify import conformity
from dindguard.environment.verify.answers import Answers
from dindguard.environment.verify.conformity import Difference
from dindguard.environment.verify.result import (
    Check,
    Judgement,
    failed,
    not_applicable,
    passed,
    require,
    unknown,
)

_SOCKETS = ("docker.sock", "containerd.sock", "podman.sock", "crio.sock", "dockershim.sock")
# The numbers that the kernel gives the namespaces of its own start (Linux, include/linux/proc_ns.h).
_INITIAL = {"ipc": 0xEFFFFFFF, "uts": 0xEFFFFFFE, "pid": 0xEFFFFFFC}
_NONE_CLAIMED = "privileged mode claims none"


def _consent(answers: Answers) -> Judgement:
    if answers.isolation is not Isolation.PRIVILEGED:
        return not_applicable("nothing here needs consent")
    ticket = answers.labels.get(labels.CONSENT, "")
    return require(bool(ticket), f"privileged mode, accepted under {ticket}", "privileged mode without a ticket")


def _not_privileged(answers: Answers) -> Judgement:
    if answers.isolation is Isolation.PRIVILEGED:
        return not_applicable(_NONE_CLAIMED)
    return require(not answers.host.get("Privileged"), "not privileged", "the container is privileged")


def _runtime(answers: Answers) -> Judgement:
    runtime = answers.host.get("Runtime") or "the default runtime"
    if answers.isolation is not Isolation.SYSBOX:
        return not_applicable(f"{runtime}, about which nothing is claimed")
    return require(runtime == SYSBOX_RUNTIME, runtime, f"runs under {runtime}")


def is_mapped(user_map: str) -> bool | None:
    """Tell whether a ``uid_map`` (lines of inside, outside, length) is a real mapping; ``None`` if it is no map.

    Outside a user namespace the kernel shows the identity over all 32-bit ids: ``0 0 4294967295``.
    """
    lines = [line.split() for line in user_map.splitlines() if line.strip()]
    if not lines or any(len(line) != 3 or not all(map(str.isdigit, line)) for line in lines):
        return None
    # A root that is root outside as well is no protection, however short the range is.
    return not any(inside == "0" and outside == "0" for inside, outside, _ in lines)


def _user_namespace(answers: Answers) -> Judgement:
    if answers.isolation is Isolation.PRIVILEGED:
        return not_applicable(_NONE_CLAIMED)
    probe = "engine-user-map" if answers.isolation is Isolation.ROOTLESS else "user-map"
    answer = answers.probe(probe)
    shown = " / ".join(" ".join(line.split()) for line in answer.output.splitlines())
    mapped = is_mapped(answer.output) if answer.ok else None
    if mapped is None:
        return unknown(f"no user map could be read: {shown or 'no answer'}")
    what = "the nested engine's root is root on the host: the uid_map is"
    return require(mapped, f"a user namespace of its own: uid_map {shown}", f"{what} {shown}")


def _capabilities(answers: Answers) -> Judgement:
    if answers.isolation is not Isolation.ROOTLESS:
        return not_applicable("claimed for rootless only")
    added = {str(name).removeprefix("CAP_") for name in answers.host.get("CapAdd") or ()}
    if "ALL" not in (answers.host.get("CapDrop") or ()):
        return failed("the default capabilities were not dropped")
    told = ", ".join(sorted(added))
    mode = answers.probe("mapper-mode").output.strip()
    if not mode.isdigit():
        return unknown(f"the mode of newuidmap could not be read: {mode or 'no answer'}")
    # What newuidmap is decides, not what somebody once noted about it.
    setuid = bool(int(mode, 8) & 0o4000)
    needed = set(SETUID_BIT_SET if setuid else FILE_CAPABILITY_SET)
    if added != needed:
        kind = "setuid" if setuid else "not setuid"
        return failed(f"{told or 'none'}, where newuidmap ({kind}) needs {', '.join(sorted(needed))}")
    if setuid:
        return passed(f"{told}: newuidmap is setuid in this image, so its bounding set has to be wider")
    return passed(f"all dropped but {told}, for newuidmap and newgidmap")


def _filter(answers: Answers) -> Judgement:
    if answers.isolation is not Isolation.ROOTLESS:
        return not_applicable("claimed for rootless only")
    answer = answers.probe("filter")
    if not answer.ok:
        return unknown("the kernel did not tell")
    if answer.output.split()[-1:] != ["2"]:
        return failed(f"no filter: {answer.output}")
    options = [str(option) for option in answers.host.get("SecurityOpt") or ()]
    given = next((text for name, _, text in (option.partition("=") for option in options) if name == "seccomp"), "")
    if answers.plan.filter_file:  # Podman was told where it is, and not what
        if given != answers.plan.filter_file:
            return failed(f"the filter was read from {given or 'nowhere'}, planned {answers.plan.filter_file}")
        given = answers.probe("filter-file").output
    return require(
        _same_json(given, seccomp_profile()), "ours is in force", "a filter is in force, and it is not ours"
    )


def _same_json(one: str, other: str) -> bool:
    try:
        return bool(json.loads(one) == json.loads(other))
    except ValueError:
        return False


def _devices(answers: Answers) -> Judgement:
    if answers.isolation is Isolation.PRIVILEGED:
        return not_applicable(_NONE_CLAIMED)
    answer, rules = answers.probe("block-devices"), answers.probe("device-rules")
    if answer.code < 0:
        return unknown("the devices could not be listed")
    disks = [name for name in answer.output.split() if name.startswith("/")]
    if disks:
        return failed(f"disks of the host: {', '.join(sorted(disks))}")
    # With version 2 of the control groups the rules are a program in the kernel, which nobody can read.
    lines = rules.output.splitlines() if rules.ok else []
    opened = [line for line in lines if line[:1] in "ab" and set(line.split()[-1]) & set("rw")]
    return require(not opened, "no disk of the host can be opened", f"may be opened: {', '.join(opened)}")


def _inner_privileged(answers: Answers) -> Judgement:
    if answers.isolation is not Isolation.ROOTLESS:
        return not_applicable("claimed for rootless only")
    answer = answers.probe("inner-privileged")
    if "inner-container-ran" in answer.output:
        return failed("a privileged inner container ran")
    if answer.code < 0 or not answers.probe("inner-run").ok:
        return unknown("no inner container runs at all, so the refusal proves nothing")
    return require("not permitted" in answer.output, f"refused: {answer.output}", f"failed: {answer.output}")


def _host_namespaces(answers: Answers) -> Judgement:
    modes = {kind: str(answers.host.get(f"{kind}Mode") or "") for kind in ("Network", "Pid", "Ipc", "UTS", "Userns")}
    shared = {kind.lower() for kind, mode in modes.items() if mode == "host" or mode.startswith("container:")}
    answer = answers.probe("namespaces")
    if answers.plan.on_podman and not answer.ok:  # it does not tell whose memory segments they are
        return unknown("the kernel did not tell the namespaces")
    shared |= {kind for kind, number in _INITIAL.items() if f"{kind}:[{number}]" in answer.output.split()}
    return require(not shared, "no namespace is shared", f"shared: {', '.join(sorted(shared))}")


def _host_socket(answers: Answers) -> Judgement:
    found = [
        str(mount.get("Source"))
        for mount in answers.daemon["Mounts"]
        if str(mount.get("Source", "")).endswith(_SOCKETS)
    ]
    return require(not found, "no engine's socket is mounted", f"mounted: {', '.join(found)}")


def _host_files(answers: Answers) -> Judgement:
    binds = [str(mount.get("Source")) for mount in answers.daemon["Mounts"] if mount.get("Type") == "bind"]
    # A volume of the local driver can be a bind mount in disguise: its options say so.
    binds += [
        name for name, volume in answers.volumes.items() if volume.get("Options") or volume.get("Driver") != "local"
    ]
    return require(not binds, "volumes of the engine alone", f"from the host: {', '.join(binds)}")


def _told(differences: list[Difference], good: str) -> Judgement:
    return require(not differences, good, "; ".join(map(str, differences)))


def _container(answers: Answers) -> Judgement:
    differences = conformity.container(answers.plan, answers.told, answers.image)
    return _told(differences, "every field of the container is as planned, and nothing else is set")


def _network(answers: Answers) -> Judgement:
    return _told(conformity.network(answers.plan, answers.network), "the network is as planned")


def _volumes(answers: Answers) -> Judgement:
    return _told(conformity.volumes(answers.plan, answers.volumes), "both volumes are as planned")


_AGAIN = "dindguard env down, then up; and find out who changed it"

CHECKS = (
    Check("consent-recorded", _consent, "dindguard env down, then up with --accept-privileged TICKET"),
    Check("not-privileged", _not_privileged, "dindguard env down, then up: the object was not made by this tool"),
    Check("runtime", _runtime, "dindguard env down, then up: the object was not made by this tool"),
    Check(
        "user-namespace",
        _user_namespace,
        "the runtime does not isolate: reinstall Sysbox, or ask for --isolation rootless",
    ),
    Check("capabilities", _capabilities, "dindguard env down, then up: the object was not made by this tool"),
    Check("system-call-filter", _filter, "use an engine and a kernel with seccomp"),
    Check("host-devices-hidden", _devices, "remove the devices; whoever writes a disk of the host owns it"),
    Check("inner-privileged-refused", _inner_privileged, "the nested engine is not rootless: check its image"),
    Check("no-host-namespace", _host_namespaces, "dindguard env down, then up: the object was not made by this tool"),
    Check("no-host-socket", _host_socket, "never mount an engine's socket, read-only or not"),
    Check("container-as-planned", _container, _AGAIN),
    Check("network-as-planned", _network, _AGAIN),
    Check("volumes-as-planned", _volumes, _AGAIN),
    Check("no-host-files", _host_files, "give the nested engine volumes, and images with --load"),
)
