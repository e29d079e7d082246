"""Not looked at never looks like clean: every surface, every state, every reason for leaving out."""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from dindguard import reports, working_tree
from dindguard.cli import cli
from dindguard.cli.scan_ import exit_code
from dindguard.coverage import State
from dindguard.errors import CLEAN, UserError
from dindguard.git_index import tracked
from dindguard.rules import Severity
from dindguard.scanning import Options, scan
from support import write_files
from surface_trees import HARMLESS, TREES


@pytest.mark.parametrize("surface", TREES)
def test_a_danger_is_found_or_named_wherever_it_is_written(tmp_path: Path, surface: str) -> None:
    """A harmless Compose file beside it must not make the tree look clean."""
    write_files(tmp_path, {"compose.yaml": HARMLESS, ".git/HEAD": "", **TREES[surface]})
    report = scan(Options(paths=(tmp_path,), root=tmp_path))
    told = {finding.span.path for finding in report.findings} | {spot.path for spot in report.coverage.blind_spots}
    told |= {broken.path for broken in report.coverage.of(State.BROKEN)}
    assert told & set(TREES[surface]), [f"{n.span}: {n.message}" for n in report.notices]
    assert exit_code(report, Severity.LOW, strict=True) != CLEAN
    shown = reports.render("text", report, reports.Options()).splitlines()
    assert not any(line.startswith("no findings ·") for line in shown), shown


NEAR = {
    "a comment": {"a.conf": "# docker run --privileged x\n"},
    "a comment behind something": {"a.conf": "x = 1  # docker run --privileged x\n"},
    "a comment of Groovy": {"Jenkins.groovy": "/* args '--privileged' */\n// docker run --privileged\n"},
    "prose": {"README.md": "docker run --privileged -v /var/run/docker.sock:/var/run/docker.sock x\n"},
    "a variable's value": {"dev.env": "A=1\nDOCKER_SOCK=/var/run/docker.sock\nB='/run/docker.sock'\n"},
    "a backup": {"stack.conf.bak": "docker run --privileged x\n"},
    "what is asked for by name": {
        "roles/a/tasks/main.yml": "- set_fact:\n    cmd: >-\n      register\n      {% if docker_privileged | default(false) %}\n"
        "      --docker-privileged\n      {% endif %}\n"
    },
    "a target of Earthly's on the developer's machine": {
        "Earthfile": "VERSION 0.8\nup:\n    LOCALLY\n    WITH DOCKER\n        RUN docker ps\n    END\n"
    },
    "a client of a filtering proxy": {".env.example": "A=1\nDOCKER_HOST=tcp://socket-proxy:2375\n"},
    "mocked answers": {"app/mock/api.json": '{"Binds": ["/var/run/docker.sock:/var/run/docker.sock"]}'},
    "rules of the audit": {"roles/a/files/docker.rules": "-w /etc/docker -k docker\n-w /usr/bin/dockerd -k docker\n"},
    "prose in JSON": {"plan.json": '{"text": "It mounts /var/run/docker.sock to talk to the engine."}'},
    "code": {"a.py": "run(['docker', 'run', '--privileged', 'x'])\n", "b.go": "var a = `privileged: true`\n"},
    "a template of code": {"a.py.j2": "x = '--privileged'\n"},
    "tests": {"tests/a.conf": "docker run --privileged x\n", "vendor/x/values.yaml": "privileged: true\n"},
    "a switch that is off": {"a.conf": "docker run --privileged=false x\nprivileged: false\n"},
    "a client's address": {"a.conf": "endpoint = unix:///var/run/docker.sock\n"},
    "a condition of a unit": {"a.service": "[Unit]\nConditionPathExists=/var/run/docker.sock\n[Service]\nExecStart=/bin/true\n"},
    "the socket's own unit": {"a.socket": "[Socket]\nListenStream=/run/docker.sock\nSocketMode=0660\n"},
    "numbers": {"a.conf": "TX_LANE_MAP: 0x10237546\nsensor=2375\n"},
    "a path of an engine": {"vars.conf": 'docker_bin: "/usr/bin/dockerd"\n', "p.spec": "cp x ${ROOT}/usr/bin/dockerd\n"},
    "a capability that is dropped": {"roles/a/defaults/main.yml": "runner_cap_drop: ['NET_ADMIN', 'SYS_ADMIN']\n"},
    "an expression with a colon": {"roles/a/templates/b.sh.j2x": "sed -ne '/:/ { p }'\n"},
    "prose in brackets": {"plan.json": '{"text": "The socket (/var/run/docker.sock) was left out."}'},
    "an interface's description": {"api/v1.yaml": "# docs\nswagger: '2.0'\nexample: '/run/containerd/containerd.sock'\n"},
    "a question for an engine": {"a.make": "if ! command -v dockerd &> /dev/null; then exit 1; fi\n"},
    "a tool's own report": {"a.sarif": '{"text": "runs docker with --privileged"}'},
    "a word list": {".words.pws": "dockerd\ncontainerd\n"},
    "a schema": {"values.schema.yaml": "properties:\n  privileged: true\n  dind:\n    enabled: true\n"},
    "a root provisioner of Vagrant": {"Vagrantfile": 'c.vm.provision "shell", privileged: true, inline: "id"\n'},
    "a folder beside an engine's": {"group_vars/all.yml": "state_path: /var/lib/docker-compose/a.json\n"},
    "settings of an engine that is off": {"group_vars/all.yml": "dind:\n  image: x\n"},
    "a check of an engine's configuration": {"a.conf": "dockerd --validate --config-file x\n"},
    "a policy": {"a.yaml": "apiVersion: policy/v1beta1\nkind: PodSecurityPolicy\nspec: {privileged: true}\n"},
    "a policy in a chart": {"c/templates/psp.yaml": "kind: PodSecurityPolicy\nspec:\n  privileged: true\n  x: {{ .Values.x }}\n"},
    "a definition": {
        "a.yaml": "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec: {example: {privileged: true}}\n"
    },
    "a provider's own switch": {"main.tf": 'provider "proxmox" {\n  insecure = true\n}\n'},
    "a web interface": {"roles/a/templates/a.toml": "[registry]\nlocation = 1\n[api]\n  insecure = true\n"},
    "a table of ports": {"group_vars/all.yml": "used:\n  socket_proxy: 2375\n"},
    "a client's plugin": {"a.nix": "install -m755 ${x} root/usr/local/lib/docker/cli-plugins/docker-buildx\n"},
    "the engine's usual socket": {"a.nix": '{ virtualisation.docker.listenOptions = [\n  ""\n  "/run/docker.sock"\n]; }\n'},
    "an engine's name servers": {"a.nix": "{ virtualisation.docker.daemon.settings = {\n  dns = [ x ];\n};\nhosts = 1; }\n"},
    "a feature of an engine": {"a.nix": "{ virtualisation.docker.daemon.settings.features.cdi = true; }\n"},
    "an endpoint of a filtering proxy": {"roles/a/templates/diun.yml.j2x": "endpoint: tcp://socket-proxy:2375\n"},
    "a profile of AppArmor": {"roles/a/templates/apparmor.j2": "#include <tunables/a>\nprofile a {\n  /run/docker.sock rw,\n}\n"},
    "the socket of a client": {"config/docker.yaml": "my-docker:\n  socket: /var/run/docker.sock\n"},
    "the socket of a kubelet": {"a.json": '{\n  "containerd_cri_socket": "/var/run/containerd/containerd.sock"\n}\n'},
    "a user's own engine": {"a.conf": "x DOCKER_HOST=unix:///run/user/$(id -u $me)/docker.sock\n"},
    "what a script says": {"a.conf": 'script\n  echo "Waiting for /var/run/docker.sock"\nend script\n'},
    "options that open nothing": {"a.init": 'DOCKER_OPTS=\nDOCKER_OPTS="--dns {{ server }}"\n'},
    "a comment of a chart over lines": {"c/values.yaml": "a: 1\n{{/*\nprivileged=true unless told\n*/}}\nb: 2\n"},
    "a comment of Jinja over lines": {"roles/a/templates/x.conf.j2": "{# it was\nprivileged: true\n#}\na = 1\n"},
    "what a key says to people": {"meta/a.yaml": "x:\n- description: |\n    So:\n\n      docker run --privileged x\n"},
    "what a form shows": {"a.json": '{"ui:help": "Examples: unix:///var/run/docker.sock, tcp://localhost:2375"}\n'},
    "prose without an extension": {"support/README": "docker run --privileged x\n", "readme-vars.yml": "x: '--privileged y'\n"},
    "a web server's context": {"context.xml": '<Context antiLocking="false"\n  privileged="true" >\n</Context>\n'},
    "a policy in Jsonnet": {"psp.libsonnet": "{ spec+: {\n  privileged: true,\n  allowedCapabilities: ['NET_RAW'],\n} }\n"},
    "an orb's example": {
        "src/examples/a.yml": "description: x\nusage:\n  version: 2.1\n  jobs:\n    a:\n      steps: [setup_remote_docker]\n"
    },
    "a path in a container": {"catalog.json": '{"volumes": [{"path": "/var/run/docker.sock", "about": "the socket"}]}\n'},
    "values for a chart's tests": {"c/ci/ha-values.yaml": "a: {privileged: true}\n", "tools/lint-values.yaml": "hostPID: true\n"},
    "what a chart has no use for": {
        "values.yaml": "gitlabUrl: https://gitlab.example\nhostNetwork: true\nrunners:\n  privileged: false\n"
    },
    "an LXD profile that is not privileged": {"lxd.yaml": 'config:\n  security.privileged: "false"\n'},
    "a container of LXD that is not privileged": {"a.sh": "lxc launch x docker -c security.privileged=false # docker\n"},
    "a container of Proxmox that is not privileged": {"a.sh": "pct create 1 x --unprivileged 1 # docker\n"},
    "KCL that asks for nothing": {"a.k": "a = {securityContext = {privileged = False}}\n"},
    "Jsonnet that asks for nothing": {"a.jsonnet": "{ securityContext: { privileged: false } }\n"},
    "a variable that is off": {"host_vars/a.yml": "runner_privileged: false\n"},
    "containerd's client without privilege": {"a.sh": "ctr run -d docker.io/x:1 a\n"},
    "Dapper without privilege": {"Dockerfile.dapper": "FROM golang:1\nENV DAPPER_RUN_ARGS --tmpfs /x\n"},
    "a Terraform policy": {
        "main.tf": 'resource "kubectl_manifest" "a" {\n  yaml_body = yamlencode({\n    kind = "ClusterPolicy"\n    metadata = {\n'
        '      annotations = {"policies.kyverno.io/title" = "No SYS_ADMIN"}\n    }\n  })\n}\n'
    },
    "a firewall's group": {"main.tf": 'resource "aws_instance" "a" {\n  security_groups = [aws_security_group.docker.id]\n}\n'},
    "what somebody is entitled to": {"main.tf": 'module "a" {\n  entitlements = {docker = true}\n}\n'},
    "a module without anything": {"main.tf": 'module "a" {\n  source = "./app"\n  host_network = false\n}\n'},
    "k3d with a volume": {"up.sh": "# docker\nk3d cluster create a \\\n  --volume /srv/a:/a@server:0\n"},
    "patch that is not privileged": {
        "kustomization.yaml": "resources: [https://example.org/agent.yaml]\npatches:\n- path: agent.yaml\n",
        "agent.yaml": "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: agent}\nspec:\n  template:\n    spec:\n"
        "      containers:\n      - name: agent\n        securityContext: {privileged: false}\n",
    },
    "objects that are taken away": {
        "a.sh": "kubectl delete -f - <<EOF\nkind: Pod\napiVersion: v1\nspec: {hostPID: true, containers: []}\nEOF\n"
    },
    "Vagrant's own privileged": {"Vagrantfile": 'c.vm.provision "shell", privileged: false, inline: "id"\n'},
}  # fmt: skip


@pytest.mark.parametrize("near", NEAR)
def test_what_is_no_blind_spot(tmp_path: Path, near: str) -> None:
    write_files(tmp_path, {"compose.yaml": HARMLESS, **NEAR[near]})
    report = scan(Options(paths=(tmp_path,), root=tmp_path))
    assert not report.coverage.blind_spots
    assert not report.findings
    assert exit_code(report, Severity.LOW, strict=True) == CLEAN


def test_the_words_of_a_blind_spot_are_at_its_place(tmp_path: Path) -> None:
    write_files(tmp_path, {"a.conf": "x = 1\n  args = docker run --privileged x\n"})
    (spot,) = scan(Options(paths=(tmp_path,), root=tmp_path)).coverage.blind_spots
    assert (str(spot.span), spot.words) == ("a.conf:2:21", "--privileged")
    assert (spot.span.end_line, spot.span.end_column) == (2, 33)


def test_part_of_a_file_may_be_blind(tmp_path: Path) -> None:
    """A manifest that is understood does not cover for the document beside it."""
    write_files(
        tmp_path, {"a.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n---\nx:\n  privileged: true\n"}
    )
    (spot,) = scan(Options(paths=(tmp_path,), root=tmp_path)).coverage.blind_spots
    assert str(spot.span) == "a.yaml:6:3"


def test_a_line_with_a_finding_is_no_blind_spot(tmp_path: Path) -> None:
    """What a script runs and also writes down for later is read once; what it only writes down is not."""
    told = 'RUN="docker run --privileged x"\necho "RUN=$RUN" > saved.env\n$RUN\n'
    write_files(tmp_path, {"a.sh": told, "b.sh": told.replace("\n$RUN", "")})
    report = scan(Options(paths=(tmp_path,), root=tmp_path))
    assert [finding.span.path for finding in report.findings] == ["a.sh"]
    assert [spot.path for spot in report.coverage.blind_spots] == ["b.sh"]


@pytest.mark.parametrize(
    ("more", "asked", "blind"),
    [
        ("", "{{ .Values.image }}", False),
        ("", "{{ .Values.image }} # {{ toYaml .Values.gpio }}", True),
        ("", '{{ .Values.image }} # {{ index .Values "gpio" }}', True),
        ("dependencies: [{name: library, version: 1.0.0}]", "{{ .Values.image }}", True),
    ],
)
def test_values_that_no_template_of_a_chart_asks_for_are_no_blind_spot(
    tmp_path: Path, more: str, asked: str, blind: bool
) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "Chart.yaml").write_text(f"apiVersion: v2\nname: home\nversion: 1.0.0\n{more}\n")
    (tmp_path / "values.yaml").write_text("image: home\ngpio:\n  privileged: true\n")
    (tmp_path / "templates/pod.yaml").write_text(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: home}\nspec:\n  containers:\n    - name: home\n"
        f"      image: {asked}\n"
    )
    report = scan(Options(paths=(tmp_path,)))
    assert bool(report.coverage.blind_spots) is blind


def test_every_file_is_in_exactly_one_state(tmp_path: Path) -> None:
    write_files(
        tmp_path,
        {
            "compose.yaml": HARMLESS, "stack.yaml": "services: [\n", "a.conf": "docker run --privileged x\n", "b.conf": "x = 1\n",
            "Procfile": "a:\n    true\n", "README.md": "x\n", "ignored.yaml": HARMLESS, ".gitignore": "ignored.yaml\nout/\n",
            "out/x.yaml": HARMLESS, "node_modules/x.yaml": HARMLESS, "gone/x.yaml": HARMLESS, ".git/HEAD": "",
            "sub/.git/HEAD": "", "sub/compose.yaml": HARMLESS, ".dindguard.yaml": "exclude: [gone/]\n",
        },
    )  # fmt: skip
    (tmp_path / "link.yaml").symlink_to(tmp_path / "compose.yaml")
    os.mkfifo(tmp_path / "pipe.yaml")
    report = scan(Options(paths=(tmp_path,), root=tmp_path))
    states = {each.path: (each.state, each.what) for each in report.coverage.every()}
    assert states == {
        ".dindguard.yaml": (State.OTHER, ""),
        ".gitignore": (State.NOTHING, ""),
        "README.md": (State.OTHER, ""),
        "a.conf": (State.BLIND_SPOT, ""),
        "b.conf": (State.NOTHING, ""),
        "compose.yaml": (State.UNDERSTOOD, "compose"),
        "gone/": (State.LEFT_OUT, "excluded by the configuration"),
        "ignored.yaml": (State.LEFT_OUT, "named by an ignore file"),
        "Procfile": (State.KNOWN, "Procfile"),
        "link.yaml": (State.LEFT_OUT, "a link"),
        "node_modules/": (State.LEFT_OUT, "a folder of tools"),
        "out/": (State.LEFT_OUT, "named by an ignore file"),
        "pipe.yaml": (State.LEFT_OUT, "no regular file"),
        "stack.yaml": (State.BROKEN, states["stack.yaml"][1]),
        "sub/": (State.LEFT_OUT, "a repository of its own"),
    }
    assert report.coverage.count(State.LEFT_OUT) == 7
    assert ("named by an ignore file", 2) in report.coverage.reasons()


def test_repositories_in_a_folder_that_is_none_are_walked(tmp_path: Path) -> None:
    write_files(
        tmp_path, {"a/.git/HEAD": "", "a/compose.yaml": HARMLESS, "b/.git/HEAD": "", "b/compose.yaml": HARMLESS}
    )
    report = scan(Options(paths=(tmp_path,), root=tmp_path))
    assert report.files_read == 2


def test_a_file_of_which_a_part_is_a_blind_spot_was_read(tmp_path: Path) -> None:
    label = "services:\n  a:\n    image: x\n    labels:\n      io.balena.features.balena-socket: '1'\n"
    write_files(tmp_path, {"compose.yaml": label})
    report = scan(Options(paths=(tmp_path,), root=tmp_path))
    assert report.coverage.count(State.BLIND_SPOT) == report.files_read == 1
    write_files(
        tmp_path, {"compose.yaml": "", "x.nix": 'virtualisation.docker.extraOptions = "-H tcp://0.0.0.0:2375";\n'}
    )
    report = scan(Options(paths=(tmp_path,), root=tmp_path))
    assert (report.coverage.count(State.BLIND_SPOT), report.files_read) == (1, 0)


# -- what cannot be opened -----------------------------------------------------------------------------------------


SCAN = "from dindguard.cli import main; main()"


def without_privilege(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run as somebody whom permissions bind: root loses its two capabilities to pass them by."""

    def drop() -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
            if libc.prctl(24, capability, 0, 0, 0):  # PR_CAPBSET_DROP: what exec gives to root is bound by this set
                os._exit(99)

    return subprocess.run(
        [sys.executable, "-c", SCAN, *arguments], cwd=folder, capture_output=True, text=True, check=False,
        preexec_fn=drop if os.geteuid() == 0 else None,
    )  # fmt: skip


def test_what_cannot_be_opened_is_an_error(tmp_path: Path) -> None:
    write_files(tmp_path, {"compose.yaml": HARMLESS, "closed/compose.yaml": HARMLESS, "half/x.yaml": HARMLESS})
    (tmp_path / "closed").chmod(0)
    (tmp_path / "half/x.yaml").chmod(0)
    done = without_privilege(tmp_path, "scan", ".", "-f", "json")
    (tmp_path / "closed").chmod(0o755)
    assert done.returncode == 3, done.stderr
    report = json.loads(done.stdout)
    assert {each["path"]: each["state"] for each in report["coverage"]} == {
        "closed/": "closed", "compose.yaml": "understood", "half/x.yaml": "closed",
    }  # fmt: skip
    assert {notice["message"] for notice in report["notices"]} == {
        "this folder cannot be opened: Permission denied", "cannot be read: Permission denied",
    }  # fmt: skip


@pytest.mark.parametrize("error", [OSError(5, "Input/output error"), PermissionError(13, "Permission denied")])
def test_a_folder_that_fails_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError) -> None:
    write_files(tmp_path, {"compose.yaml": HARMLESS, "b/compose.yaml": HARMLESS})
    scandir = os.scandir

    def failing(path: str) -> object:
        if str(path).endswith("/b"):
            raise error
        return scandir(path)

    monkeypatch.setattr(working_tree.os, "scandir", failing)
    report = scan(Options(paths=(tmp_path,), root=tmp_path))
    assert report.incomplete
    assert report.coverage.of(State.CLOSED)[0].path == "b/"
    assert error.strerror in report.coverage.of(State.CLOSED)[0].what


def test_a_file_that_fails_while_it_is_read_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_files(tmp_path, {"compose.yaml": HARMLESS, "a.conf": "x"})

    def failing(path: str) -> bytes:
        raise OSError(5, "Input/output error", path)

    monkeypatch.setattr(working_tree, "_bytes_of", failing)
    report = scan(Options(paths=(tmp_path,), root=tmp_path))
    assert {each.path for each in report.coverage.of(State.CLOSED)} == {"compose.yaml", "a.conf"}


# -- the command ---------------------------------------------------------------------------------------------------


def test_the_command_prints_a_line_for_each_file(tmp_path: Path) -> None:
    write_files(tmp_path, {"compose.yaml": HARMLESS, "a.conf": "docker run --privileged x\n", "README.md": "x"})
    shown = CliRunner().invoke(cli, ["coverage", str(tmp_path)])
    assert shown.exit_code == 0
    assert [line.split() for line in shown.output.splitlines()] == [
        ["not-configuration", "README.md"],
        ["blind-spot", "a.conf:1", "says", "--privileged"],
        ["understood", "compose.yaml", "compose"],
        ["1", "blind-spot,", "1", "not-configuration,", "1", "understood"],
    ]
    told = CliRunner().invoke(cli, ["coverage", str(tmp_path), "-f", "json", "--state", "blind-spot"])
    assert json.loads(told.output)["files"] == [
        {"path": "a.conf", "state": "blind-spot", "what": "", "says": "--privileged", "line": 1, "undecided": 0}
    ]
    with pytest.raises(UserError, match="did you mean 'blind-spot'"):
        CliRunner().invoke(cli, ["coverage", "--state", "blind", str(tmp_path)], catch_exceptions=False)


# -- what Git tracks -----------------------------------------------------------------------------------------------


def repository(folder: Path, files: dict[str, str], *versions: str) -> Path:
    write_files(folder, files)
    for arguments in (["init", "-q"], *(["config", "index.version", each] for each in versions), ["add", "-f", "."]):
        subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)
    return folder


MANY = {f"folder-{n % 7}/some/deeper/file-{n:03}.yaml": "a: b\n" for n in range(200)}


@pytest.mark.parametrize("version", ["2", "3", "4"])
def test_the_index_is_read_as_git_reads_it(tmp_path: Path, version: str) -> None:
    repository(tmp_path, {**MANY, "ä b.yaml": "x", "x": "y"}, version)
    if version == "3":  # an entry with a further flag makes Git write this version
        (tmp_path / "later").write_text("x")
        subprocess.run(["git", "add", "-N", "later"], cwd=tmp_path, check=True)
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert list(tracked(str(tmp_path))) == listed.stdout.split("\0")[:-1]


def test_the_index_of_a_worktree_is_found(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"a.yaml": "x"})
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run(["git", *who, "commit", "-qm", "x"], cwd=root, check=True)
    subprocess.run(["git", "worktree", "add", "-q", "../w"], cwd=root, check=True, capture_output=True)
    assert list(tracked(str(tmp_path / "w"))) == ["a.yaml"]


@pytest.mark.parametrize("cut", [0, 3, 11, 12, 40, 73, 100, 200])
def test_a_damaged_index_tells_what_it_can(tmp_path: Path, cut: int) -> None:
    repository(tmp_path, MANY, "4")
    index = tmp_path / ".git/index"
    index.write_bytes(index.read_bytes()[:cut])
    assert len(list(tracked(str(tmp_path)))) <= 3
    index.write_bytes(b"DIRC" + b"\xff" * 5000)
    assert list(tracked(str(tmp_path))) == []
    index.write_bytes(b"DIRC\0\0\0\4\xff\xff\xff\xff" + b"\x80" * 5000)
    assert list(tracked(str(tmp_path))) == []


def test_tracked_files_that_are_ignored_are_told(tmp_path: Path) -> None:
    files = {
        "compose.yaml": HARMLESS,
        "gen/compose.yaml": HARMLESS,
        "x.yaml": "a: b\n",
        "gen/app.js": "x",
        ".gitignore": "gen/\nx.yaml\n",
    }
    repository(tmp_path, files)
    (tmp_path / "gen/untracked.yaml").write_text(HARMLESS)
    report = scan(Options(paths=(tmp_path,), root=tmp_path))
    (notice,) = report.notices
    assert notice.message == (
        "2 files that Git tracks were not looked at, because an ignore rule names them: gen/compose.yaml, x.yaml"
    )
    assert not scan(Options(paths=(tmp_path,), root=tmp_path, untrusted=True)).notices


def test_of_tests_that_are_ignored_though_tracked_those_that_say_something_dangerous_are_told(tmp_path: Path) -> None:
    """As below a ``.gitignore`` that means the program of a name and takes the folder of that name away, too."""
    files = {
        "test/config/manager/manager.yaml": "services: {a: {image: a, privileged: true}}\n",
        "test/config/manager/kustomization.yaml": HARMLESS,
        "test/.gitignore": "manager\n",
    }
    repository(tmp_path, files)
    (notice,) = scan(Options(paths=(tmp_path,), root=tmp_path)).notices
    assert notice.message == (
        "a file that Git tracks was not looked at, because an ignore rule names it: test/config/manager/manager.yaml"
    )


@pytest.mark.parametrize("name", ["run.sh", "bin/start"])
def test_a_script_with_a_null_byte_is_named(tmp_path: Path, name: str) -> None:
    """A shell runs it all the same."""
    write_files(tmp_path, {name: "#!/bin/sh\ndocker run --privileged x\n\0\n", "x.bin": "docker\0"})
    report = scan(Options(paths=(tmp_path,), root=tmp_path))
    (left,) = report.coverage.of(State.LEFT_OUT)
    assert (left.path, left.what.partition(",")[0]) == (name, "binary")


def test_a_baseline_is_no_blind_spot_wherever_it_lies_and_hides_nothing(tmp_path: Path) -> None:
    known = '{"version": 2, "findings": [{"rule": "unauthenticated-engine-api", "file": "x", "at": "tcp://0.0.0.0:2375"}]}'
    files = {"compose.yaml": HARMLESS, "ci/known.json": known, ".dindguard.yaml": "baseline: ci/known.json\n"}
    write_files(tmp_path, files)
    options = Options(paths=(tmp_path,), root=tmp_path, without_baseline=True)
    assert scan(options).coverage.blind_spots == ()
    write_files(tmp_path, {"ci/known.json": '{"services": {"a": {"image": "a", "privileged": true}}}'})
    assert [finding.rule.id for finding in scan(options).findings] == ["privileged-container"]


KINDS = {"text": "txt", "concise": "log", "github": "log", "markdown": "md", "html": "html", "junit": "xml"}


@pytest.mark.parametrize("form", sorted(reports.FORMATS))
def test_a_report_in_the_tree_says_nothing_new(tmp_path: Path, form: str) -> None:
    """Whoever writes reports beside the code scans them the next time: they quote, and run nothing."""
    write_files(tmp_path, {"compose.yaml": "services: {a: {image: a, privileged: true, command: dockerd}}"})
    options = Options(paths=(tmp_path,), root=tmp_path)
    before = scan(options)
    file = tmp_path / f"report.{KINDS.get(form, 'json')}"
    assert CliRunner().invoke(cli, ["scan", str(tmp_path), "-f", form, "-o", str(file)]).exit_code == 1
    after = scan(options)
    assert [each.span for each in after.findings] == [each.span for each in before.findings]
    assert after.coverage.blind_spots == ()


def test_a_model_in_the_tree_says_nothing_new(tmp_path: Path) -> None:
    write_files(tmp_path, {"compose.yaml": "services: {a: {image: a, privileged: true}}"})
    shown = CliRunner().invoke(cli, ["model", str(tmp_path), "-f", "json"]).stdout
    (tmp_path / "model.json").write_text(shown, "utf-8")
    assert [each.span.path for each in scan(Options(paths=(tmp_path,), root=tmp_path)).findings] == ["compose.yaml"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("package.json", '{"bomFormat": "CycloneDX", "scripts": {"a": "docker run --privileged x"}}'),
        ("a.json", '{"services": {"a": {"image": "a", "privileged": true}}, "tool": {"name": "dindguard"}}'),
        ("a.json", '{"x-a": {"bomFormat": "CycloneDX"}, "services": {"a": {"image": "a", "privileged": true}}}'),
        ("a.json", '{"tool": {"name": "other"}, "services": {"a": {"image": "a", "privileged": true}}}'),
    ],
)
def test_nothing_hides_as_a_report(tmp_path: Path, name: str, text: str) -> None:
    write_files(tmp_path, {name: text})
    found = scan(Options(paths=(tmp_path,), root=tmp_path)).findings
    assert [each.rule.id for each in found] == ["privileged-container"]
