"""Whether a container's main process runs as root."""

from __future__ import annotations

from dindguard.infer import images
from dindguard.model.container import Container
from dindguard.model.image import Image
from dindguard.model.known_images import last_two
from dindguard.model.values import Flag, How
from dindguard.patterns import regex

_ROOT = frozenset({"0", "root"})

_ORDINARY_USERS = frozenset(
    {
        "prom/mysqld-exporter", "prom/snmp-exporter", "prometheuscommunity/postgres-exporter", "grafana/loki", "grafana/tempo",
        "beats/filebeat", "beats/heartbeat", "beats/metricbeat", "elastic/filebeat", "elastic/metricbeat", "fluent/fluentd",
        "bitnami/fluent-bit", "bitnami/fluentd", "bitnamilegacy/fluent-bit", "bitnamilegacy/fluentd", "logstash/logstash",
        "jenkins/jenkins", "jenkins/agent", "jenkins/inbound-agent", "jenkinsci/blueocean", "coder/coder", "n8nio/n8n",
        "kestra/kestra", "apache/airflow", "renovate/renovate", "goauthentik/server",
        "goauthentik/ldap", "goauthentik/proxy", "goauthentik/radius", "nodered/node-red", "forgejo/runner",
    }
)  # fmt: skip
_NAMED_ORDINARY = frozenset(
    {
        "node-exporter", "prometheus", "alertmanager", "pushgateway", "telegraf", "grafana", "grafana-oss",
        "grafana-enterprise", "opentelemetry-collector", "opentelemetry-collector-contrib", "opentelemetry-collector-k8s",
        "zabbix-agent", "zabbix-agent2",
    }
)  # fmt: skip
"""Images that set an ordinary user (their Dockerfiles: ``USER nobody``; Grafana's 472, Loki's and OpenTelemetry's 10001, the
users named after Filebeat, Jenkins, Zabbix …), or whose entry point leaves root for one (Telegraf's, ``setpriv --reuid``): in
their makers' repositories, and by names under which others build and mirror them, too."""

_USER_VARIABLES = {
    "linuxserver": ("PUID", "911"),
    "hotio": ("PUID", "1000"),
    "jlesage": ("USER_ID", "1000"),
    "gethomepage/homepage": ("PUID", "0"),
    "homarr-labs/homarr": ("PUID", "0"),
    "sirrobot01/decypharr": ("PUID", "1000"),
    "cy01/blackhole": ("PUID", "1000"),
}
"""The variable that tells images whom to run their program as, and what they take without it, by owner or repository."""

_ROOT_NEVERTHELESS = frozenset(
    f"linuxserver/{name}"
    for name in (
        "fail2ban", "kasm", "netbootxyz", "nginx", "openssh-server", "openvpn-as", "rdesktop", "rsnapshot", "smokeping",
        "socket-proxy", "swag", "syslog-ng", "webtop", "wireguard",
    )
)  # fmt: skip
"""Images of such owners whose program is root all the same, or whose user becomes root without a password."""


def as_root(container: Container) -> Flag:
    """Return whether it runs as root: what is written for it or its Dockerfile stages, else what its image sets.

    Unknown, and not set, for images of which nothing is known, and for a user who becomes root without a password.
    """
    links = (*images.chain(container), *container.origin.beneath)
    user = next((link.user for link in links if link.user is not None and link.user.pattern), None)
    if user is not None and user.unknown:
        return Flag(None, user.span, How.UNKNOWN, "user", user.variable)
    if user is not None:
        name = user.pattern.partition(":")[0]
        if name not in _ROOT and _becomes_root(container, name):
            return Flag(None, user.span, How.INHERITED, "user")
        return Flag(name in _ROOT, user.span, user.how, "user")
    if container.run_as_non_root is not None and container.run_as_non_root.on:
        return Flag(False, container.run_as_non_root.span, container.run_as_non_root.how, "user")
    image = images.base_image(container)
    told = _told_by_variable(container, image)
    if told is not None:
        return told
    if runs_as_ordinary_user(_called(container, image)):
        return Flag(False, container.span, How.INHERITED, "user")
    defaults = image.engine.defaults if image is not None and image.engine is not None else None
    uid = defaults.uid if defaults is not None else None
    return Flag(None if uid is None else uid == 0, container.span, How.INHERITED, "user")


def _becomes_root(container: Container, user: str) -> bool:
    """Whether the container's user has a way to root in it by the image's own lines, which nothing closes."""
    closed = container.confinement.no_new_privileges
    links = (*images.chain(container), *container.origin.beneath)
    return any(user in link.sudoers for link in links) and not (closed is not None and closed.on)


def _told_by_variable(container: Container, image: Image | None) -> Flag | None:
    """Return what a variable tells of the user, to images that take theirs from one; ``None`` for root by their own choice."""
    named = user_variable(image.repository) if image is not None else None
    if named is None:
        return None
    name, usual = named
    variable = images.variable(container, name)
    if variable is None:
        return None if usual in _ROOT else Flag(False, container.span, How.INHERITED, "user")
    value = variable.value
    if value.unknown:
        return Flag(None, value.span, How.UNKNOWN, "user", value.variable)
    return Flag(value.pattern in _ROOT, value.span, value.how, "user")


def runs_as_ordinary_user(repository: str) -> bool:
    """Whether an image, or a container that is called like one, is known not to run as root unless somebody says so."""
    named = last_two(repository)
    return named in _ORDINARY_USERS or named.rpartition("/")[2].replace("_", "-") in _NAMED_ORDINARY


def user_variable(repository: str) -> tuple[str, str] | None:
    """Return the variable by whose number an image's program runs, and the number that it takes without the variable."""
    named = last_two(repository)
    if named in _ROOT_NEVERTHELESS:
        return None
    return _USER_VARIABLES.get(named) or _USER_VARIABLES.get(named.partition("/")[0])


def _called(container: Container, image: Image | None) -> str:
    """Return what tells the program that runs: its image, or the container's own name where nothing is known of that."""
    if image is not None and not image.from_anywhere:
        return image.repository
    helper = _OF_CHART.match(container.name) if container.name.startswith("{{") else None
    return "" if container.build is not None else helper["chart"] if helper is not None else container.name


_OF_CHART = regex(r"\{\{-?\s*(?:include|template)\s+\"(?P<chart>[\w-]+)\.")
"""A container that has its chart's own name, by the helper that makes it."""
