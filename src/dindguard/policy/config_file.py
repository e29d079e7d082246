"""Finds configurations: that of a tree, of one of its folders, or the one that somebody names."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from dindguard.errors import UserError
from dindguard.files import Left, UnreadError
from dindguard.policy.config import FILE_NAME, MISNAMED, PROJECT, Config

if TYPE_CHECKING:
    from dindguard.files import Files, StrPath


def configuration(
    files: Files, explicit: StrPath | None = None, floor: StrPath | None = None, *, untrusted: bool = False
) -> Config:
    """Return the configuration that holds: that of files (see :func:`load`), lifted to an organisation's floor."""
    config = load(files, explicit, untrusted=untrusted)
    if floor is None:
        return config
    from dindguard.policy import floor as floors

    return floors.tightened(config, floors.load(files, floor))


def load(files: Files, explicit: StrPath | None = None, *, untrusted: bool = False) -> Config:
    """Return the configuration that files hold: the one named on the command line, else the tree's own.

    ``untrusted`` ignores the tree's own. Raises :class:`UserError` for a file that cannot be read.
    """
    if explicit is not None:
        return _named(files, os.fspath(explicit))
    if untrusted:
        return Config()
    for name in (FILE_NAME, PROJECT):
        if files.exists(name) and files.inside(name) is None:
            raise UserError(
                f"{name}: the link leads out of {files.root}: put the file here, or name it with --config"
            )
    text = _text(files, FILE_NAME)
    if text is not None:
        return _parsed(text, FILE_NAME)
    if files.exists(MISNAMED):
        raise UserError(f"{MISNAMED}: this name is not read: call it {FILE_NAME}")
    text = _text(files, PROJECT)
    return _parsed(text, PROJECT) if text is not None and "dindguard" in text else Config()


def load_file(files: Files, name: str) -> Config:
    """Return the configuration of one file of the tree; raises :class:`UserError` when it cannot be read."""
    text = _text(files, name)
    return Config() if text is None else _parsed(text, name)


def _named(files: Files, name: str) -> Config:
    try:
        text = files.named(name)
    except OSError as error:
        raise UserError(f"{name}: cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise UserError(f"{name}: cannot be read: it is not UTF-8") from None
    return Config() if text is None else _parsed(text, name)


def _text(files: Files, name: str) -> str | None:
    """Return a file's text; ``None`` when there is none. A link to nothing is none, and may become one."""
    try:
        return files.read(name).decode("utf-8-sig")
    except UnreadError as error:
        if error.left is Left.VANISHED:
            return None
        raise UserError(f"{name}: {error}") from None
    except UnicodeDecodeError:
        raise UserError(f"{name}: cannot be read: it is not UTF-8") from None


def _parsed(text: str, name: str) -> Config:
    from dindguard.policy.config_text import parsed  # most trees have none

    return parsed(text, name)
