"""What lowers the severity of what rules say: a sandbox, or a machine that ends with its job."""

from __future__ import annotations

from typing import Any

from dindguard.model.container import Sandbox
from dindguard.model.engine import Engine, Machine
from dindguard.model.values import Text
from dindguard.rules import Rule, Severity

LEVELS = {Sandbox.VM: 2, Sandbox.USER_NAMESPACE: 2, Sandbox.GVISOR: int(Severity.CRITICAL)}
"""By how many levels a sandbox lowers the findings of the rules that name it; gVisor leaves information only."""

MACHINE_CATEGORIES = frozenset({"privilege", "confinement", "socket"})
MACHINE_LEVELS = 3
"""By how many levels a hosted machine that ends with its job lowers what these categories say: the job is root there."""


def lowered(rule: Rule, subject: Any) -> tuple[int, str]:
    """Return by how many levels a rule's findings about ``subject`` are lowered, and why, in words.

    Either a sandbox contains the danger, or the machine is thrown away with the job whose script is its
    administrator anyway, or a machine's file is an example; the greatest of them counts.
    """
    found = (_by_sandbox(rule, subject), _by_machine(rule, subject), _by_place(subject))
    return max(found, key=lambda each: each[0])


def _by_sandbox(rule: Rule, subject: Any) -> tuple[int, str]:
    sandbox = getattr(subject, "sandbox", Sandbox.NONE)
    if sandbox is Sandbox.NONE or sandbox not in rule.contained_by:
        return 0, ""
    evidence = getattr(subject, "sandbox_evidence", None)
    name = str(evidence) if isinstance(evidence, Text) else str(sandbox)
    return LEVELS[sandbox], f"contained by {name} ({sandbox})" if name != str(
        sandbox
    ) else f"contained by a {sandbox}"


def _by_machine(rule: Rule, subject: Any) -> tuple[int, str]:
    machine = getattr(subject, "hosted_machine", None)
    if machine is None or rule.category not in MACHINE_CATEGORIES:
        return 0, ""
    return MACHINE_LEVELS, f"on a machine of {machine}, which ends with the job"


def _by_place(subject: Any) -> tuple[int, str]:
    """Lower by one level what is said of a machine's engine in a folder of tests, examples or docs."""
    if not isinstance(subject, Engine) or not isinstance(subject.owner, Machine) or not subject.owner.shown_by:
        return 0, ""
    return 1, f"'{subject.owner.shown_by}' in its path says that it is an example"
