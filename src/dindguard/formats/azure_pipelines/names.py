"""What names stand for at one place of a pipeline: its parameters, its variables, and those of the loops around."""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Mapping
from typing import TYPE_CHECKING

from dindguard import budget
from dindguard.model.container_fields import NOWHERE
from dindguard.model.values import Text
from dindguard.patterns import regex
from dindguard.source import HasSpan

if TYPE_CHECKING:
    from dindguard.formats.azure_pipelines.parts import Part

_INDEX = regex(r"\[\s*'([^'\]]*)'\s*\]")
_LITERAL = regex(r"'([^']*)'|(true|false|-?\d+)", re.IGNORECASE)


class Names:
    """Parameters and loop variables are parts of files, variables are texts; names have no case.

    ``assumed`` tells that the parameters are defaults, which whoever starts the pipeline can change. ``work`` counts items
    and characters of scripts that were read for one file, because loops and templates can bring in more than is written.
    """

    def __init__(
        self,
        parts: Mapping[str, Part] | None = None,
        variables: Mapping[str, Text] | None = None,
        *,
        assumed: bool = False,
        work: list[int] | None = None,
    ) -> None:
        self._parts = parts if isinstance(parts, ChainMap) else ChainMap(dict(parts or {}))
        self._variables = variables if isinstance(variables, ChainMap) else ChainMap(dict(variables or {}))
        self.assumed = assumed
        self.work = work if work is not None else [0, 0]
        self._texts: dict[str, Text | None] = {}

    def more(self, at: HasSpan) -> bool:
        """Whether one more item may be read."""
        self.work[0] += 1
        return budget.within(budget.AZURE_ITEMS, self.work[0], at)

    def script_fits(self, length: int, at: HasSpan) -> bool:
        """Whether a script of that length may be read as well."""
        self.work[1] += max(length, budget.SCRIPT_COSTS)
        return budget.within(budget.REPEATED_SCRIPTS, self.work[1], at)

    def with_parts(self, parts: Mapping[str, Part]) -> Names:
        """Return names that know these loop variables as well."""
        return Names(self._parts.new_child(dict(parts)), self._variables, assumed=self.assumed, work=self.work)

    def with_variables(self, variables: Mapping[str, Text]) -> Names:
        """Return names that know these variables as well; they win over those of the same name."""
        if not variables:
            return self
        added = {name.lower(): text for name, text in variables.items()}
        return Names(self._parts, self._variables.new_child(added), assumed=self.assumed, work=self.work)

    def of_template(self, parameters: Mapping[str, Part]) -> Names:
        """Return the names in a template that is given these parameters: the variables stay, all else is its own."""
        return Names(
            {f"parameters.{name.lower()}": part for name, part in parameters.items()}, self._variables, work=self.work
        )

    def text(self, expression: str) -> Text | None:
        """Return what a name or a literal stands for; ``None`` when the files do not decide it."""
        if expression not in self._texts:  # the steps of a template ask for the same ones
            self._texts[expression] = self._text(expression)
        return self._texts[expression]

    def _text(self, expression: str) -> Text | None:
        literal = _LITERAL.fullmatch(expression)
        if literal is not None:
            return Text(literal[1] if literal[1] is not None else literal[2].lower(), NOWHERE)
        path = _INDEX.sub(r".\1", expression).lower()
        if path.startswith("variables."):
            return self._variables.get(path.removeprefix("variables."))
        found = self.part(expression)
        if found is None or not found.raw.is_scalar:
            return None
        value = found.value
        return value if value.known else None

    def part(self, expression: str) -> Part | None:
        """Return the part of a file that a parameter or a loop's variable stands for."""
        steps = _INDEX.sub(r".\1", expression).split(".")
        for length in (2, 1):
            found = self._parts.get(".".join(steps[:length]).lower())
            if found is not None:
                for step in steps[length:]:
                    found = found[step]
                return found if found.raw.present else None
        return None
