"""Reads the scripts of packages: each is one line for a shell, on the machine of whoever runs it.

Source: npm's documentation, ``package.json`` ("scripts") and ``npm run`` (``pre`` and ``post`` scripts are scripts too).
"""

from __future__ import annotations

from collections.abc import Sequence

from dindguard.formats import Context, Document, Reading, add_task


def read(documents: Sequence[Document], context: Context) -> Reading:
    """Read every package of a scan."""
    del context  # a package stands by itself
    reading = Reading()
    for document in documents:
        for key, value in document.content["scripts"].pairs():
            if value.is_scalar:
                name = key.content
                add_task(reading, f"scripts.{name}", name, key.span, [value.document("shell")])
    return reading
