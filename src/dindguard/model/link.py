"""Model objects are frozen; what ``infer`` concludes about them is set once, through here."""

from __future__ import annotations

from typing import Any


class Linked:
    """A frozen dataclass with fields that inference concludes after reading."""

    def conclude(self, **conclusions: Any) -> None:
        """Set fields declared with ``init=False``. Only ``infer`` and the model's own constructors call this."""
        for name, value in conclusions.items():
            object.__setattr__(self, name, value)
