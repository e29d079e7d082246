"""What ``env check`` says: the engine, its levels, and the one that would be taken."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from dindguard.engine_client import EngineFacts
from dindguard.environment.levels import Offer, assess, choose
from dindguard.errors import UserError


@dataclass(frozen=True, slots=True)
class Offers:
    """The levels of one engine. ``taken`` is what ``up`` would use without further options; empty: none."""

    facts: EngineFacts
    levels: tuple[Offer, ...]
    taken: str

    def text(self) -> str:
        """Return the answer for people. Nothing here was tried, and it says so."""
        facts = self.facts
        rows = [
            f"{level.isolation:<11}{'offered' if level.available else 'no':<9}{level.reason}" for level in self.levels
        ]
        with_ticket = any(level.available for level in self.levels)
        needed = "--accept-privileged TICKET, or a better engine" if with_ticket else "another engine"
        taken = self.taken or f"nothing: it needs {needed}"
        verdict = f"`up` would take {taken}. Offered is not verified: `up` proves what it takes."
        warnings = [f"engine warns: {warning}" for warning in facts.warnings]
        return "\n".join([self._engine(), *warnings, "", *rows, "", verdict])

    def _engine(self) -> str:
        facts = self.facts
        api = f"{facts.api[0]}.{facts.api[1]}"
        where = f"{facts.system}, kernel {facts.kernel}, {facts.machine}, cgroup v{facts.cgroup or '?'}"
        guards = ", ".join(sorted(facts.security)) or "none"
        return f"engine: {facts.product.capitalize()} {facts.version} (API {api}), {where}\nits own security options: {guards}"

    def json(self) -> str:
        """Return the answer as a JSON document."""
        facts = asdict(self.facts) | {"security": sorted(self.facts.security)}
        levels = [asdict(level) for level in self.levels]
        return json.dumps({"engine": facts, "levels": levels, "taken": self.taken or None}, indent=2)


def describe(facts: EngineFacts) -> Offers:
    """Judge an engine by what it says of itself."""
    levels = assess(facts)
    try:
        taken = choose(levels, None, "").value
    except UserError:
        taken = ""
    return Offers(facts, levels, taken)
