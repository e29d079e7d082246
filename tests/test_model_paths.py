from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dindguard.model import examples, paths
from dindguard.model.paths import HostPath
from dindguard.model.values import UNKNOWN_PIECE as U
from dindguard.model.values import How, Text
from dindguard.source import Span

PIECES = st.sampled_from(
    [
        "var",
        "run",
        "docker.sock",
        "..",
        ".",
        "",
        "~",
        "home",
        "me",
        "c",
        "C:",
        "pipe",
        "mnt",
        "host",
        U,
        "$HOME",
        "\\",
        "x",
    ]
)
PATHS = st.one_of(
    st.text(max_size=30),
    st.builds(
        lambda start, parts: start + "/".join(parts), st.sampled_from(["", "/", "//", "npipe:"]), st.lists(PIECES)
    ),
)


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("/var/run/docker.sock", "/run/docker.sock"),
        ("//var/run/docker.sock", "/run/docker.sock"),
        ("/var/lib/../run//docker.sock/", "/run/docker.sock"),
        ("/private/var/run/docker.sock", "/run/docker.sock"),
        ("/private/variant", "/private/variant"),
        ("/var/runner", "/var/runner"),
        ("/../..", "/"),
        ("/", "/"),
        ("$HOME/.docker/run", "~/.docker/run"),
        ("${HOME}", "~"),
        ("$HOMEBREW/x", "./$HOMEBREW/x"),
        ("~/../x", "~/../x"),
        ("~other/x", "./~other/x"),
        ("./~/x", "./~/x"),
        ("${XDG_RUNTIME_DIR}/docker.sock", "/run/user/*/docker.sock"),
        ("%t/podman/podman.sock", "/run/podman/podman.sock"),
        ("${{ github.workspace }}/data", "./data"),
        ("$(pwd)", "."),
        ("data/../x", "./x"),
        ("../x/..", ".."),
        (r"..\data\x", "../data/x"),
        ("npipe:////./pipe/docker_engine", "//./pipe/docker_engine"),
        (r"\\.\pipe\docker_engine", "//./pipe/docker_engine"),
        ("npipe:////.pipe/docker_engine_linux", "//./pipe/docker_engine_linux"),
        ("/pipe/docker_engine", "/pipe/docker_engine"),
        (r"c:\ProgramData\docker\.", "C:/ProgramData/docker"),
        ("//c/Users/me", "C:/Users/me"),
        ("/c/Users/me", "/c/Users/me"),
        ("//cd/Users/me", "/cd/Users/me"),
        ("//c", "C:/"),
        ("c:", "C:/"),
        ("c:data", "./c:data"),
        ("1:/data", "./1:/data"),
        ("c;/data", "./c;/data"),
        (f"/srv/{U}/../x", f"/srv/{U}/../x"),
        (f"{U}/./x", f"{U}/x"),
    ],
)
def test_normalise(written: str, normal: str) -> None:
    assert paths.normalise(written) == normal


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ("/host_mnt/c/Users", "C:/Users"),
        ("/host_mnt/Users/me", "/Users/me"),
        ("/run/desktop/mnt/host/d", "D:/"),
        ("/mnt/host", "/"),
        ("/mnt/hosting", "/mnt/hosting"),
        ("/proc/1/root/var/run/docker.sock", "/run/docker.sock"),
    ],
)
def test_views_of_the_host_count_for_sources_only(source: str, path: str) -> None:
    assert paths.on_the_host(source) == path
    assert paths.classify(source) is paths.classify(path)
    assert not paths.inside("/var/lib/docker", source)


@given(PATHS)
@example("npipe:pipe//")
@example("//./pipe/a/")
def test_normalise_is_idempotent_and_classes_never_fail(path: str) -> None:
    once = paths.normalise(path)
    assert paths.normalise(once) == once
    assert paths.classify(path) is paths.classify(once)
    assert paths.socket_at(path) == paths.socket_at(once)
    assert paths.inside(path, path)


@given(st.lists(st.sampled_from(["a", "b", "..", ".", ""]), max_size=8))
def test_collapsing_agrees_with_the_standard_library(parts: list[str]) -> None:
    import posixpath

    path = "/q/" + "/".join(parts)
    assert paths.normalise(path) == posixpath.normpath(path)


def test_a_text_keeps_the_meaning_of_well_known_variables() -> None:
    span = Span("f", 1, 1, 1, 9)

    def text(partial: str, variable: str) -> Text:
        return Text(None, span, How.UNKNOWN, partial, variable)

    assert paths.path_of(text(f"{U}/docker.sock", "XDG_RUNTIME_DIR")) == "/run/user/*/docker.sock"
    assert paths.path_of(text(f"{U}/src", "PWD")) == "./src"
    assert paths.path_of(text(f"{U}/docker.sock", "DATA")) == f"{U}/docker.sock"
    assert paths.path_of(text(f"{U}/{U}", "HOME")) == f"{U}/{U}"
    assert paths.path_of(Text("/var/run", span)) == "/run"


@pytest.mark.parametrize(
    ("path", "engine", "rootless"),
    [
        ("/var/run/docker.sock", "docker", False),
        ("/run/docker.sock", "docker", False),
        ("/run/user/1000/docker.sock", "docker", True),
        (f"/run/user/{U}/docker.sock", "docker", True),
        ("$XDG_RUNTIME_DIR/podman/podman.sock", "podman", True),
        ("~/.docker/run/docker.sock", "docker", False),
        ("/Users/me/.colima/default/docker.sock", "docker", False),
        ("/root/.rd/docker.sock", "docker", False),
        ("/mnt/wsl/docker-desktop/shared-sockets/docker.sock", "docker", False),
        (r"\\.\pipe\Docker_Engine", "docker", False),
        ("//./pipe/dockerDesktopLinuxEngine", "docker", False),
        ("/var/run/containerd/containerd.sock", "containerd", False),
        ("/run/k3s/containerd/containerd.sock", "containerd", False),
        ("/var/run/crio/crio.sock", "cri-o", False),
        ("/run/podman/podman.sock", "podman", False),
        ("/run/buildkit/buildkitd.sock", "buildkit", False),
        ("/var/run/balena-engine.sock", "balena", False),
        ("/var/snap/lxd/common/lxd/unix.socket", "lxd", False),
        (f"{U}/docker.sock", "docker", False),
        (f"{U}/var/run/docker.sock", "docker", False),
    ],
)
def test_engine_sockets(path: str, engine: str, rootless: bool) -> None:
    socket = paths.socket_at(path)
    assert socket is not None
    assert (socket.product, socket.rootless) == (engine, rootless)
    assert paths.classify(path) is HostPath.ENGINE_SOCKET
    assert not paths.sockets_below(path)


@pytest.mark.parametrize(
    "path",
    [
        "/run",
        "/run/docker.sock.d",
        "/run/docker.socket",
        "./docker.sock",
        "docker.sock",
        "./var/run/docker.sock",
        "/srv/run/docker.sock",
        "/run/dockerish/containerd/containerd.sock",
        "/run/dbus/system_bus_socket",
        f"{U}docker.sock",
        f"{U}/my-docker.sock",
        f"/run/{U}",
        U,
        "/run/user/1000/x/docker.sock",
        "~/.colima/default/x/docker.sock",
        "//./pipe/docker_engineer",
    ],
)
def test_no_engine_sockets(path: str) -> None:
    assert paths.socket_at(path) is None


@pytest.mark.parametrize(
    ("directory", "engines"),
    [
        ("/", {"docker", "containerd", "cri-o", "podman", "buildkit", "lxd"}),
        ("/run", {"docker", "containerd", "cri-o", "podman", "buildkit", "balena"}),
        ("/var/run/", {"docker", "containerd", "cri-o", "podman"}),
        ("/var", {"docker", "lxd", "incus"}),
        ("/run/user", {"docker", "podman", "buildkit"}),
        ("/run/user/1000", {"docker", "podman", "buildkit"}),
        ("${XDG_RUNTIME_DIR}", {"docker", "podman"}),
        ("/run/docker", {"containerd"}),
        ("/run/containerd", {"containerd"}),
        ("/run/k3s", {"containerd"}),
        ("/run/podman", {"podman"}),
        ("/run/crio", {"cri-o"}),
        ("~/.docker/run", {"docker"}),
        ("/mnt/wsl", {"docker"}),
    ],
)
def test_directories_that_expose_sockets(directory: str, engines: set[str]) -> None:
    assert engines <= {socket.product for socket in paths.sockets_below(directory)}


@pytest.mark.parametrize(
    "directory",
    [
        "/ru",
        "/run/dockerish",
        "/run/lock",
        "/run/udev",
        "/var/log",
        "/home",
        "~",
        "~/.docker",
        ".",
        "./run",
        "/srv",
        U,
        f"/{U}",
        "/run/user/1000/pulse",
        "C:/",
    ],
)
def test_directories_that_expose_none(directory: str) -> None:
    assert paths.sockets_below(directory) == ()


@pytest.mark.parametrize(
    ("kind", "examples"),
    [
        (HostPath.ROOT, ["/", "//", "/..", "C:\\", "/host_mnt", "/mnt/host/c"]),
        (HostPath.RUNTIME_DIRECTORY, ["/run", "/var/run", "/run/user", "/run/user/1000", "/run/podman", "/run/crio"]),
        (
            HostPath.ENGINE_STATE,
            [
                "/var/lib/docker",
                "/var/lib/docker/overlay2",
                "/var/lib/docker/volumes",
                "/var/lib/containerd/x",
                "/var/lib/kubelet/pods",
                "/run/containerd",
                "/var/lib",
                "/var",
                "/root/.local/share/docker",
                f"/var/lib/docker/{U}",
            ],
        ),
        (
            HostPath.KERNEL_CONTROL,
            [
                "/proc",
                "/proc/sys/kernel",
                "/proc/1/ns",
                "/sys",
                "/sys/fs/cgroup",
                "/sys/kernel/debug",
                "/sys/firmware/efi/efivars",
            ],
        ),
        (HostPath.DEVICES, ["/dev", "/dev/"]),
        (
            HostPath.RAW_DEVICE,
            ["/dev/mem", "/dev/sda", "/dev/sda1", "/dev/nvme0n1p2", "/dev/mapper/vg-root", "/dev/dm-0"],
        ),
        (
            HostPath.SYSTEM_CONFIG,
            [
                "/etc",
                "/etc/ssh/sshd_config",
                "/boot/grub",
                "/root",
                "/home",
                "/home/me",
                "~/.ssh/id_ed25519",
                "/usr",
                "/usr/bin",
                "/lib/modules",
                "/var/spool/cron",
                "/etc/systemd/system",
                "/etc/cni/net.d",
                "/etc/docker/daemon.json",
                "/Users/me",
            ],
        ),
        (
            HostPath.HARMLESS,
            [
                "/etc/localtime",
                "/etc/timezone",
                "/etc/resolv.conf",
                "/etc/ssl/certs",
                "/etc/machine-id",
                "/etc/docker/certs.d/registry.example.org",
                "/usr/share/zoneinfo/Europe",
            ],
        ),
        (HostPath.PROJECT, [".", "./src", "../x", "data", "./etc", "$PWD", "./docker.sock"]),
        (HostPath.UNKNOWN, [U, f"{U}/data", f"/{U}", f"/var/lib/{U}", f"/etc/{U}", f"/dev/{U}"]),
        (
            HostPath.OTHER,
            [
                "/srv/data",
                "/etc/nginx",
                "/etcd",
                "/home/me/project",
                "/opt",
                "/procs",
                "/var/lib/dockerish",
                "/var/log",
                "/dev/fuse",
                "/dev/net/tun",
                "/dev/kvm",
                "/dev/video0",
                "/dev/sdx-config",
                "/usr/bin/docker",
                f"/srv/{U}",
                "/var/lib/docker/volumes/cache/_data",
                "/var/lib/kubelet/device-plugins",
                "/var/lib/cni",
                "/var/lib/cni/networks",
                "~/.docker/config.json",
                "/run/udev",
                "/sys/class/thermal",
                "/proc/cpuinfo",
            ],
        ),
    ],
)
def test_classes(kind: HostPath, examples: list[str]) -> None:
    assert {path: paths.classify(path) for path in examples} == dict.fromkeys(examples, kind)


def test_harmless_read_only_and_lsm_state() -> None:
    fine = ["/lib/modules", "/sys/fs/cgroup", "/sys", "/usr", "/lib", "/etc/passwd", "/etc/localtime"]
    assert all(map(paths.harmless_read_only, fine))
    assert not any(
        map(paths.harmless_read_only, ["/sys/kernel", "/boot", "/etc", "/etc/shadow", "/run", "/etc/passwd-"])
    )
    lsm = ["/sys/kernel/security", "/etc/apparmor.d/docker", "/sys/fs/selinux", "/etc/selinux"]
    assert all(map(paths.holds_lsm_state, lsm))
    assert not any(map(paths.holds_lsm_state, ["/sys/kernel/security2", "/etc/apparmor", "/sys/fs/cgroup"]))


@pytest.mark.parametrize(
    ("path", "engine", "part"),
    [
        ("/var/lib/docker", "docker", False),
        ("/var/lib/docker/", "docker", False),
        ("/var/lib/docker/overlay2", "docker", True),
        ("/var/lib/docker/volumes", "docker", True),
        ("/var/lib/docker/volumes/cache", "docker", False),
        ("/home/rootless/.local/share/docker/volumes", "docker", True),
        ("/home/rootless/.local/share/docker/volumes/cache", "docker", False),
        ("/var/lib/containerd", "containerd", False),
        ("/var/lib/containers/storage", "podman", True),
        ("~/.local/share/docker", "docker", False),
        ("/home/rootless/.local/share/docker/image", "docker", True),
        (r"C:\ProgramData\docker", "docker", False),
        ("/var/lib/docker-registry", None, False),
        ("/var/lib", None, False),
        ("./var/lib/docker", None, False),
        (f"/var/lib/docker{U}", None, False),
    ],
)
def test_data_roots(path: str, engine: str | None, part: bool) -> None:
    assert (paths.data_root_of(path), paths.is_below_data_root(path)) == (engine, part)


def test_inside_compares_components() -> None:
    assert paths.inside("/var/run/x", "/run")
    assert paths.inside("/x", "/")
    assert not paths.inside("/var/lib/docker2", "/var/lib/docker")


@pytest.mark.parametrize("piece", ["/host_mnt", "/a", "/..", "/private/var", "$HOME/", "\\", U + "/", "/proc/1/root"])
def test_huge_paths_are_quick(piece: str) -> None:
    path = piece * 20_000
    assert paths.classify(path)
    assert paths.sockets_below(path) is not None


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("scripts/test", "test"),
        ("apps-not-used/compose.yml", "apps-not-used"),
        ("disabled/compose.yml", "disabled"),
        ("archived-media/compose.yml", ""),
        ("load-testing/compose.yml", "load-testing"),
        ("testing/compose.yml", ""),
        ("docker-compose.load-test.yml", "test"),
        ("ci/run-tests.sh", "tests"),
        ("docker-compose.test.yml", "test"),
        ("compose.e2e.yaml", "e2e"),
        ("docker-compose.sample.yml", "sample"),
        (".github/workflows/test.yml", ""),
        ("stacks/speed-test.yml", ""),
        ("latest", ""),
        ("test-infra/compose.yaml", ""),
        ("overlays/test/pod.yaml", ""),
        (".agents/skills/deploy/compose.yaml", ".agents/skills"),
        ("skills/deploy/compose.yaml", ""),
    ],
)
def test_names_that_say_that_nobody_uses_a_file_as_it_is(path: str, part: str) -> None:
    assert examples.example_part(path) == part


@pytest.mark.parametrize(
    ("path", "kubelets"), [("/var/lib/kubelet", True), ("/var/lib/kubelet/pods/", True), ("/var/lib/rancher", False)]
)
def test_what_the_kubelet_keeps(path: str, kubelets: bool) -> None:
    assert paths.is_kubelets(path) is kubelets


@pytest.mark.parametrize(
    ("path", "embedded", "machine"),
    [
        ("etc/docker/daemon.json", False, "/"),
        ("hosts/a/etc/docker/daemon.json", False, "hosts/a/"),
        ("hosts/a/usr/lib/systemd/system/docker.service", False, "hosts/a/"),
        ("hosts/a/lib/systemd/system/docker.service", False, "hosts/a/"),
        ("hosts/a/srv/systemd/system/docker.service", False, "hosts/a/srv/systemd/system/"),
        ("units/docker.service.d/override.conf", False, "units/"),
        ("units/docker.service", False, "units/"),
        ("roles/docker/files/daemon.json", False, "roles/docker/"),
        ("roles/docker/tasks/main.yml", True, "roles/docker/"),
        (
            "roles/docker/files/setup.sh",
            True,
            "roles/docker/files/setup.sh",
        ),  # a script of its own, not the role's tasks
        ("roles/setup.sh", False, "roles/"),
        ("etc/cloud.yaml", True, "etc/cloud.yaml"),
    ],
)
def test_which_files_are_one_machines(path: str, embedded: bool, machine: str) -> None:
    assert paths.machine_of(path, embedded=embedded) == machine


def test_a_part_of_a_file_is_a_machine_of_its_own() -> None:
    assert paths.machine_of("cloud.yaml", embedded=True, part="2") == "cloud.yaml#2"
    assert paths.machine_of("roles/docker/tasks/main.yml", embedded=True, part="2") == "roles/docker/"


def test_the_whole_file_system_exposes_every_socket_that_is_a_file() -> None:
    below = {socket.pattern for socket in paths.sockets_below("/")}
    assert "/run/docker.sock" in below
    assert not any(pattern.startswith("//") for pattern in below)  # a named pipe of Windows lies in no directory
    assert {socket.pattern for socket in paths.sockets_below("/var")} < below


@pytest.mark.parametrize("path", ["/db", "/c", "/C:", "./c:/"])
def test_only_a_drive_is_the_root_of_a_file_system_of_windows(path: str) -> None:
    assert paths.classify("C:\\") is HostPath.ROOT
    assert paths.classify(path) is not HostPath.ROOT


@pytest.mark.parametrize(
    ("path", "home"),
    [
        ("/home", True),
        ("/home/me", True),
        ("/home/me/.config", True),
        ("~/data", True),
        ("/Users", True),
        (r"C:\Users", True),
        ("/root", False),
        ("/root/data", False),
        ("/home/me/.ssh", False),
        ("~/.ssh/id_ed25519", False),
        ("/etc", False),
        ("/homes", False),
    ],
)
def test_homes_of_ordinary_users_without_their_keys(path: str, home: bool) -> None:
    assert paths.is_home(path) is home


def test_only_the_whole_runtime_folder_of_a_user_is_one() -> None:
    assert paths.classify("/run/user/1000") is HostPath.RUNTIME_DIRECTORY
    assert paths.classify("/run/user/1000/gvfs") is not HostPath.RUNTIME_DIRECTORY


DEPLOYED = "overlays environments environment envs env clusters stages inventories inventory"
FOLDERS_OF_EXAMPLES = {
    "for tests": "test tests my-test my_tests load-testing stress-testing perf-testing performance_testing "
    "integration-testing smoke.testing e2e e2e-testing testdata test-data test_data",
    "documentation": "doc docs",
    "for a virtual machine on a developer's own computer": "vagrant vagrant-dev local.vagrant",
    "no longer in use": "deprecated archived attic obsolete unused not-used not_used not-in-use not_in_use disabled "
    "my-deprecated old.attic our-obsolete _archive .archive archive old _old bak .orig gcp_old",
    "an example": "example examples sample samples demo demos my-example api_samples .dist example-runner examples_of "
    "exemple ejemplos beispiele exemplo esempio",
    "": "contest latest testing attest documents docsite archives older bakery backup reused in-use enabled exemplary "
    "dist vagrants",
}


@pytest.mark.parametrize(
    ("folder", "kind"),
    [(folder, kind) for kind, folders in FOLDERS_OF_EXAMPLES.items() for folder in folders.split()],
)
def test_what_a_folders_name_says_of_all_below_it(folder: str, kind: str) -> None:
    assert examples.kind_of_example(folder) == kind
    assert examples.example_part(f"a/{folder.upper()}/compose.yaml") == (folder if kind else "")
    for above in DEPLOYED.split():
        assert examples.example_part(f"{above}/{folder}/compose.yaml") == ""
    assert examples.example_part(f"stage/{folder}/compose.yaml") == (folder if kind else "")


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("compose.example.yaml", "example"),
        ("example.yaml", "example"),
        ("docker-compose.exemple.yml", "exemple"),
        ("compose.yml.bak-20260523112347", "bak"),
        ("compose.bak.20260523.yml", "bak"),
        ("compose.bak-2.yml", ""),
        ("docker-compose.ejemplo.yml", "ejemplo"),
        ("beispiel.env.yaml", "beispiel"),
        ("exemplar.yaml", ""),
        ("example-compose.yaml", "example"),
        ("my_sample.yaml", "sample"),
        ("compose.yaml.dist", ".dist"),
        ("compose.dist.yaml", ""),
        ("app.example.com.yaml", ""),
        ("app.sample.org", ""),
        ("counterexample.yaml", ""),
        ("compose.yaml.bak", "bak"),
        ("compose.yaml.old", "old"),
        ("docker-compose.old.yml", "old"),
        ("docker-compose-old.yml", "old"),
        ("ci.yml.disabled", "disabled"),
        ("compose.yaml.backup", ".backup"),
        ("compose.yaml~", "~"),
        ("compose.backup.yaml", ""),
        ("threshold.yaml", ""),
        ("old-town.yaml", ""),
        ("bak.js", ""),
        ("test.sh", "test"),
        ("tests.bash", "tests"),
        ("run_tests.ps1", "tests"),
        ("runtest.cmd", "test"),
        ("test-all.bat", "test"),
        ("e2e.sh", "e2e"),
        ("test.yaml", ""),
        ("attest.sh", ""),
        ("docker-test.sh", "test"),
        ("smoke_test.bash", "test"),
        ("run-integration-tests.sh", "tests"),
        ("docker.e2e.ps1", "e2e"),
        ("docker-attest.sh", ""),
        ("docker-latest.sh", ""),
        ("latest.sh", ""),
        ("contest.sh", ""),
        ("docker-test.yaml", ""),
        ("docker-testing.sh", ""),
        ("deploy-test.sh", ""),
        ("speed-test.sh", ""),
        ("docker-compose-e2e.yml", "e2e"),
        ("compose_ci_tests.yaml", "tests"),
        ("docker-compose.testing.yml", ""),
        ("ci copy.yml", " copy"),
        ("ci - Copy (2).yml", " - copy (2)"),
        ("compose (1).yaml", " (1)"),
        ("copy.yml", ""),
        ("hardcopy.yml", ""),
    ],
)
def test_what_a_files_name_says_of_it(name: str, part: str) -> None:
    assert examples.example_part(f"deploy/{name}") == part


ROOTS = """
/var/lib/docker: docker
/var/snap/docker: docker
/var/lib/containerd: containerd
/var/snap/microk8s/common/var/lib/containerd: containerd
/var/lib/containers: podman
/var/lib/buildkit: buildkit
/var/lib/balena-engine: balena
/var/lib/kubelet: kubernetes
/var/lib/rancher: kubernetes
~/.local/share/docker: docker
~/.local/share/containers: podman
~/.local/share/buildkit: buildkit
C:/ProgramData/docker: docker
"""


@pytest.mark.parametrize("line", ROOTS.strip().splitlines())
def test_every_default_data_root_is_an_engines_own_with_all_below(line: str) -> None:
    root, _, product = line.rpartition(": ")
    for path, part in ((root, False), (f"{root}/below", True)):
        assert paths.data_root_of(path) == product
        assert paths.is_below_data_root(path) is part
        assert paths.classify(path) is HostPath.ENGINE_STATE
    assert paths.data_root_of(f"{root}2") is None


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/var/lib/docker", "the host engine's state"),
        ("/var/lib/kubelet/pods", "the host kubelet's state"),
        ("/var/lib/rancher/k3s", "the host Kubernetes distribution's state"),
    ],
)
def test_whose_state_it_is(path: str, words: str) -> None:
    assert paths.state_of(path) == words


READ_ONLY = """
/usr /usr/bin /bin/sh /sbin /lib/modules /lib64 /opt/cni/bin /sys /sys/fs/cgroup /sys/fs/cgroup/unified /etc/passwd /etc/group
/etc/docker/daemon.json /etc/localtime /srv/ca.crt /srv/key.pub
"""
NOT_EVEN_READ_ONLY = """
/ /var /opt /usrlocal /library /lib32 /etc /etc/shadow /etc/gshadow /etc/docker /etc/docker/key.json /sys/fs /sys/kernel
/sys/fs/bpf /srv/ca.key /proc /dev
"""


@pytest.mark.parametrize("path", READ_ONLY.split())
def test_what_is_fine_to_share_read_only(path: str) -> None:
    assert paths.harmless_read_only(path)


@pytest.mark.parametrize("path", NOT_EVEN_READ_ONLY.split())
def test_what_is_not_fine_to_share_read_only(path: str) -> None:
    assert not paths.harmless_read_only(path)


@pytest.mark.parametrize(
    ("path", "whole"),
    [("/proc", True), ("/sys", True), ("/proc/1/root/sys", True), ("/sys/kernel", False), ("/", False)],
)
def test_which_trees_of_the_kernel_are_whole(path: str, whole: bool) -> None:
    assert paths.is_whole_kernel_tree(path) is whole


@pytest.mark.parametrize(
    ("path", "own"),
    [
        ("/var/lib/kubelet/pods", True),
        ("/etc/kubernetes", True),
        ("/etc/cni/net.d", True),
        ("/opt/cni/bin", True),
        ("/var/lib/cni", True),
        ("/var/lib/rancher", False),
        ("/etc", False),
        ("/opt", False),
    ],
)
def test_what_only_a_kubelet_and_its_plugins_use(path: str, own: bool) -> None:
    assert paths.is_kubernetes_own(path) is own


@pytest.mark.parametrize("folder", ["etc", "usr/lib", "usr/local/lib", "lib/systemd", "run/systemd"])
def test_a_systems_folder_tells_where_a_machines_files_begin(folder: str) -> None:
    assert paths.machine_of(f"hosts/a/{folder}/x/y.conf", embedded=False) == "hosts/a/"
    assert paths.machine_of(f"hosts/a/x{folder}/x/y.conf", embedded=False) == f"hosts/a/x{folder}/x/"
