"""Templates whose blocks keep the indentation of the place where they are put."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from importlib.resources import files

from dindguard.environment.spec import Isolation, Spec

_PLACE = re.compile(r"^(?P<indent>(?:#[ ]|[ ])*)@\{(?P<block>\w+)\}\n|@\{(?P<word>\w+)\}", re.MULTILINE)
_CLAIMS = {
    Isolation.SYSBOX: (
        "The engine runs under Sysbox: its root is an ordinary user on the host. Sysbox has to be installed there,\n"
        "and is itself something to be approved."
    ),
    Isolation.ROOTLESS: (
        "The engine and its containers run as an ordinary user in a user namespace, without privileged mode:\n"
        "two capabilities to set that namespace up, a system call filter, unmasked system paths and a tun device."
    ),
    Isolation.KATA: (
        "The pod is a virtual machine (Kata Containers): the engine is privileged in it, and its kernel is its own.\n"
        "Mounts of the node's folders would still be the node's."
    ),
    Isolation.PRIVILEGED: (
        "NOT ISOLATED FROM THE HOST. Whoever commands this engine is root on the host; run it on machines that\n"
        "are thrown away and hold nothing else. Accepted under: "
    ),
}


def fill(template: str, values: Mapping[str, str]) -> str:
    """Return ``template`` (a file's name) with each ``@{name}`` replaced.

    A name alone on its line takes a block: every line of it gets the line's indentation (or comment sign), and an
    empty block takes the line away.
    """
    text = (files("dindguard.environment.render") / "templates" / template).read_text(encoding="utf-8")

    def put(place: re.Match[str]) -> str:
        if place["word"]:
            return values[place["word"]]
        lines = values[place["block"]].splitlines()
        return "".join(f"{place['indent']}{line}".rstrip() + "\n" for line in lines)

    return _PLACE.sub(put, text)


def common(spec: Spec) -> dict[str, str]:
    """Return the values that every template may use."""
    isolation = spec.isolation
    assert isolation is not None
    consent = spec.consent if isolation is Isolation.PRIVILEGED else ""
    daemon = spec.image_for(isolation)
    pinned = "@sha256:" in daemon and "@sha256:" in spec.client_image
    return {
        "claim": _CLAIMS[isolation] + consent,
        "pin": "" if pinned else "Images by version; by digest with `--resolve`, which asks their registry.",
        "isolation": isolation.value,
        "daemon_image": daemon,
        "client_image": spec.client_image,
        "data_root": isolation.data_root,
        "consent_label": f"io.dindguard.consent: {quoted(consent)}" if consent else "",
        "memory": f"{spec.limits.memory >> 20}m",
        "mebibytes": str(spec.limits.memory >> 20),
        "cpus": f"{spec.limits.cpus:g}",
        "pids": str(spec.limits.pids),
        "seconds": str(spec.time_to_live),
        "minutes": str(-(-spec.time_to_live // 60)),
        "tun": spec.tun_device,
    }


def quoted(text: str) -> str:
    """Return ``text`` as a double-quoted YAML or TOML string (a JSON string is both)."""
    return json.dumps(text)
