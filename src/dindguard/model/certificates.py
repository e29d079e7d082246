"""Where certificates of engines and their clients come from, and what they are valid for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard.model.values import Text
from dindguard.records import record
from dindguard.source import Span

if TYPE_CHECKING:
    from dindguard.model.mount import Mount


@record(kw_only=True)
class Certificates:
    """Where an engine's or client's certificates come from. ``directory`` is inside the container."""

    directory: str
    span: Span
    generated: bool = False
    mounts: tuple[Mount, ...] = ()
    names: tuple[Text, ...] = ()
    """Further names the server certificate is valid for: the host name, and ``DOCKER_TLS_SAN``'s entries."""

    def covers(self, host: str) -> bool:
        """Whether the certificate that is made is valid for ``host``; true when an unknown name may be it.

        It always names ``docker``, ``localhost`` and the container's own addresses.
        """
        if host in ("docker", "localhost") or host.replace(".", "").isdigit() or ":" in host or not self.generated:
            return True
        return any(name.unknown or name.value in (host, f"DNS:{host}", f"IP:{host}") for name in self.names)
