"""SHA-256 of short texts, as Python brings it along.

``hashlib`` prefers OpenSSL's, and loading that library takes longer than writing a report. ``random`` of the standard library
takes the same way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hashlib import sha256
else:
    try:
        from _sha2 import sha256  # since Python 3.12
    except ImportError:
        try:
            from _sha256 import sha256
        except ImportError:  # another Python
            from hashlib import sha256

__all__ = ["sha256"]
