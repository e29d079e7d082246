"""Programs that start another command, or a shell with a script: ``sudo``, ``env``, ``ssh``, ``sh -c`` …"""

from __future__ import annotations

import re
from collections.abc import Sequence

from dindguard.model.values import Text
from dindguard.named_tuples import NamedTuple
from dindguard.patterns import regex
from dindguard.scripts.command import base_name
from dindguard.scripts.shell.expansion import space_before
from dindguard.scripts.shell.pieces import Piece, Script, Word
from dindguard.vocabulary import ROOTLESSKIT, ROOTLESSKIT_OPTIONS, SHELLS


class Wrapper(NamedTuple):
    """How a program's command line leads to the command that it starts.

    ``values`` are the options that take a value: short letters in the first word, long names after it.
    ``skip`` words come before the command. ``script`` options hold a script. With ``joined`` the rest of the
    words is one script; with ``stdin`` the program reads one when no command is left.
    """

    values: str = ""
    skip: int = 0
    script: str = ""
    joined: bool = False
    stdin: bool = False
    remote: int = -1
    """The index among the skipped words of the host that it leads to."""
    assignments: bool = False
    same_shell: bool = False
    """The script sees the variables of the caller (``eval``)."""
    numbers: bool = False
    """Numbers before the command are the program's own (``retry 5``)."""
    completed: bool = False
    """Words that it reads from elsewhere follow the command (``xargs``)."""


_PLAIN = Wrapper()

WRAPPERS: dict[str, Wrapper] = {
    "sudo": Wrapper(
        "ugphCrtTUDR user group prompt host chdir chroot role type close-from", assignments=True, stdin=True
    ),
    "doas": Wrapper("uC"),
    "env": Wrapper("uC unset chdir", script="-S --split-string", assignments=True),
    "exec": Wrapper("a"),
    "time": Wrapper("fo format output"),
    "nohup": _PLAIN,
    "command": _PLAIN,
    "builtin": _PLAIN,
    "nice": Wrapper("n adjustment"),
    "ionice": Wrapper("cnp class classdata"),
    "stdbuf": Wrapper("ioe"),
    "unbuffer": _PLAIN,
    "setsid": _PLAIN,
    "timeout": Wrapper("ks kill-after signal", skip=1),
    "gtimeout": Wrapper("ks kill-after signal", skip=1),
    "xargs": Wrapper("ILnPsadE max-args max-procs max-chars delimiter arg-file", completed=True),
    "parallel": Wrapper("jINLadSP jobs max-args arg-file colsep delay retries timeout joblog", completed=True),
    "chrt": Wrapper("TPD", skip=1),
    "cgexec": Wrapper("g"),
    "prlimit": _PLAIN,
    "taskset": Wrapper(skip=1),
    "numactl": Wrapper("CNmpi"),
    "chroot": Wrapper(skip=1),
    "unshare": Wrapper("SG setuid setgid"),
    "nsenter": Wrapper("tSG target setuid setgid"),
    "watch": Wrapper("n interval", joined=True),
    "flock": Wrapper("wEc timeout conflict-exit-code", skip=1, script="-c --command"),
    "gosu": Wrapper(skip=1),
    "su-exec": Wrapper(skip=1),
    "setpriv": Wrapper(" reuid regid groups inh-caps ambient-caps bounding-set securebits"),
    "setuidgid": Wrapper(skip=1),
    "s6-setuidgid": Wrapper(skip=1),
    "s6-applyuidgid": Wrapper("ugG"),
    "s6-envuidgid": Wrapper("B", skip=1),
    "s6-softlimit": Wrapper("aAcCdDfFlLmMoOpPrRsStT"),
    "s6-setlock": Wrapper("t", skip=1),
    "s6-notifyoncheck": Wrapper("sTtwn"),
    "with-contenv": _PLAIN,
    "chpst": Wrapper("uUbe/ndlLmoptfrcC"),
    "tini": Wrapper("pe"),
    "dumb-init": Wrapper("r rewrite"),
    "catatonit": _PLAIN,
    "docker-init": Wrapper("pe"),
    "rootlesskit": Wrapper(
        "p net mtu copy-up copy-up-mode propagation port-driver state-dir cidr ifname publish reaper subid-source"
    ),
    "fakeroot": _PLAIN,
    "strace": Wrapper("eopsSEaPu"),
    "systemd-run": Wrapper(
        "ptuMHCE property unit uid gid setenv slice description machine working-directory on-active"
    ),
    "systemd-cat": Wrapper("tp identifier priority"),
    "chronic": _PLAIN,
    "faketime": Wrapper(skip=1),
    "caffeinate": Wrapper("tw"),
    "retry": Wrapper("tdsn", numbers=True),
    "travis_retry": _PLAIN,
    "travis_wait": Wrapper(numbers=True),
    "run": Wrapper(numbers=True),
    "try": _PLAIN,
    "winpty": Wrapper("X"),
    "sshpass": Wrapper("pfdP"),
    "bundle exec": _PLAIN,
    "ssh": Wrapper("BbcDEeFIiJLlmOopQRSWw", skip=1, joined=True, stdin=True, remote=0),
    "autossh": Wrapper("MBbcDEeFIiJLlmOopQRSWw", skip=1, joined=True, stdin=True, remote=0),
    "vagrant ssh": Wrapper(skip=1, script="-c --command", remote=0),
    "docker-machine ssh": Wrapper(skip=1, joined=True, remote=0),
    "minikube ssh": Wrapper("np profile node", joined=True, remote=0),
    "colima ssh": Wrapper("p profile", joined=True, remote=0),
    "gcloud compute ssh": Wrapper(" zone project", skip=1, script="--command", remote=0),
    "limactl shell": Wrapper(" workdir", skip=1, remote=0),
    "lima": Wrapper(remote=0),
    "multipass exec": Wrapper("d working-directory", skip=1, remote=0),
    "kubectl exec": Wrapper("cnf container namespace context kubeconfig", skip=1, remote=0),
    "oc exec": Wrapper("cnf container namespace context kubeconfig", skip=1, remote=0),
    "lxc exec": Wrapper(" env cwd user group", skip=1, remote=0),
    "incus exec": Wrapper(" env cwd user group", skip=1, remote=0),
    "lxc-attach": Wrapper("nefgGlopPsuv name elevated-privileges", remote=0),
    "pct exec": Wrapper(skip=1, remote=0),
    "qm guest exec": Wrapper(" timeout pass-stdin synchronous", skip=1, remote=0),
    "machinectl shell": Wrapper("EHM setenv host machine uid", skip=1, remote=0),
    "podman machine ssh": Wrapper(" username", skip=1, joined=True, remote=0),
    "hcloud server ssh": Wrapper("pu port user", skip=1, joined=True, remote=0),
    "tsh ssh": Wrapper("ilLpRD login port proxy user cluster", skip=1, joined=True, remote=0),
    "virtctl ssh": Wrapper("cilnp identity-file username namespace port", skip=1, script="-c --command", remote=0),
    "wsl": Wrapper("du distribution user cd"),  # a machine of this one's own, behind the same addresses
    "su": Wrapper("gGsw group shell", skip=1, script="-c --command", stdin=True),
    "runuser": Wrapper("ulgGsw user login group shell", script="-c --command"),
    "script": Wrapper("EIOT", script="-c --command"),
    "sg": Wrapper(skip=1, script="-c"),
    "newgrp": Wrapper(skip=1, stdin=True),
    "at": Wrapper("qft", skip=9, stdin=True),
    "batch": Wrapper(stdin=True),
    "op run": Wrapper(" env-file account"),
    "doppler run": Wrapper("pct project config token scope fallback"),
    "infisical run": Wrapper("e env path projectId token"),
    "chamber exec": Wrapper(skip=1),
    "aws-vault exec": Wrapper("d duration region", skip=1),
    "poetry run": _PLAIN,
    "pipenv run": _PLAIN,
    "uv run": Wrapper("pC python with project directory env-file group extra"),
    "mise exec": Wrapper("C cd"),
    "eval": Wrapper(joined=True, same_shell=True),
    "trap": Wrapper(script="first"),
}
"""What is not listed runs its arguments itself, or prints or searches them."""

_NUMBER = regex(r"\d+[smhd]?\Z")
_ASSIGNMENT = regex(r"([A-Za-z_]\w*)=")
_LONGEST_NAME = max(name.count(" ") + 1 for name in WRAPPERS)
_OWN_GRAMMAR = frozenset({"find", "start-stop-daemon"})
_GROUPS = frozenset(name.partition(" ")[0] for name in WRAPPERS if " " in name)


class Layer(NamedTuple):
    """One wrapper taken off: what it starts is ``words``, a ``script``, or what comes from standard input."""

    name: str
    words: tuple[Word, ...] = ()
    script: tuple[Piece, ...] | None = None
    stdin: bool = False
    remote: Text | None = None
    assignments: tuple[tuple[str, Text], ...] = ()
    same_shell: bool = False


def unwrap(words: Sequence[Word]) -> Layer | None:
    """Take the outermost wrapper off; ``None`` if the program is none, or starts nothing here."""
    name = base_name(words[0].pattern)
    if name in SHELLS:
        return _shell(name, words)
    if name in _OWN_GRAMMAR:
        from dindguard.scripts.shell.rare_wrappers import LAYERS  # few scripts use one

        found = LAYERS[name](words)
        return Layer(name, found) if found else None
    if name in _GROUPS:
        for index in range(1, min(len(words), _LONGEST_NAME)):
            long_name = " ".join([name, *(word.pattern for word in words[1 : index + 1])])
            if long_name in WRAPPERS:
                return _wrapped(long_name, WRAPPERS[long_name], words[index + 1 :])
        return None
    wrapper = WRAPPERS.get(name)
    return _wrapped(name, wrapper, words[1:]) if wrapper else None


def may_unwrap(program: str) -> bool:
    """Whether :func:`unwrap` knows a program of this name."""
    return program in WRAPPERS or program in SHELLS or program in _GROUPS or program in _OWN_GRAMMAR


def _wrapped(name: str, wrapper: Wrapper, words: Sequence[Word]) -> Layer | None:
    if name in ("command", "exec") and words and words[0].pattern in ("-v", "-V"):
        return None
    if wrapper.script == "first":
        return Layer(name, script=words[0].pieces, same_shell=True) if len(words) > 1 else None
    head = _Head(wrapper, words, login=name == "su")
    host = _host(wrapper, words, head.skipped)
    if head.script is not None:
        return Layer(name, script=head.script, remote=host, same_shell=wrapper.same_shell)
    rest = tuple(words[head.position :])
    if name == "su":
        rest = ()  # ``su user command`` passes the words to the user's shell as arguments: they are not run
    if not rest:
        return Layer(name, stdin=True, remote=host) if wrapper.stdin else None
    if wrapper.completed:
        from dindguard.scripts.shell.rare_wrappers import completed  # few scripts use one

        rest = completed(name, rest)
    if wrapper.joined:
        return Layer(name, script=joined(rest), remote=host, same_shell=wrapper.same_shell)
    if name == ROOTLESSKIT:
        from dindguard.scripts.shell.rare_wrappers import own_options  # few scripts use it

        head.assignments.append((ROOTLESSKIT_OPTIONS, own_options(joined(words[: head.position]), rest[0])))
    return Layer(name, rest, remote=host, assignments=tuple(head.assignments))


class _Head:
    """A wrapper's own words: its options, what it skips, and assignments, up to ``position``."""

    def __init__(self, wrapper: Wrapper, words: Sequence[Word], *, login: bool) -> None:
        self.position = 0
        self.skipped: list[Word] = []
        self.assignments: list[tuple[str, Text]] = []
        self.script: tuple[Piece, ...] | None = None
        self._wrapper = wrapper
        self._login = login
        while self.position < len(words) and self._own(words):
            self.position += 1

    def _own(self, words: Sequence[Word]) -> bool:
        """Whether the word at the position is the wrapper's own."""
        wrapper = self._wrapper
        word = words[self.position]
        text = word.pattern
        if text == "--":
            if len(self.skipped) < wrapper.skip:
                return True
            self.position += 1
            return False
        self.script = _script_option(wrapper, words, self.position)
        if self.script is not None:
            return False
        if text.startswith("-") and (len(text) > 1 or self._login):
            self.position += _takes_value(wrapper.values, text)
            return True
        assignment = _ASSIGNMENT.match(text) if wrapper.assignments else None
        if assignment:
            self.assignments.append((assignment.group(1), word.part(assignment.end(), len(text))))
            return True
        if wrapper.numbers and _NUMBER.match(text):
            return True
        if len(self.skipped) < wrapper.skip:
            self.skipped.append(word)
            return True
        return False


def _host(wrapper: Wrapper, words: Sequence[Word], skipped: Sequence[Word]) -> Text | None:
    if wrapper.remote < 0 or not words:
        return None
    if wrapper.remote < len(skipped):
        return skipped[wrapper.remote]
    return next((one for one in words if not one.pattern.startswith("-")), words[0])


def _takes_value(values: str, option: str) -> bool:
    """Whether ``option`` is followed by a word that is its value."""
    letters, *names = values.split(" ")
    if option.startswith("--"):
        return option[2:] in names
    for index, letter in enumerate(option[1:], start=1):
        if letter in letters:
            return index == len(option) - 1
    return False


def _script_option(wrapper: Wrapper, words: Sequence[Word], position: int) -> tuple[Piece, ...] | None:
    """Return the script that the option at ``position`` holds."""
    text = words[position].pattern
    for option in wrapper.script.split():
        if text == option and position + 1 < len(words):
            return words[position + 1].pieces
        if option.startswith("--") and text.startswith(f"{option}="):
            return tuple(Script(words[position].pieces).cut(len(option) + 1, len(text)))
        if not option.startswith("--") and re.fullmatch(rf"-[a-z]+{option[1]}", text) and position + 1 < len(words):
            return words[position + 1].pieces
    return None


def _shell(name: str, words: Sequence[Word]) -> Layer | None:
    """``sh -c SCRIPT``, or a shell that reads its script from standard input."""
    has_script = False
    position = 1
    while position < len(words):
        text = words[position].pattern
        if text in ("--", "-"):
            position += 1
            break
        if not text.startswith(("-", "+")) or len(text) == 1:
            break
        if not text.startswith("--"):
            has_script = has_script or ("c" in text[1:] and text[0] == "-")
            if text == "-s":
                return Layer(name, stdin=True)
        position += 2 if text.lstrip("-+") in ("o", "O", "rcfile", "init-file") or text[-1] in "oO" else 1
    if has_script:
        return Layer(name, script=words[position].pieces) if position < len(words) else None
    return Layer(name, stdin=True) if position >= len(words) else None


def joined(words: Sequence[Word]) -> tuple[Piece, ...]:
    """Return the words as one script, with blanks between them, as ``ssh`` and ``eval`` join them."""
    pieces: list[Piece] = []
    for word in words:
        if pieces and word.pieces:
            pieces.append(space_before(word.pieces[0]))
        pieces += word.pieces
    return tuple(pieces)
