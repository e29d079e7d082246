"""Whether a container's main process runs as root."""

from __future__ import annotations

from dindguard.infer import images
from dindguard.model.container import Container
from dindguard.model.image import Image
from dindguard.model.values import Flag, How

_ROOT = frozenset({"0", "root"})

_ORDINARY_USERS = frozenset(
    {
        "prom/node-exporter", "prometheus/node-exporter", "prom/prometheus", "prometheus/prometheus",
        "prom/alertmanager", "prometheus/alertmanager", "prom/pushgateway", "prometheus/pushgateway",
        "prom/mysqld-exporter", "prom/snmp-exporter", "prometheuscommunity/postgres-exporter",
        "telegraf", "grafana/grafana", "grafana/grafana-oss", "grafana/grafana-enterprise", "grafana/loki", "grafana/tempo",
        "beats/filebeat", "beats/metricbeat", "elastic/filebeat", "elastic/metricbeat", "fluent/fluentd", "logstash/logstash",
        "jenkins/jenkins", "jenkins/agent", "jenkins/inbound-agent", "jenkinsci/blueocean", "coder/coder", "n8nio/n8n",
        "zabbix/zabbix-agent", "zabbix/zabbix-agent2", "kestra/kestra", "apache/airflow", "renovate/renovate",
        *(f"{owner}/opentelemetry-collector{kind}" for owner in ("otel", "opentelemetry-collector-releases")
          for kind in ("", "-contrib", "-k8s")),
    }
)  # fmt: skip
"""Images that set an ordinary user (their Dockerfiles: ``USER nobody``; Grafana's 472, Loki's and OpenTelemetry's 10001, the
users named after Filebeat, Jenkins, Airflow …), or whose entry point leaves root for one (Telegraf's, ``setpriv --reuid``)."""

_USER_VARIABLES = {
    "linuxserver": ("PUID", "911"),
    "hotio": ("PUID", "1000"),
    "jlesage": ("USER_ID", "1000"),
    "gethomepage/homepage": ("PUID", "0"),
    "homarr-labs/homarr": ("PUID", "0"),
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

    Unknown, and not set, for images of which nothing is known.
    """
    user = next((link.user for link in images.chain(container) if link.user is not None and link.user.pattern), None)
    if user is not None and user.unknown:
        return Flag(None, user.span, How.UNKNOWN, "user", user.variable)
    if user is not None:
        return Flag(user.pattern.partition(":")[0] in _ROOT, user.span, user.how, "user")
    if container.run_as_non_root is not None and container.run_as_non_root.on:
        return Flag(False, container.run_as_non_root.span, container.run_as_non_root.how, "user")
    image = images.base_image(container)
    told = _told_by_variable(container, image)
    if told is not None:
        return told
    if image is not None and runs_as_ordinary_user(image.repository):
        return Flag(False, container.span, How.INHERITED, "user")
    defaults = image.engine.defaults if image is not None and image.engine is not None else None
    uid = defaults.uid if defaults is not None else None
    return Flag(None if uid is None else uid == 0, container.span, How.INHERITED, "user")


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
    """Whether an image is known not to run as root unless somebody says so."""
    return "/".join(repository.split("/")[-2:]).removeprefix("library/") in _ORDINARY_USERS


def user_variable(repository: str) -> tuple[str, str] | None:
    """Return the variable by whose number an image's program runs, and the number that it takes without the variable."""
    last_two = "/".join(repository.split("/")[-2:])
    if last_two in _ROOT_NEVERTHELESS:
        return None
    return _USER_VARIABLES.get(last_two) or _USER_VARIABLES.get(last_two.partition("/")[0])
