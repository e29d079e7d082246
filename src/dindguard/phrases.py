"""Phrases by which a text that nobody reads shows that it speaks of containers with power over their host.

A phrase is looked for only where its literal occurs, so that a large tree costs next to nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

from dindguard.asides import said_aside, trimmed
from dindguard.patterns import regex
from dindguard.records import record

if TYPE_CHECKING:
    import re

    Phrase: TypeAlias = tuple[tuple[str, ...], re.Pattern[str]]

_TRUE = r"[\"']?(?:[Tt]rue|TRUE|yes|on|1)\b(?![\"']?\s*(?:==|\?))"
_SOCKETS = r"(?:docker|podman/podman|(?:k3s/)?containerd/containerd|crio/crio)\.sock"

PHRASES: tuple[Phrase, ...] = (
    (("privileged",), regex(r"(?<![\w-])--(?:docker-)?privileged(?![\w-])(?!=[\"']?(?:false|0|no)\b)")),
    (("privileged",), regex(rf"(?<![\w.-])[\"']?privileged[\"']?\s*(?::|=>?)\s*{_TRUE}")),
    (
        ("docker_api", "full_access", "mapDockerSocket", "exposeDockerSocket", "dockerEnabled"),
        regex(
            r"(?<![\w.-])[\"']?(?:docker_api|full_access|mapDockerSocket|exposeDockerSocket|dockerEnabled)[\"']?"
            rf"\s*(?::|=>?)\s*{_TRUE}"
        ),
    ),
    (("rivileged>",), regex(r"<[Pp]rivileged>\s*true\s*<")),
    (
        (".sock",),
        regex(
            rf"(?<![\w/])(?<!\s\()(?:/var|%t|\$\{{?XDG_RUNTIME_DIR\}}?)?/(?:run/)?(?:user/\d+/)?{_SOCKETS}"
            r"(?:[\"']?\s*:\s*[\"']?/|[\"',;)\]}<]|\s*$)(?![\"']?\s*:\s*(?:\n|$))",
            8,  # re.MULTILINE
        ),
    ),
    (("docker_engine",), regex(r"[\\/]pipe[\\/]+docker_engine[\"']?:")),
    (
        ("2375",),
        regex(
            r"tcp://(?:0\.0\.0\.0|\[?::\]?|\*|127\.0\.0\.1|localhost)?:2375\b|(?<![\d.])2375:2375\b"
            r"|DOCKER_HOST[\"']?\s*[:=]\s*[\"']?tcp://(?!(?:(?!proxy)[^\s\"':])*+proxy[^\s\"':]*+:)[^\s\"']*:2375\b"
        ),
    ),
    (
        ("dockerd",),
        regex(
            r"(?:^|[\s;&|=(\"'\[,/])dockerd(?:-entrypoint\.sh|-rootless\.sh)?"
            r"(?!\s+--(?:validate|version|help))(?=\s+-|[\"']?\s*&(?![>&])|[\"']\s*,\s*[\"']-)"
            r"|^[ \t]*+(?:(?:\w+=\S++|sudo|exec|nohup)[ \t]++)*+dockerd[ \t]++[12]?>>?[ \t]*+[\w/$&]"
            r"|(?:\b(?:exec|sudo|nohup|setsid)\s+|\bExecStart=[-@:+!]*|\b(?:CMD|ENTRYPOINT)\s+\[?[\"']?"
            r"|\b(?:command|cmd|entrypoint|exec)[\"']?\s*+[:=]\s*+(?:\[\s*+)?[\"']?)"
            r"(?:/[\w./-]{0,80}/)?dockerd(?:-entrypoint\.sh|-rootless\.sh)?(?=[\"']?\s*+(?:\]\s*+)?(?:,\s*+)?$)",
            8,
        ),
    ),
    (
        ("DOCKER_OPTS",),
        regex(
            r"DOCKER_OPTS[ \t]*=[^\n]{0,300}?(?:-H\b|--host|tcp:|--tls|insecure|-g\b|--graph|--data-root|-s\b|--storage|"
            r"--userns|--iptables|seccomp|--selinux)|DOCKER_OPTS[ \t]*=[\"']?(?:\$|\{\{|<%)"
        ),
    ),
    (("security.insecure",), regex(r"security\.insecure")),
    (("security.privileged",), regex(rf"(?<![\w.-])[\"']?security\.privileged[\"']?\s*[:=]\s*{_TRUE}")),
    (("WITH DOCKER",), regex(r"WITH DOCKER\b")),
    (("setup_remote_docker",), regex(r"setup_remote_docker")),
)
"""Precise enough for files of any kind: 40 of 41 hits were true on 21,000 files that nobody read."""

_SETTINGS = (
    "hosts|tls|insecure-registries|registry-mirrors|storage-driver|storage-opts|data-root|userns-remap|iptables|ip6tables|icc"
    "|seccomp-profile|selinux-enabled|no-new-privileges|default-runtime|runtimes|default-cgroupns-mode|default-ulimits"
    "|authorization-plugins|allow-direct-routing|live-restore"
)
"""Settings of an engine that a rule might speak of; DNS servers, logs and features are none."""

MORE: tuple[Phrase, ...] = (
    (("rivileged",), regex(r"(?<![\w.-])[\"']?(?:privileged_mode|PrivilegedMode|Privileged)[\"']?\s*[:=]\s*[\"']?true\b")),
    (("privileged",), regex(rf"(?<![\w.-])[\"']?\w{{1,60}}_privileged[\"']?\s*[:=]\s*{_TRUE}")),
    (("ecurity",), regex(r"--security[= ]insecure|(?:seccomp|apparmor)[=:]\s*unconfined|allow-insecure-entitlement")),
    (("/:/",), regex(r"(?:-v|--volume)[= ][\"']?/:/|[\"']/:/[\w$.{-]")),
    (("SYS_ADMIN", "CAP_SYS_ADMIN", "sys_admin"), regex(
        r"(?<!~)\b(?:CAP_)?SYS_ADMIN\b|\bcap_sys_admin\b|\bcap[-_]add[\"']?\s*[=:]\s*\[?[\"']?sys_admin\b"
    )),
    ((
        "hostPID", "hostIPC", "hostNetwork", "host_pid", "host_ipc", "host_network", "network_mode", "pid_mode", "ipc_mode",
        "netns", "pidns", "ipcns", "--pid", "--ipc", "--net",
    ), regex(
        r"\bhost(?:PID|IPC|Network)[\"']?\s*[:=]\s*[\"']?true|\b(?:network|pid|ipc)_mode[\"']?\s*[:=]\s*[\"']?host\b"
        r"|\b(?:net|pid|ipc)ns\s*=\s*[\"']host"
        r"|\bhost_(?:pid|ipc|network)\s*[:=]\s*true|--(?:pid|ipc|net|network)[= ]host\b"
    )),
    (("docker-in-docker", "docker-outside-of-docker", "docker-from-docker"), regex(
        r"\bdocker(?:-in-docker|-outside-of-docker|-from-docker)\b"
    )),
    (("run/docker.sock",), regex(r"(?<![\w/])/(?:var/)?run/docker\.sock\b")),
    (("/var/lib/docker",), regex(
        r"(?:path|source|src)[\"']?\s*[:=]\s*[\"']?/var/lib/docker(?![\w/-])|(?<![\w/])/var/lib/docker:/"
    )),
    (("2375",), regex(r"(?<![\w.])(?<!proxy:)2375(?![\w.])")),
    (("docker_host",), regex(r"\bdocker_host[\"']?\s*:\s*[\"']?automount")),
    (("plugins/",), regex(r"(?<![\w/-])plugins/(?:docker|acr|ecr|gcr|heroku)\b(?![/-]|:\{\{)")),
    (("virtualisation.docker",), regex(
        r"virtualisation\.docker\.(?:extraOptions|daemon\.settings(?=\.\"?(?:" + _SETTINGS + r")"
        r"|\s*=[^}]{0,1000}?\b(?:" + _SETTINGS + r"))|listenOptions(?=\s*=[^;]{0,200}?(?:tcp:|:\d|\d{4})))"
    )),
    (("groups", "extraGroups"), regex(r"(?<![\w-])(?:groups|extraGroups)[\"']?\s*[:=](?:(?!roups\b)[^\n])*?\bdocker\b")),
    (("dind",), regex(
        r"\bdind[\"']?\s*:(?:\s*(?:true\b|[\"']?docker)|[ \t\r]*+\n(?:[ \t\r]*+(?:#[^\n]*+)?\n){0,20}+[ \t]++"
        r"(?:enabled|privileged)[\"']?\s*:\s*[\"']?true)"
        r"|[\w./-]{0,60}:[\w.-]*dind\b|\bpreset-dind-enabled\b|\btype[\"']?\s*[:=]\s*[\"']?dind\b"
    )),
    (("gitlab-runner",), regex(r"(?:cattle-ops|npalm)/gitlab-runner/aws")),
    (("lxc", "nesting", "unprivileged"), regex(
        r"lxc\.apparmor\.profile\s*[:=]\s*unconfined|nesting=1|\bunprivileged[\"']?\s*[:=]\s*[\"']?(?:0|false|no)\b"
        r"|lxc\.cap\.drop\s*[:=]\s*$", 8
    )),
    (("tcp_address", "disable_apparmor", "insecure", "vfs"), regex(
        r"^[ \t]*+tcp_address\s*=\s*[\"'][^\"']|disable_apparmor\s*=\s*true"
        r"|^[ \t]*+insecure\s*=\s*true|^[ \t]*+driver\s*=\s*[\"']vfs", 8
    )),
    (("entitlements",), regex(r"entitlements[\"']?\s*+[:=]\s*+(?:\[\s*+)?[\"']?(?:security\.insecure|network\.host|device)\b")),
    (("imageBuilderType",), regex(r"imageBuilderType\s*:\s*[\"']?(?:dind|pink|host)")),
)  # fmt: skip
"""Good enough only where a file's name or shape says that it configures containers or their hosts."""

_PERMISSION = regex(
    r"(?m)^#?include <tunables/"
    r"|^kind: *(?:PodSecurityPolicy|SecurityContextConstraints|ClusterRole|Role)\b"
    r"|^apiVersion: *[\"']?(?:constraints\.gatekeeper\.sh|auto\.gke\.io)/"
    r"|\bkind[\"']?\s*[:=]\s*[\"']?(?:ClusterPolicy|ValidatingPolicy|ConstraintTemplate|ValidatingAdmissionPolicy)\b"
)
_DESCRIPTION = regex(r"(?m)^(?:swagger|openapi): *[\"']?\d|^usage: *\n(?:[^\n]*\n){0,3}? +version: *[\"']?2\.")
"""An interface's description, or a CircleCI orb's example: what they show is nobody's."""


@record
class Hit:
    """One phrase in a text: what it says, and its characters."""

    words: str
    start: int
    end: int


def may_speak(data: bytes, *, known: bool = False) -> bool:
    """Whether any literal of a phrase is in a file's bytes; ``known`` takes the phrases for known surfaces too."""
    return any(literal in data for literal in _literals(known))


def spoken(text: str, *, known: bool = False) -> Hit | None:
    """Return the first phrase of a text that does not stand in a comment; none in one that only permits things.

    Those that are precise in files of any kind come before the others.
    """
    if len(text) < _SHORT and not _any_literal(known).search(text):
        return None
    if (("kind" in text or "tunables/" in text) and _PERMISSION.search(text)) or _DESCRIPTION.search(text[:_SHORT]):
        return None
    for phrases in (PHRASES, MORE) if known else (PHRASES,):
        hits = list(_first_hits(text, phrases))
        if hits:
            return min(hits, key=lambda hit: hit.start)
    return None


def first(text: str, literal: str, expression: str) -> Hit | None:
    """Return where an expression matches outside comments; it is asked only where ``literal`` occurs."""
    if literal not in text:
        return None
    matches = regex(expression).finditer(text)
    match = next((each for each in matches if not said_aside(text, each.start(), each.end())), None)
    return Hit(match.group(), match.start(), match.end()) if match is not None else None


def _first_hits(text: str, phrases: tuple[Phrase, ...]) -> Iterator[Hit]:
    for literals, pattern in phrases:
        for match in _matches(text, literals, pattern):
            if not said_aside(text, match.start(), match.end()):
                words = " ".join(match.group().translate(_NO_QUOTES).split()).strip(" ,;)]}[=(&|")
                yield Hit(words, *trimmed(text, match.start(), match.end()))
                break


def _matches(text: str, literals: tuple[str, ...], pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
    """Yield the matches that begin on a line with one of the literals; an expression costs no more than those lines."""
    following = {literal: index for literal in literals if (index := text.find(literal)) >= 0}
    last = -1
    while following:
        index = min(following.values())
        line_end = end = _line_end(text, index)
        for _ in range(_LINES - 1):
            end = _line_end(text, end + 1)
        for match in pattern.finditer(text, text.rfind("\n", 0, index) + 1, end):
            if match.start() > last:
                last = match.start()
                yield match
        for literal, at in list(following.items()):
            if at < line_end:
                following[literal] = text.find(literal, line_end)
        following = {literal: at for literal, at in following.items() if at >= 0}


def _line_end(text: str, at: int) -> int:
    found = text.find("\n", at)
    return found if found >= 0 else len(text)


def _literals(known: bool) -> tuple[bytes, ...]:
    if known not in _LITERALS:
        phrases = PHRASES + MORE if known else PHRASES
        _LITERALS[known] = tuple(dict.fromkeys(each.encode() for literals, _ in phrases for each in literals))
    return _LITERALS[known]


def _any_literal(known: bool) -> re.Pattern[str]:
    if known not in _ANY:
        import re

        _ANY[known] = re.compile("|".join(re.escape(each.decode()) for each in _literals(known)))
    return _ANY[known]


_LITERALS: dict[bool, tuple[bytes, ...]] = {}
_ANY: dict[bool, re.Pattern[str]] = {}
_NO_QUOTES = str.maketrans("", "", "\"'")
_SHORT = 4096
"""Of a text that is no longer, one search for all literals together is quicker than one for each."""
_LINES = 4
"""So many lines are looked at from a literal on: what an expression says may go on there."""
