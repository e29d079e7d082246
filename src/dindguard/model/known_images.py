"""Well-known images that command an engine or run jobs, and images that nobody maintains any more.

The keys are ends of repositories, so that mirrors match: ``mirror/tecnativa/docker-socket-proxy`` does.
"""

from __future__ import annotations

from functools import lru_cache

_SOCKET_PROXIES = {
    "tecnativa/docker-socket-proxy": "tecnativa",
    "linuxserver/socket-proxy": "linuxserver",
    "wollomatic/socket-proxy": "wollomatic",
    "11notes/socket-proxy": "11notes",
}

_SOCKET_USERS = {
    "portainer/portainer": "Portainer",
    "portainer/portainer-ce": "Portainer",
    "portainer/portainer-ee": "Portainer",
    "portainer/agent": "Portainer",
    "traefik": "Traefik",
    "containrrr/watchtower": "Watchtower",
    "prom/prometheus": "Prometheus",
    "containrrr/shepherd": "Shepherd",
    "grafana/promtail": "Promtail",
    "grafana/alloy": "Grafana Alloy",
    "cadvisor/cadvisor": "cAdvisor",
    "crowdsecurity/crowdsec": "CrowdSec",
    "nicolargo/glances": "Glances",
    "amir20/dozzle": "Dozzle",
    "crazymax/diun": "Diun",
    "willfarrell/autoheal": "Autoheal",
    "testcontainers/ryuk": "Testcontainers Ryuk",
    "nginxproxy/nginx-proxy": "nginx-proxy",
    "nginxproxy/docker-gen": "docker-gen",
    "nginxproxy/acme-companion": "acme-companion",
    "lucaslorentz/caddy-docker-proxy": "caddy-docker-proxy",
    "mcuadros/ofelia": "Ofelia",
    "louislam/dockge": "Dockge",
    "louislam/uptime-kuma": "Uptime Kuma",
    "gliderlabs/logspout": "Logspout",
    "gliderlabs/registrator": "Registrator",
    "bekt/logspout-logstash": "Logspout",
    "offen/docker-volume-backup": "docker-volume-backup",
    "netdata/netdata": "Netdata",
    "d34dc3n73r/netdata-glibc": "Netdata",
    "telegraf": "Telegraf",
    "datadog/agent": "Datadog agent",
    "datadoghq/agent": "Datadog agent",
    "gethomepage/homepage": "Homepage",
    "timberio/vector": "Vector",
    "vectordotdev/vector": "Vector",
    "beats/filebeat": "Filebeat",
    "beats/metricbeat": "Metricbeat",
    "newrelic/infrastructure": "New Relic agent",
    "henrygd/beszel-agent": "Beszel agent",
    "ajnart/homarr": "Homarr",
    "goauthentik/server": "authentik",
    "nextcloud/all-in-one": "Nextcloud AIO",
    "nextcloud-releases/all-in-one": "Nextcloud AIO",
    "fmartinou/whats-up-docker": "What's up Docker",
    "getwud/wud": "What's up Docker",
    "fnsys/dockhand": "Dockhand",
    "quenary/tugtainer": "Tugtainer",
    "getarcaneapp/arcane": "Arcane",
    "moghtech/komodo-periphery": "Komodo",
    "kimdre/doco-cd": "doco-cd",
    "spegel-org/spegel": "Spegel",
    "sablierapp/sablier": "Sablier",
    "acouvreur/sablier": "Sablier",
    "dokku/dokku": "Dokku",
    "swarmpit/swarmpit": "Swarmpit",
    "swarmpit/agent": "Swarmpit",
    "selfhostedpro/yacht": "Yacht",
    "qmcgaw/deunhealth": "deunhealth",
    "spotify/docker-gc": "docker-gc",
    "clockworksoul/docker-gc-cron": "docker-gc",
    "aquasec/trivy": "Trivy",
    "anchore/grype": "Grype",
    "anchore/syft": "Syft",
    "wagoodman/dive": "dive",
    "goodwithtech/dockle": "Dockle",
    "docker/docker-bench-security": "Docker Bench",
    "docker/scout-cli": "Docker Scout",
    "vektorlab/ctop": "ctop",
    "lazyteam/lazydocker": "lazydocker",
    "dockersamples/visualizer": "the swarm visualizer",
    "grafana/agent": "Grafana agent",
    "otel/opentelemetry-collector-contrib": "OpenTelemetry collector",
    "zabbix/zabbix-agent2": "Zabbix agent",
    "wazuh/wazuh-agent": "Wazuh agent",
    "elastic-agent/elastic-agent": "Elastic agent",
    "sysdig/agent": "Sysdig agent",
    "falcosecurity/falco": "Falco",
    "amazon/amazon-ecs-agent": "ECS agent",
    "tiredofit/traefik-cloudflare-companion": "traefik-cloudflare-companion",
    "itzg/mc-router": "mc-router",
    "umputun/reproxy": "reproxy",
    "azukaar/cosmos-server": "Cosmos",
    "dokploy/dokploy": "Dokploy",
    "coollabsio/coolify": "Coolify",
    "caprover/caprover": "CapRover",
    "coder/coder": "Coder",
    "localstack/localstack": "LocalStack",
    "localstack/localstack-pro": "LocalStack",
    "devcontainers/docker-from-docker": "a dev container",
    "devcontainers/docker-outside-of-docker": "a dev container",
}

_UNTELLING = frozenset(
    {"agent", "alloy", "all-in-one", "arcane", "homepage", "infrastructure", "sablier", "server", "vector", "yacht"}
)
_NAMED_USERS = {
    name: product
    for repository, product in _SOCKET_USERS.items()
    if (name := repository.rpartition("/")[2]) not in _UNTELLING
}
"""The same by the names of their images alone: other makers build and mirror them under these too."""

_OF_CONTAINERS = {"alloy": "Grafana Alloy", "homepage": "Homepage"}
"""What a container of that name is, of whose image nothing is known: other images have these names, too."""

_RUNNERS = {
    "gitlab/gitlab-runner": "gitlab",
    "gitlab-org/gitlab-runner": "gitlab",
    "actions/actions-runner": "github",
    "summerwind/actions-runner": "github",
    "summerwind/actions-runner-dind": "github",
    "summerwind/actions-runner-dind-rootless": "github",
    "actions-runner-controller/actions-runner-dind": "github",
    "myoung34/github-runner": "github",
    "jenkins/jenkins": "jenkins",
    "jenkins/agent": "jenkins",
    "jenkins/inbound-agent": "jenkins",
    "jenkins/ssh-agent": "jenkins",
    "jenkins/jnlp-slave": "jenkins",
    "jenkins/jnlp-agent-docker": "jenkins",
    "jenkinsci/blueocean": "jenkins",
    "drone/drone-runner-docker": "drone",
    "woodpeckerci/woodpecker-agent": "woodpecker",
    "gitea/act_runner": "gitea",
    "gitea/runner": "gitea",
    "forgejo/runner": "forgejo",
    "buildkite/agent": "buildkite",
    "jetbrains/teamcity-agent": "teamcity",
    "atlassian/bitbucket-pipelines-runner": "bitbucket",
}

_ARCHIVED = {
    "kaniko-project/executor": "kaniko was archived on 2025-06-03",
    "kaniko-project/warmer": "kaniko was archived on 2025-06-03",
    "jpetazzo/dind": "it was archived; the official image took its place",
}


def socket_proxy(repository: str) -> str | None:
    """Return the filtering proxy's product, ``unknown`` for another one by its name, ``None`` for all else."""
    product = find(_SOCKET_PROXIES, repository)
    if product:
        return product
    words = repository.rpartition("/")[2].replace("_", "-").split("-")
    return "unknown" if words[-2:] == ["socket", "proxy"] else None


def socket_user(repository: str) -> str | None:
    """Return the product's name, if it is known to be given the engine's socket on purpose."""
    return find(_SOCKET_USERS, repository) or _NAMED_USERS.get(name_of(repository))


def socket_user_called(name: str) -> str | None:
    """Return the product that a container's own name tells, for an image of which nothing is known."""
    return _NAMED_USERS.get(name.lower()) or _OF_CONTAINERS.get(name.lower())


def runner(repository: str) -> str | None:
    """Return the CI system that the image runs jobs for."""
    return find(_RUNNERS, repository)


def archived(repository: str) -> str | None:
    """Return why the image is not maintained."""
    return find(_ARCHIVED, repository)


def find(table: dict[str, str], repository: str) -> str | None:
    """Look up the repository, or its last two components."""
    return table.get(repository) or table.get(last_two(repository))


def name_of(repository: str) -> str:
    """Return the name of an image without its owner."""
    return last_two(repository).rpartition("/")[2]


@lru_cache(maxsize=1024)
def last_two(repository: str) -> str:
    """Return the owner and the name of an image; Rancher mirrors both in one name (``rancher/mirrored-calico-node``)."""
    *_, owner, name = ("", *repository.split("/"))
    if name.startswith("mirrored-"):
        owner, _, name = name.removeprefix("mirrored-").partition("-")
    return f"{owner}/{name}" if owner not in ("", "library") else name


_MACHINES = ("-amd64", "-arm64", "-arm", "-ppc64le", "-s390x")


def of_any_machine(name: str) -> str:
    """Return an image's name without the kind of machine that it is for: ``kube-proxy-amd64``."""
    if not name.endswith(_MACHINES):
        return name
    return next(name.removesuffix(each) for each in _MACHINES if name.endswith(each))
