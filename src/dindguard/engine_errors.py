"""What the Docker SDK raises, in words: what happened, what the engine said, what to do about it."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator

from dindguard.errors import ENGINE, UserError
from dindguard.printable import printable

_UNIX = "/var/run/docker.sock"

# What an engine answers (in the words of Docker 20.10 to 29 and of Podman 4), the cause, and the remedy.
_REFUSALS: tuple[tuple[str, str, str], ...] = (
    (
        r"no space left on device|disk quota exceeded",
        "the engine's disk is full",
        "`docker system df` shows what fills it, `docker system prune` frees what nothing uses",
    ),
    (
        r"client version \S+ is too (new|old)",
        "the engine and this client have no version of the API in common",
        "update the engine, or unset DOCKER_API_VERSION",
    ),
    (
        r"unknown runtime|unknown or invalid runtime|default OCI runtime .* not found",
        "the engine does not have this runtime",
        "install it on the engine's host and name it in daemon.json, or take another --isolation",
    ),
    (
        r"container-init binary not found",
        "the engine has no init process to give to containers",
        "install catatonit on the engine's host",
    ),
    (
        r"error gathering device information|no such device|stat /dev/\S+: no such file",
        "a device is missing on the engine's host",
        "`modprobe tun` there, or name another node with --tun-device",
    ),
    (
        r"non-overlapping IPv4 address pool|all predefined address pools have been fully subnetted",
        "the engine has no address range left for a network",
        "`docker network prune`, or set default-address-pools in daemon.json",
    ),
    (
        r"exec format error|does not match the (specified|detected host) platform|no matching manifest",
        "the image is made for another kind of processor or system",
        "name one for this engine with --image or --client-image",
    ),
    (
        r"toomanyrequests|rate limit",
        "the registry allows no more pulls for now",
        "log in, or load the image into the engine from elsewhere (docker load)",
    ),
    (
        r"unauthorized|denied: requested access|pull access denied|authentication required|no basic auth credentials",
        "the registry does not give the image out, or does not know it",
        "check the name, and `docker login`",
    ),
    (
        r"manifest( for \S+)? (unknown|not found)|manifest unknown",
        "the registry has no image of that name",
        "check the name and the tag",
    ),
    (
        r"x509: |certificate signed by unknown authority|tls: ",
        "the registry's certificate is not accepted",
        "let the engine trust its authority (/etc/docker/certs.d), or load the image from elsewhere",
    ),
    (
        r"dial tcp|no such host|i/o timeout|Client\.Timeout exceeded|network is unreachable|pinging container registry",
        "the engine reaches no registry",
        "check its network and its proxy, or load the image from elsewhere (docker load) and name it with --image",
    ),
    (
        r"oci runtime|runc create failed|crun: |containerd: ",
        "the engine could not start the container",
        "what it says names what the kernel or the runtime refused",
    ),
    (
        r"permission denied|operation not permitted",
        "the engine is not allowed to do that",
        "a rootless engine, or a policy of its host, forbids it",
    ),
)


def explained(error: BaseException, where: str) -> UserError:
    """Return what to tell the user about a failure of the SDK while talking to ``where`` (a ``DOCKER_HOST``)."""
    explanation = getattr(error, "explanation", None)
    if explanation is not None or getattr(error, "response", None) is not None:
        return UserError(f"the engine refused: {refusal(str(explanation or error))}", ENGINE)
    return UserError(_unreached(error, where), ENGINE)


def refusal(words: str) -> str:
    """Return an engine's refusal with its cause in front and the remedy behind, where they are known."""
    said = printable(words)
    for pattern, cause, remedy in _REFUSALS:
        if re.search(pattern, words, re.IGNORECASE):
            return f"{cause}; it says: {said}\n{remedy}"
    return said


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Everything that an exception was made of: the SDK's wraps that of requests, which wraps urllib3's, ..."""
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting and len(seen) < 50:
        one = waiting.pop(0)
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]


def _unreached(error: BaseException, where: str) -> str:
    place = where.removeprefix("unix://") if where else _UNIX
    shown = printable(place, 120)
    numbers = {one.errno for one in _chain(error) if isinstance(one, OSError) and isinstance(one.errno, int)}
    text = " ".join(str(one) for one in _chain(error))
    for known, words in (
        (errno.ENOENT in numbers, f"no engine listens on {shown}: there is no such file\n{_START}"),
        (errno.EACCES in numbers, f"this user ({_user()}) may not use the engine at {shown}\n{_RIGHTS}"),
        (errno.ECONNREFUSED in numbers, f"no engine answers at {shown}: nothing listens there\n{_START}"),
        (
            "HTTP request to an HTTPS server" in text or "record layer failure" in text,
            f"the engine at {shown} speaks TLS, and this client does not\n{_TLS}",
        ),
        (
            "WRONG_VERSION_NUMBER" in text,
            f"the engine at {shown} does not speak TLS, and this client does\n{_NO_TLS}",
        ),
        ("TLS configurations should map" in text, _incomplete(shown)),
        (
            "CERTIFICATE_VERIFY_FAILED" in text or "certificate verify failed" in text,
            f"the certificate of the engine at {shown} is not one that ca.pem vouches for: {_reason(text)}\n{_AUTHORITY}",
        ),
        (
            "NO_CERTIFICATE_ASSIGNED" in text or "KEY_VALUES_MISMATCH" in text,
            f"no connection to {shown}: cert.pem and key.pem do not belong together\n{_TLS}",
        ),
        (
            re.search(r"alert (bad|unknown|unsupported) (certificate|ca)|certificate required", text) is not None,
            f"the engine at {shown} does not accept this client's certificate: {_reason(text)}\n{_CLIENT}",
        ),
        ("certificate" in text.lower(), f"no trust between {shown} and this client: {_reason(text)}\n{_TLS}"),
        (
            any(words in text for words in ("Name or service not known", "getaddrinfo", "NameResolutionError")),
            f"the host of {shown} is not known here\n{_HOST}",
        ),
        ("timed out" in text, f"the engine at {shown} gives no answer\n{_HOST}"),
        ("Invalid bind address" in text or "unix://" in text, f"DOCKER_HOST={shown} names no engine\n{_HOST}"),
    ):
        if known:
            return words
    last = [str(one) for one in _chain(error) if str(one)][-1:]
    return f"no engine answers at {shown}: {printable(last[0] if last else type(error).__name__, 160)}\n{_HOST}"


def _reason(text: str) -> str:
    """Return what the TLS library says, without the names of its source files."""
    found = re.search(r"\] (?:certificate verify failed: )?([^(\[\]]{3,120}?) ?\(_ssl", text)
    return printable(found[1] if found else "it says no more", 120)


def _incomplete(shown: str) -> str:
    folder = os.environ.get("DOCKER_CERT_PATH") or os.path.join(os.path.expanduser("~"), ".docker")
    missing = [name for name in ("ca.pem", "cert.pem", "key.pem") if not os.path.isfile(os.path.join(folder, name))]
    what = f"{printable(folder, 120)} has no {', '.join(missing)}" if missing else "a certificate cannot be read"
    return f"no TLS with the engine at {shown}: {what}\n{_TLS}"


_START = "start it (systemctl start docker), or let DOCKER_HOST name the engine that you mean"
_RIGHTS = (
    "run as a user who may (members of the group docker are root on the host), or let DOCKER_HOST name an engine of "
    "your own"
)
_TLS = "for an engine with TLS set DOCKER_TLS_VERIFY=1, and DOCKER_CERT_PATH to the folder with ca.pem, cert.pem, key.pem"
_AUTHORITY = (
    "let DOCKER_CERT_PATH name the folder with this engine's ca.pem, and DOCKER_HOST a name in its certificate"
)
_CLIENT = "cert.pem and key.pem must come from the authority that this engine trusts: let DOCKER_CERT_PATH name their folder"
_NO_TLS = "unset DOCKER_TLS_VERIFY, or name the engine's TLS port, which is usually 2376"
_HOST = "let DOCKER_HOST name the engine: unix:///path, tcp://host:2376 or ssh://user@host"


def _user() -> str:
    return f"uid {os.getuid()}" if hasattr(os, "getuid") else "of this session"
