"""What stands beside the words of a danger and takes it back: comments, prose, settings of other programs.

These are asked only where such words stand, so that a text without them costs nothing.
"""

from __future__ import annotations

from dindguard.patterns import regex

_COMMENT = ("#", "//", ";", "<!--", "*", "/*", "--", "REM ", "rem ", "::")
_COMMENTS = (("{{/*", "*/"), ("{{- /*", "*/"), ("{# ", "#}"), ("{#-", "#}"), ("<!--", "-->"), ("{{! ", "}}"))
"""How comments over several lines begin and end, in templates of several kinds and in XML."""
_HANDED_ON = regex(r"\{[{%]-?\s*+if\b[^\n{}%]*privileged[^\n{}%]*[}%]\}\s*\Z")
"""A template's condition right above that asks for privilege by name: whoever gives the value is asked."""
_NO_MOUNT = (
    "-w /",
    "-a always",
    "ConditionPathExists=",
    "AssertPathExists=",
    "ListenStream=/",
    "ListenStream=%",
    "address =",
)
_CLIENTS = regex(
    r"[\s\-]*+[\"']?(?:(?:[\w-]{0,40}cri[_-]?)?sockets?|[\w-]{0,40}[sS]ocket[_-]?[pP]ath|sock|listen|criSocket)[\"']?\s*+[:=]\s*+\[?[\"']?/"
)
"""A path by which a program finds a socket, or makes its own; what hands the socket out names another path beside it."""
_OF_HOST = regex(r"(?i)host_?path|[\"']host[\"']")
_ASSIGNED = regex(
    r"(?:export[ \t]+)?[A-Za-z_]\w{0,80}=[\"']?(?:unix://)?/(?:[\w./-]|\$\(id -u\)|\$\{?UID\}?){1,200}\.sock[\"']?\s*+\Z"
)
"""A variable's value and nothing else: what mounts it stands elsewhere, and names the variable."""
_PATH = regex(r"\"path\"\s*:\s*\"\Z")
_SAYS = regex(r"(?:echo|printf)\b[^>|]*+$")
_PORTS = regex(r"(?i)port|listen|tcp|publish|expose|guest|docker|engine|daemon|2375:|:2375|^[\s\-\[]*+[\"']?2375")
"""What a bare number stands beside if it is an engine's port; a line that is the number alone is one of a list."""
_DROPS = regex(r"(?i:cap[-_.]?drop|\bdrop\b)")
_TRAILING = regex(r"(?:^|\s)(?:#|//)(?:\s|$)")
_PERMITS = regex(
    r"allowedCapabilities|allowedHostPaths|allowHostDirVolumePlugin|\brule[\"']?\s*:\s*[\"']?(?:RunAsAny|MustRunAs)"
)
"""What stands beside ``privileged`` where it says what pods may ask for, and asks for nothing."""
_TAG = regex(r"(?:^|[\s>])<[A-Za-z][^<>]*\Z")
_PROSE = regex(
    r"(?i)[\s\-{]*+[\"']?(?:[\w.:/-]{0,60}?(?:description|summary|documentation|remediation|instructions|rationale)|[\w./-]{0,60}/title"
    r"|title|help|ui:help|ui:placeholder|placeholder|hints?|notes?|message|comments?|tooltip|readme)[\"']?\s*+[:=](?:\s|$)"
)
"""A key whose value is for people."""
_BLOCK = regex(r":\s*+[|>][+-]?\d?[+-]?\s*+(?:#[^\n]*+)?\Z")
"""The end of a line whose text goes on below it, further in."""
_ABOVE = 120
_OF_A_PROXY = regex(r"(?i)^(?:DOCKER_HOST[\"']?\s*[:=]\s*[\"']?)?tcp://[\w.-]*proxy[\w.-]*:2375\Z")
_TARGET = regex(r"(?m)^[a-z][\w-]*:[ \t\r]*$")
_LOCALLY = regex(r"(?m)^[ \t]*+LOCALLY\b")
_BEFORE = 1024
_LINE = 4096
_LINES_ABOVE = 200


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the range of a match without the white space around it, which may reach into other lines."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def said_aside(text: str, start: int, end: int) -> bool:
    """Whether a match stands in a comment or in prose, or on a line that waits for a path instead of mounting it."""
    start, _ = trimmed(text, start, end)
    line_start = text.rfind("\n", 0, start) + 1
    line_end = text.find("\n", start)
    line = text[line_start : line_end if line_end >= 0 else len(text)].lstrip()
    if line.startswith(_COMMENT) and not line.startswith(("--privileged", "--docker-")):
        return not line.startswith("**")
    if text.find("privileged", start, end) >= 0 and _HANDED_ON.search(text, max(line_start - _ABOVE, 0), line_start):
        return True
    if text.startswith("WITH DOCKER", start) and _runs_locally(text, start):
        return True
    if line.startswith(_NO_MOUNT) or (".provision" in line and text.startswith("privileged", start)):
        return True  # Vagrant's own: a provisioner that is root in the virtual machine
    if text.endswith("SYS_ADMIN", start, end) and _DROPS.search(line):
        return True
    if _means_no_engine(text, start, end, line) or _is_prose(text, line_start, line) or _in_a_comment(text, start):
        return True
    before = text[line_start:start]
    trailing = _TRAILING.search(before)
    return trailing is not None and before[: trailing.start()].count('"') % 2 == 0


def _runs_locally(text: str, start: int) -> bool:
    """Whether Earthly's target runs on the developer's own machine, whose engine it finds there."""
    before = text[max(start - _BEFORE, 0) : start]
    target = before[max((found.start() for found in _TARGET.finditer(before)), default=0) :]
    return _LOCALLY.search(target) is not None


def _in_a_comment(text: str, start: int) -> bool:
    """Whether a comment that began on this line or above goes on here."""
    first = max(start - _LINE, 0)
    for opener, closer in _COMMENTS:
        at = text.rfind(opener, first, start)
        if at >= 0 and text[at - 1 : at] != "$" and text.find(closer, at, start) < 0:
            return True
    return False


def _is_prose(text: str, line_start: int, line: str) -> bool:
    """Whether a line is the value of a key for people, or of a text below one."""
    if _PROSE.match(line[:_LINE]):
        return True
    indent = _indent(text, line_start)
    for _ in range(_LINES_ABOVE):
        if not indent:
            return False
        end, line_start = line_start - 1, text.rfind("\n", 0, max(line_start - 1, 0)) + 1
        above = text[line_start : max(end, line_start)]
        own = _indent(text, line_start)
        if not above.strip() or own >= indent:
            continue
        if _BLOCK.search(above[-_LINE:]):
            return _PROSE.match(above[:_LINE]) is not None
        indent = own
    return False


def _indent(text: str, at: int) -> int:
    start = at
    while text[at : at + 1] in (" ", "\t", "-") and at - start < _BEFORE:
        at += 1
    return at - start


def _means_no_engine(text: str, start: int, end: int, line: str) -> bool:
    """Whether what is written so often belongs to something else: a setting of a client's, a port of another's, an API."""
    said = text[start:end].rstrip("\"',;)]}< \n\t\r")
    before = text[max(start - _BEFORE, 0) : start]
    if said.endswith(".sock"):
        return _finds_a_socket(before, line)
    if said.endswith(":2375") and _OF_A_PROXY.search(said):
        return True  # a client's way to a proxy, which filters; the proxy's own settings stand elsewhere
    if said == "2375":
        return _PORTS.search(line) is None
    if said.startswith("insecure"):  # of a registry it is ours; of a provider or a web interface it is not
        headers = [each for each in before.splitlines() if each.lstrip().startswith("[")]
        return not headers or "registr" not in headers[-1]
    if said.startswith(("privileged", "host")):
        of_a_tag = "=" in said and _TAG.search(before) is not None  # a web server's context
        return of_a_tag or _PERMITS.search(text, max(start - _BEFORE // 2, 0), end + _BEFORE // 2) is not None
    return False


def _finds_a_socket(before: str, line: str) -> bool:
    """Whether a path of a socket is where a program finds or makes it, and hands it to no container."""
    address = before[-80:].rpartition("unix://")
    if address[1] and "\n" not in address[2] and not line.startswith("host"):  # a runner's own: for all its jobs
        return True
    if _ASSIGNED.match(line) is not None:
        return True
    if _CLIENTS.match(line) is not None and ":/" not in line.partition("/")[2]:
        return True
    if _PATH.search(before) is not None and not _OF_HOST.search(
        before[-_BEFORE // 4 :]
    ):  # a container's, from anywhere
        return True
    return _SAYS.match(line[:_LINE]) is not None or "listenOptions" in before[before.rfind("]") + 1 :]
