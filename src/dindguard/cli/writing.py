"""What the commands write into a repository: whole files, inside it, none through a link to elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path


def write_text(path: Path, text: str) -> None:
    """Write a file, with its folders; raises :class:`UserError` when it cannot be, or a link leads out."""
    from dindguard.reports.output import write_whole

    write_whole(path, text.encode(), make_folders=True)


def ensure_attributes(root: Path) -> bool:
    """Add the line that lets two people's waivers merge to ``.gitattributes``; return whether it was added."""
    from dindguard.policy.writing import ATTRIBUTES, attributes

    path = root / ".gitattributes"
    try:
        text = attributes(path.read_text("utf-8") if path.is_file() else "")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path.name}: cannot be read: {error}; add the line '{ATTRIBUTES}'") from None
    if text is not None:
        write_text(path, text)
    return text is not None
