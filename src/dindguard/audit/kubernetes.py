"""The objects of a cluster, as ``kubectl get`` gives them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from typing import Any

from dindguard.audit.redaction import MASK, Redaction
from dindguard.errors import ENGINE, UserError
from dindguard.records import record

KINDS = (
    "pods", "replicasets", "replicationcontrollers", "deployments", "statefulsets", "daemonsets", "jobs", "cronjobs",
    "services", "namespaces", "persistentvolumeclaims", "persistentvolumes",
)  # fmt: skip
"""What is asked for: no secrets, no configuration maps."""

_SECONDS = 120
_LABELS = ("labels", "matchLabels", "selector", "nodeSelector")
"""By their values objects find each other: what is no credential by its form stays."""
_COPIES = ("managedFields", "kubectl.kubernetes.io/last-applied-configuration")
"""What repeats an object in its own metadata."""


@record
class Collected:
    """A cluster's objects, and what ``kubectl`` said about those that it was refused; ``""`` when it got all."""

    objects: dict[str, Any]
    refused: str = ""


def collect(keep: Redaction, *, namespace: str = "", context: str = "") -> Collected:
    """Return the objects of a namespace, or of all, in the current or the named context.

    Raises :class:`~dindguard.errors.UserError` when ``kubectl`` is missing, takes too long, or gives nothing.
    """
    scope = ("--namespace", namespace) if namespace else ("--all-namespaces",)
    where = ("--context", context) if context else ()
    done = _run(("kubectl", *where, "get", ",".join(KINDS), *scope, "--output", "json"))
    try:
        found = json.loads(done.stdout)
        items = found["items"]
    except (ValueError, KeyError, TypeError):
        items = None
    if not isinstance(items, list) or (done.returncode and not items):
        reason = _last_line(done.stderr) or "its answer is no list of objects"
        raise UserError(f"kubectl gave nothing: {reason}", ENGINE)
    objects = {"apiVersion": "v1", "kind": "List", "items": [_object(item, keep) for item in items]}
    return Collected(objects, _last_line(done.stderr) if done.returncode else "")


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(command, check=False, capture_output=True, stdin=subprocess.DEVNULL, timeout=_SECONDS)
    except FileNotFoundError:
        raise UserError("kubectl is not installed; --from reads what it printed elsewhere", ENGINE) from None
    except subprocess.TimeoutExpired:
        raise UserError(f"the cluster did not answer within {_SECONDS} seconds", ENGINE) from None


def _last_line(output: bytes) -> str:
    lines = output.decode("utf-8", "replace").strip().splitlines()
    return lines[-1].strip() if lines else ""


def _object(item: Any, keep: Redaction) -> Any:
    """Return an object without its status, the copies of itself in its metadata, and secrets."""
    if not isinstance(item, dict):
        return item
    return {name: _value(name, value, keep) for name, value in item.items() if name != "status"}


def _value(name: str, value: Any, keep: Redaction) -> Any:
    if name == "env" and isinstance(value, list):
        return [_variable(entry, keep) for entry in value]
    if name in ("command", "args"):
        return keep.words(value)
    if isinstance(value, dict):
        labels = name in _LABELS
        kept = {key: _value("" if labels else key, inner, keep) for key, inner in value.items() if key not in _COPIES}
        if "command" in value and "args" in value:
            kept["command"], kept["args"] = keep.commands(value["command"], value["args"])
        return keep.paired(kept)
    return [_value(name, inner, keep) for inner in value] if isinstance(value, list) else keep.whole(value, name)


def _variable(entry: Any, keep: Redaction) -> Any:
    if not isinstance(entry, dict) or "value" not in entry:
        return keep.whole(entry)
    shown = keep.shown(str(entry.get("name", "")))
    return {**entry, "value": keep.whole(entry["value"]) if shown else MASK}
