"""Well-known images that command an engine or run jobs, and images that nobody maintains any more.

The keys are ends of repositories, so that mirrors match: ``mirror/tecnativa/docker-socket-proxy`` does.
"""

from __future__ import annotations

from dindguard.model.image_names import last_two, of_any_machine

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

_PRIVILEGED_TOOLS = {
    "tonistiigi/binfmt": "registers emulators with the host's kernel",
    "docker/binfmt": "registers emulators with the host's kernel",
    "linuxkit/binfmt": "registers emulators with the host's kernel",
    "multiarch/qemu-user-static": "registers emulators with the host's kernel",
}
"""Tools that are made to be run privileged, once, and what for."""

_PRIVILEGED_USERS = {
    "cadvisor/cadvisor": "cAdvisor",
    "google/cadvisor": "cAdvisor",
    "google-containers/cadvisor": "cAdvisor",
    "google_containers/cadvisor": "cAdvisor",
    "squat/generic-device-plugin": "generic-device-plugin",
    "home-assistant/home-assistant": "Home Assistant",
    "homeassistant/home-assistant": "Home Assistant",
    "linuxserver/kasm": "Kasm Workspaces",
    "tecnativa/docker-socket-proxy": "Tecnativa's socket proxy",
    "node-problem-detector/node-problem-detector": "node-problem-detector",
    "esphome/esphome": "ESPHome",
    "blakeblackshear/frigate": "Frigate",
    "prometheuscommunity/smartctl-exporter": "smartctl_exporter",
    "db2_community/db2": "Db2",
    "ibmcom/db2": "Db2",
    "redroid/redroid": "redroid",
    "mauricenino/dashdot": "dash.",
    "jeedom/jeedom": "Jeedom",
    "coroot/coroot-node-agent": "Coroot's node agent",
    "googlecloudplatform/nfs-server-docker": "an NFS server",
    "itsthenetwork/nfs-server-alpine": "an NFS server",
    "gluster/gluster-centos": "GlusterFS",
    "binhex/arch-delugevpn": "Deluge with WireGuard",
    "binhex/arch-qbittorrentvpn": "qBittorrent with WireGuard",
    "binhex/arch-rtorrentvpn": "rTorrent with WireGuard",
    "openthread/otbr": "OpenThread border router",
    "openthread/border-router": "OpenThread border router",
    "grafana/beyla": "Beyla",
    "parca-dev/parca-agent": "Parca agent",
    "rancher/rancher": "Rancher",
    "concourse/concourse": "Concourse",
    "kube-proxy": "kube-proxy",
    "k8s-dns-node-cache": "NodeLocal DNSCache",
    "calico/node": "Calico",
    "calico/cni": "Calico",
    "calico/csi": "Calico",
    "calico/node-driver-registrar": "Calico",
    "calico/pod2daemon-flexvol": "Calico",
    "cilium/cilium": "Cilium",
    "cilium/tetragon": "Tetragon",
    "weaveworks/weave-kube": "Weave Net",
    "weaveworks/weave-npc": "Weave Net",
    "cloudnativelabs/kube-router": "kube-router",
    "k8snetworkplumbingwg/multus-cni": "Multus",
    "k8snetworkplumbingwg/sriov-network-device-plugin": "the SR-IOV device plugin",
    "antrea/antrea-agent-ubuntu": "Antrea",
    "kubeovn/kube-ovn": "Kube-OVN",
    "amazon-k8s-cni-init": "the AWS VPC CNI",
    "aws-ebs-csi-driver": "the AWS EBS CSI driver",
    "aws-efs-csi-driver": "the AWS EFS CSI driver",
    "digitalocean/do-csi-plugin": "DigitalOcean's CSI driver",
    "hetznercloud/hcloud-csi-driver": "Hetzner's CSI driver",
    "sig-storage/nfsplugin": "the NFS CSI driver",
    "sig-storage/smbplugin": "the SMB CSI driver",
    "sig-storage/hostpathplugin": "the hostpath CSI driver",
    "sig-storage/local-volume-provisioner": "the local volume provisioner",
    "external_storage/local-volume-provisioner": "the local volume provisioner",
    "csi-secrets-store/driver": "the Secrets Store CSI driver",
    "democraticcsi/democratic-csi": "democratic-csi",
    "democratic-csi/democratic-csi": "democratic-csi",
    "rocm/device-metrics-exporter": "AMD's device metrics exporter",
    "cephcsi/cephcsi": "Ceph CSI",
    "rook/ceph": "Rook",
    "longhornio/longhorn-manager": "Longhorn",
    "longhornio/longhorn-instance-manager": "Longhorn",
    "openebs/node-disk-manager": "OpenEBS",
    "openebs/lvm-driver": "OpenEBS",
    "openebs/zfs-driver": "OpenEBS",
    "piraeusdatastore/piraeus-server": "Piraeus",
    "juicedata/juicefs-csi-driver": "the JuiceFS CSI driver",
    "kubevirt/virt-handler": "KubeVirt",
    "k8s/container-toolkit": "NVIDIA's GPU operator",
    "nvidia/k8s-device-plugin": "NVIDIA's device plugin",
    "falcosecurity/falco": "Falco",
    "sysdig/agent": "Sysdig agent",
    "aquasec/tracee": "Tracee",
    "kubereboot/kured": "kured",
    "weaveworks/kured": "kured",
}
"""Products whose own instructions or manifests run them privileged: their READMEs and installation pages (cAdvisor, Home
Assistant, ESPHome, Frigate, Db2 …), and what the projects publish to be applied to a cluster (its network, its storage
drivers, agents that watch or restart its nodes)."""

_HOST_AGENTS = {
    "netdata/netdata": "Netdata",
    "d34dc3n73r/netdata-glibc": "Netdata",
    "netdata": "Netdata",
    "datadog/agent": "Datadog agent",
    "datadoghq/agent": "Datadog agent",
    "newrelic/infrastructure": "New Relic agent",
}
"""Agents whose own instructions give them the host's processes, and capabilities to look into them (Netdata's page on
Docker: ``pid: host``, SYS_PTRACE, SYS_ADMIN, AppArmor off)."""

_FUSE_MOUNTERS = {
    "rclone/rclone": "rclone",
    "b3vis/borgmatic": "borgmatic",
    "borgmatic-collective/borgmatic": "borgmatic",
    "modem7/borgmatic-docker": "borgmatic",
}
"""Programs that mount file systems of their own, whose instructions give them what that takes in a container: SYS_ADMIN,
``/dev/fuse``, and AppArmor off (rclone's page on ``rclone mount`` in Docker, borgmatic's README on ``borgmatic mount``)."""

_ARCHIVED = {
    "kaniko-project/executor": "kaniko was archived on 2025-06-03",
    "kaniko-project/warmer": "kaniko was archived on 2025-06-03",
    "jpetazzo/dind": "it was archived; the official image took its place",
}


def socket_proxy(repository: str) -> str | None:
    """Return the filtering proxy's product, ``unknown`` for another one by its name, ``None`` for all else."""
    product = _find(_SOCKET_PROXIES, repository)
    if product:
        return product
    words = repository.rpartition("/")[2].replace("_", "-").split("-")
    return "unknown" if words[-2:] == ["socket", "proxy"] else None


def socket_user(repository: str) -> str | None:
    """Return the product's name, if it is known to be given the engine's socket on purpose."""
    return _find(_SOCKET_USERS, repository) or _NAMED_USERS.get(_name(repository))


def socket_user_called(name: str) -> str | None:
    """Return the product that a container's own name tells, for an image of which nothing is known."""
    return _NAMED_USERS.get(name.lower())


def runner(repository: str) -> str | None:
    """Return the CI system that the image runs jobs for."""
    return _find(_RUNNERS, repository)


def privileged_tool(repository: str) -> str | None:
    """Return what the image does to the host, if it is made to be run privileged and ends by itself."""
    return _find(_PRIVILEGED_TOOLS, repository)


def privileged_user(repository: str) -> str | None:
    """Return the product, if its own instructions run it privileged."""
    return _find(_PRIVILEGED_USERS, repository) or _PRIVILEGED_USERS.get(of_any_machine(_name(repository)))


def host_agent(repository: str) -> str | None:
    """Return the product, if its own instructions let it look into the host's processes."""
    return _find(_HOST_AGENTS, repository)


def fuse_mounter(repository: str) -> str | None:
    """Return the product, if its own instructions let it mount file systems."""
    return _find(_FUSE_MOUNTERS, repository)


def archived(repository: str) -> str | None:
    """Return why the image is not maintained."""
    return _find(_ARCHIVED, repository)


def _find(table: dict[str, str], repository: str) -> str | None:
    """Look up the repository, or its last two components."""
    return table.get(repository) or table.get(last_two(repository))


def _name(repository: str) -> str:
    return last_two(repository).rpartition("/")[2]
