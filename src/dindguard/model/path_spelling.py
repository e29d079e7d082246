"""The spelling of paths on a host: one for each, so that equal paths are equal strings."""

from __future__ import annotations

from functools import lru_cache

from dindguard.model.values import UNKNOWN_PIECE, Text

_VARIABLES = {
    "HOME": "~",
    "USERPROFILE": "~",
    "XDG_RUNTIME_DIR": "/run/user/*",
    "PWD": ".",
    "CI_PROJECT_DIR": ".",
    "GITHUB_WORKSPACE": ".",
    "github.workspace": ".",
}
"""Variables whose meaning is the same everywhere, though their value is not."""

_SPECIFIERS = {"%h": "~", "%t": "/run", "$(pwd)": ".", "`pwd`": "."}
"""systemd's specifiers (as the system manager reads them), and the shell's ways to say *here*."""

_VIEWS_OF_THE_HOST = ("/host_mnt", "/mnt/host", "/run/desktop/mnt/host", "/proc/1/root")
"""Where Docker Desktop's machine, or a process in the host's namespaces, sees the host's root."""


def path_of(text: Text) -> str:
    """Return the normalised path that a text holds; ``${HOME}`` and its like keep their meaning."""
    path = text.pattern
    symbol = _VARIABLES.get(text.variable)
    if text.unknown and symbol and path.startswith(UNKNOWN_PIECE) and path.count(UNKNOWN_PIECE) == 1:
        path = symbol + path[1:]
    return normalise(path)


@lru_cache(maxsize=4096)
def normalise(path: str) -> str:
    r"""Return the one spelling of a path: ``/run/docker.sock`` for ``//var/run/../run/docker.sock``.

    Home directories given by a variable become ``~``, relative paths start with ``./`` or ``../``, Windows
    pipes are ``//./pipe/NAME``, drives ``C:/…``. ``..`` behind an unknown piece stays.
    """
    path = _without_variable(path)
    windows = _windows(path)
    if windows:
        return windows
    if path.startswith((".\\", "..\\", "~\\")):
        path = path.replace("\\", "/")
    path = _collapse(path)
    while path.startswith("/"):
        shorter = _one_link_less(path)
        if shorter == path:
            break
        path = shorter
    return path


def inside(path: str, directory: str) -> bool:
    """Tell whether ``path`` is ``directory`` or lies in it."""
    path, directory = normalise(path), normalise(directory)
    return path == directory or path.startswith(directory.rstrip("/") + "/")


@lru_cache(maxsize=4096)
def on_the_host(path: str) -> str:
    """Return the normalised path, freed from views of the host: ``/host_mnt/etc`` is its ``/etc``.

    For sources of mounts only: inside a container, such a path is a directory like any other.
    """
    path = normalise(path)
    view = next((view for view in _VIEWS_OF_THE_HOST if path == view or path.startswith(view + "/")), "")
    if not view:
        return path
    rest = path[len(view) :] or "/"
    if view != "/proc/1/root" and _is_letter(rest[1:2]) and rest[2:3] in ("", "/"):
        return _drive(rest[1], rest[2:])
    return normalise(rest)


_NO_USERS = frozenset(
    {
        "backup", "backups", "data", "downloads", "media", "movies", "music", "photos", "pictures", "public", "shared", "shows",
        "torrents", "tv", "videos",
    }
)  # fmt: skip
"""Folders of data that people keep beside the homes: ``/home/Downloads`` is nobody's home."""


def home_relative(path: str) -> str:
    """Return a normalised path with a user's home as ``~``; a Windows path in lower case."""
    key = path.lower() if path[1:2] == ":" else path
    if key == "/root" or key.startswith("/root/"):
        return "~" + key[5:]
    for homes in ("/home/", "/Users/", "c:/users/"):
        if key.startswith(homes):
            user, slash, rest = key[len(homes) :].partition("/")
            nobodys = UNKNOWN_PIECE in user or user.lower() in _NO_USERS
            return key if nobodys else f"~{slash}{rest}"
    return key


def _without_variable(path: str) -> str:
    for written, symbol in _SPECIFIERS.items():
        if path == written or path.startswith(written + "/"):
            return symbol + path[len(written) :]
    if not path.startswith("$"):
        return path
    if path.startswith("${"):
        name, closed, rest = path[2:].partition("}")
        rest = rest.removeprefix("}") if name.startswith("{") else rest
        name = name.strip("{ ")
    else:
        name, closed, rest = path[1:].partition("/")
        rest = closed + rest
    symbol = _VARIABLES.get(name, "")
    return symbol + rest if symbol and rest[:1] in ("", "/") else path


def _windows(path: str) -> str:
    """Return the spelling of a named pipe or a drive's path, ``""`` for any other path."""
    slashed = path.replace("\\", "/")
    scheme = slashed[:6].lower() == "npipe:"
    if scheme or slashed.startswith("//"):
        head, _, name = slashed[6 if scheme else 0 :].lstrip("/").partition("pipe/")
        name = name.strip("/")
        if name and (head.rstrip("/") == "." or (scheme and not head)):
            return f"//./pipe/{name}"
        if _is_letter(slashed[2:3]) and slashed[3:4] in ("", "/"):  # Git for Windows writes //c/Users
            return _drive(slashed[2], slashed[3:])
    if _is_letter(slashed[:1]) and slashed[1:2] == ":" and slashed[2:3] in ("", "/"):
        return _drive(slashed[0], slashed[2:])
    return ""


def _is_letter(char: str) -> bool:
    return len(char) == 1 and char.isascii() and char.isalpha()


def _drive(letter: str, rest: str) -> str:
    return f"{letter.upper()}:{_collapse('/' + rest)}"


def _collapse(path: str) -> str:
    absolute = path.startswith("/")
    anchored = path[:1] in (UNKNOWN_PIECE, "~") and (path[:1] != "~" or path[1:2] in ("", "/"))
    parts: list[str] = []
    for part in path.split("/"):
        if part in ("", "."):
            continue
        if part == "..":
            if not parts and absolute:
                continue
            fixed = not parts or parts[-1] == ".." or UNKNOWN_PIECE in parts[-1]
            if not fixed and not (anchored and len(parts) == 1):
                parts.pop()
                continue
        parts.append(part)
    joined = "/".join(parts)
    if absolute:
        return "/" + joined
    if anchored or parts[:1] == [".."]:
        return joined
    return f"./{joined}" if parts else "."


def _one_link_less(path: str) -> str:
    """Resolve a link that every system has: ``/private`` of macOS, ``/var/run``."""
    if (path + "/").startswith(("/private/var/", "/private/etc/", "/private/tmp/")):
        return path.removeprefix("/private")
    if path == "/var/run" or path.startswith("/var/run/"):
        return path.removeprefix("/var")
    return path


_LETS_IN = frozenset({"authorized_keys", "authorized_keys2", "config", "environment", "rc"})


def is_key_file(path: str) -> bool:
    """Tell whether the path is one file in somebody's ``~/.ssh``, and none by which SSH decides whom to let in or what to run."""
    folder, _, name = home_relative(on_the_host(path)).rpartition("/")
    return folder == "~/.ssh" and name not in _LETS_IN and not name.endswith("*")
