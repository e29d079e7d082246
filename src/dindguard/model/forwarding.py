"""Programs that hand an engine's socket on to a port (socat(1)): whoever reaches the port commands the engine."""

from __future__ import annotations

from collections.abc import Sequence

from dindguard.model import paths
from dindguard.model.values import Text
from dindguard.records import record, replace
from dindguard.vocabulary import EngineProduct

_LISTENING = ("tcp-listen", "tcp-l", "tcp4-listen", "tcp4-l", "tcp6-listen", "tcp6-l")
_LOCAL_CALLERS = ("range=127.", "range=[::1]")
"""Options that admit nobody but this machine, whatever address is listened on."""
_CONNECTING = ("unix-connect", "unix-client", "unix")


@record
class Forwarding:
    """A socket that is handed on: where the forwarder listens, as an engine's option would say it, and the socket."""

    listens: Text
    socket: Text
    product: EngineProduct


def forwarding(words: Sequence[Text]) -> Forwarding | None:
    """Return what socat's two addresses connect; ``None`` unless they are a TCP port and an engine's socket."""
    listening = next(filter(None, map(_listener, words)), None)
    connected = next(filter(None, map(_socket, words)), None)
    return Forwarding(listening, *connected) if listening is not None and connected is not None else None


def _listener(word: Text) -> Text | None:
    """``TCP-LISTEN:2375,bind=127.0.0.1,fork`` as ``tcp://127.0.0.1:2375``."""
    kind, _, rest = word.pattern.partition(":")
    if kind.lower() not in _LISTENING:
        return None
    port, *options = rest.split(",")
    host = next((each.partition("=")[2] for each in options if each.startswith("bind=")), "0.0.0.0")  # noqa: S104
    if any(each.startswith(_LOCAL_CALLERS) for each in options):
        host = "127.0.0.1"
    address = f"tcp://{host}:{port}"
    return Text(address, word.span, raw=word.raw) if word.known else replace(word, partial=address)


def _socket(word: Text) -> tuple[Text, EngineProduct] | None:
    kind, _, path = word.pattern.partition(":")
    socket = paths.socket_at(path.partition(",")[0]) if kind.lower() in _CONNECTING else None
    return (word, socket.product) if socket is not None else None
