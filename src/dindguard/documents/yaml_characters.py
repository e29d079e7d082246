"""Characters that readers of YAML refuse, although consumers take them or never see them."""

from __future__ import annotations

from dindguard.patterns import regex

_REFUSED = regex(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ufffe\uffff\ud800-\udfff]")


def accepted(text: str) -> str:
    """Return the text with another character for each that is refused, so that every place stays."""
    return _REFUSED.sub("\ufffd", text)
