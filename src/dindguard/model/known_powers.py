"""Well-known images whose own instructions give them much of the host: privileged mode, its processes, mounts of their own.

The keys are ends of repositories, as in :mod:`.known_images`. Few scans ask for them.
"""

from __future__ import annotations

from dindguard.model.known_images import find, name_of, of_any_machine

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
    "concourse/oci-build-task": "Concourse's oci-build-task",
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

_HOST_NETWORKERS = {
    "kube-vip/kube-vip": "kube-vip",
    "metallb/speaker": "MetalLB",
    "flannel-io/flannel": "Flannel",
    "flannel/flannel": "Flannel",
    "flannelcni/flannel": "Flannel",
    "coreos/flannel": "Flannel",
    "k8s-dns-node-cache": "NodeLocal DNSCache",
    "dns/k8s-dns-node-cache": "NodeLocal DNSCache",
    "tailscale/tailscale": "Tailscale",
    "zerotier/zerotier": "ZeroTier",
    "netbirdio/netbird": "NetBird",
    "osixia/keepalived": "keepalived",
    "pihole/pihole": "Pi-hole",
}
"""What sets up a machine's own network, and is given NET_ADMIN in it by its makers' instructions or manifests."""


def privileged_tool(repository: str) -> str | None:
    """Return what the image does to the host, if it is made to be run privileged and ends by itself."""
    return find(_PRIVILEGED_TOOLS, repository)


def privileged_user(repository: str) -> str | None:
    """Return the product, if its own instructions run it privileged."""
    return find(_PRIVILEGED_USERS, repository) or _PRIVILEGED_USERS.get(of_any_machine(name_of(repository)))


def host_agent(repository: str) -> str | None:
    """Return the product, if its own instructions let it look into the host's processes."""
    return find(_HOST_AGENTS, repository)


def fuse_mounter(repository: str) -> str | None:
    """Return the product, if its own instructions let it mount file systems."""
    return find(_FUSE_MOUNTERS, repository)


def host_networker(repository: str) -> str | None:
    """Return the product, if its own instructions let it set up the host's network."""
    return find(_HOST_NETWORKERS, repository) or _HOST_NETWORKERS.get(of_any_machine(name_of(repository)))
