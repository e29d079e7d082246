"""Programs that hand an engine's socket on to a port: whoever reaches the port commands the engine.

Sources: socat(1), ncat(1) and nc(1), ssh(1) (``-L``, ``-R``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dindguard.model import paths
from dindguard.model.values import Text
from dindguard.patterns import regex
from dindguard.records import record, replace
from dindguard.vocabulary import EngineProduct

_LISTENING = ("tcp-listen", "tcp-l", "tcp4-listen", "tcp4-l", "tcp6-listen", "tcp6-l")
_LOCAL_CALLERS = ("range=127.", "range=[::1]")
"""Options that admit nobody but this machine, whatever address is listened on."""
_CONNECTING = ("unix-connect", "unix-client", "unix")
_EVERYWHERE = "0.0.0.0"  # noqa: S104 - what these programs listen on
_LETTERS = regex(r"-[A-Za-z]+\Z")
_EXECUTES = regex(r"--(?:sh-)?exec(?:=|\Z)")
_IN_A_COMMAND = regex(r"(?:-U\s+|(?i:unix(?:-connect|-client)?):)([^\s,\"']+)")
_SSH_FORWARD = regex(r"-[A-Za-z]*[LR](?=\S)|-[A-Za-z]*[LR]\Z")
_SSH_PLACE = regex(r"(?:(\[[^\]]*\]|[^:/\[\]]*):)?(\d{1,5}):(/[^:]+)\Z")


@record
class Forwarding:
    """A socket that is handed on: where the forwarder listens, as an engine's option would say it, and the socket."""

    listens: Text
    socket: Text
    product: EngineProduct


def forwarding(program: str, words: Sequence[Text]) -> Forwarding | None:
    """Return what a program's arguments connect; ``None`` unless they are a TCP port and an engine's socket."""
    if program in ("ssh", "autossh"):
        return _of_ssh(words)
    if program in ("nc", "ncat", "netcat"):
        return _of_netcat(words)
    listening = next(filter(None, map(_listener, words)), None)
    connected = next(filter(None, map(_socket, words)), None)
    return Forwarding(listening, *connected) if listening is not None and connected is not None else None


def _listener(word: Text) -> Text | None:
    """``TCP-LISTEN:2375,bind=127.0.0.1,fork`` as ``tcp://127.0.0.1:2375``."""
    kind, _, rest = word.pattern.partition(":")
    if kind.lower() not in _LISTENING:
        return None
    port, *options = rest.split(",")
    host = next((each.partition("=")[2] for each in options if each.startswith("bind=")), _EVERYWHERE)
    if any(each.startswith(_LOCAL_CALLERS) for each in options):
        host = "127.0.0.1"
    address = f"tcp://{host}:{port}"
    return Text(address, word.span, raw=word.raw) if word.known else replace(word, partial=address)


def _socket(word: Text) -> tuple[Text, EngineProduct] | None:
    kind, _, path = word.pattern.partition(":")
    socket = paths.socket_at(path.partition(",")[0]) if kind.lower() in _CONNECTING else None
    return (word, socket.product) if socket is not None else None


def _of_netcat(words: Sequence[Text]) -> Forwarding | None:
    """``ncat -lk 2375 --sh-exec "ncat -U /var/run/docker.sock"``: who connects talks to what is executed."""
    listens, port, host = False, None, _EVERYWHERE
    executed: Text | None = None
    rest = iter(words)
    for word in rest:
        typed = word.pattern
        letters = typed[1:] if _LETTERS.match(typed) else ""
        if typed == "--listen" or "l" in letters:
            listens = True
        if _EXECUTES.match(typed):
            executed = word if "=" in typed else next(rest, None)
        elif letters[-1:] in ("e", "c"):
            executed = next(rest, None)
        elif letters[-1:] == "p" or typed in ("--source-port", "--port"):
            port = next(rest, None)
        elif letters[-1:] in tuple("wimoxsdgGIOTXW"):
            next(rest, None)
        elif not typed.startswith("-"):
            host, port = (port.pattern if port is not None else host), word
    found = _IN_A_COMMAND.search(executed.pattern) if executed is not None else None
    socket = paths.socket_at(found[1]) if found is not None else None
    if not listens or port is None or not port.pattern.isdecimal() or socket is None or executed is None:
        return None
    return Forwarding(Text(f"tcp://{host}:{port.pattern}", port.span, raw=port.raw), executed, socket.product)


def _of_ssh(words: Sequence[Text]) -> Forwarding | None:
    """``ssh -L 0.0.0.0:2375:/var/run/docker.sock host``; without an address it listens on the loopback, but with ``-g``."""
    everywhere = any(_LETTERS.match(word.pattern) and "g" in word.pattern for word in words)
    for place in _ssh_places(words):
        found = _SSH_PLACE.match(place.pattern)
        socket = paths.socket_at(found[3]) if found is not None else None
        if found is not None and socket is not None:
            bound = _EVERYWHERE if everywhere else "127.0.0.1"
            host = bound if found[1] is None else found[1] if found[1] not in ("", "*") else _EVERYWHERE
            return Forwarding(Text(f"tcp://{host}:{found[2]}", place.span, raw=place.raw), place, socket.product)
    return None


def _ssh_places(words: Sequence[Text]) -> Iterator[Text]:
    """Yield what is forwarded: the value of ``-L`` and ``-R``, in the same word or in the next."""
    rest = iter(words)
    for word in rest:
        found = _SSH_FORWARD.match(word.pattern)
        if found is not None:
            glued = word.part(found.end(), len(word.pattern))
            following = glued if glued.pattern else next(rest, None)
            if following is not None:
                yield following
