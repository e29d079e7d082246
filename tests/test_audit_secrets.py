"""Where secrets stand in what an engine or a cluster shows: none is saved, none is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import live
from dindguard.cli import cli
from dindguard.reports import FORMATS
from test_audit_docker import Api, here, use

__all__ = ["here"]
S = "hunter2-hunter2"
BODY = "\n".join(("hunter2hunter2" * 5)[:64] for _ in range(12))
LINES = {  # as one text
    "option with equals": f"tool --token={S}",
    "option and value": f"tool --password {S}",
    "lower-case variable": f"db_password={S} tool",
    "upper-case variable": f"DB_PASSWORD={S} tool",
    "pipe": f"echo {S} | docker login -u me --password-stdin registry",
    "pipe, quoted": f"echo '{S}' | docker login --password-stdin",
    "pipe, printf": f"printf '%s' \"{S}\" | docker login --password-stdin",
    "pipe, echo -n": f"echo -n {S} | docker login --password-stdin",
    "here-string": f"docker login -u me --password-stdin registry <<< {S}",
    "here-string, quoted": f'docker login --password-stdin registry <<<"{S}"',
    "docker login -p": f"docker login -u me -p {S} registry",
    "build argument": f"docker build --build-arg NPM_TOKEN={S} .",
    "url": f"git clone https://me:{S}@host/x",
    "database url": f"tool postgres://me:{S}@db/x",
    "header": f"curl -H 'Authorization: Bearer {S}' http://x",
    "json": '{"password":"' + S + '"}',
    "yaml": f"cat <<E\npassword: {S}\nE",
    "private key": f"-----BEGIN RSA PRIVATE KEY-----\n{BODY}\n-----END RSA PRIVATE KEY-----",
    "private key without an end": f"-----BEGIN PRIVATE KEY-----\n{BODY}",
    "java": f"java -Ddb.password={S} x",
}
WORDS = {  # as arguments, one by one
    "password": ["tool", "--password", S],
    "credentials": ["tool", "--credentials", S],
    "login key": ["tool", "--login-key", S],
    "pw": ["tool", "--db-pw", S],
    "api key": ["tool", "--api-key", S],
    "client secret": ["tool", "--client-secret", S],
    "passphrase": ["tool", "--passphrase", S],
    "one dash": ["tool", "-password", S],
    "redis": ["redis-server", "--requirepass", S],
    "redis-cli": ["redis-cli", "-a", S],
    "mysql": ["mysql", f"-p{S}"],
    "mysql by path": ["/usr/bin/mysqldump", f"-p{S}"],
    "sshpass": ["sshpass", f"-p{S}", "ssh"],
    "sshpass, two words": ["sshpass", "-p", S, "ssh"],
    "curl -u": ["curl", "-u", f"me:{S}", "http://x"],
    "curl -u, one word": ["curl", f"-ume:{S}", "http://x"],
    "user": ["curl", "--user", f"me:{S}"],
    "script": ["sh", "-c", f"echo {S} | docker login --password-stdin"],
}
CERTAINLY_KEPT = {
    "a path": ["dockerd", "--tlskey", "/certs/server/key.pem"],
    "a reference": ["tool", "--password", "$PASSWORD"],
    "an address": ["dockerd", "--host", "tcp://0.0.0.0:2375"],
    "a user without a password": ["tool", "--user", "1000"],
    "a user and a group": ["tool", "--name", "1000:1000"],
    "docker -p": ["docker", "run", "-p", "80:80"],
    "a directory of authority": ["dockerd", "--tlscacert", "/certs/ca.pem"],
}


def placements() -> dict[str, dict[str, Any]]:
    """Each form at each place of an inspected container where somebody could write it."""
    found: dict[str, dict[str, Any]] = {}
    for name, line in LINES.items():
        found[f"{name} in Cmd"] = {"Cmd": ["sh", "-c", line]}
        found[f"{name} in Entrypoint"] = {"Entrypoint": ["sh", "-c", line], "Cmd": []}
        found[f"{name} in Healthcheck"] = {"Healthcheck": {"Test": ["CMD-SHELL", line]}}
        found[f"{name} as one text"] = {"Cmd": line}  # as Podman shows it
    for name, words in WORDS.items():
        found[f"{name} in Cmd"] = {"Cmd": words}
        found[f"{name} in Entrypoint"] = {"Entrypoint": words, "Cmd": []}
        found[f"{name} in Healthcheck"] = {"Healthcheck": {"Test": ["CMD", *words[:1], *words[1:]]}}
    for name in ("DB_PASSWORD", "token", "anything", "pw", "NPM_TOKEN", "DOCKER_AUTH_CONFIG", "HTTPS_PROXY"):
        found[f"variable {name}"] = {"Env": [f"{name}=http://me:{S}@x"]}
    found["variable DOCKER_HOST"] = {"Env": [f"DOCKER_HOST=tcp://me:{S}@docker:2376"]}
    found["label"] = {"Labels": {"traefik.auth": S}}
    found["label of Compose"] = {"Labels": {"com.docker.compose.password": S}}
    found["address in a label of Compose"] = {
        "Labels": {"com.docker.compose.project.working_dir": f"https://me:{S}@git.example/x"}
    }
    found["name of the host"] = {"Hostname": f"http://me:{S}@x"}
    return found


PLACEMENTS = placements()

OF_A_CONTAINER: dict[str, dict[str, Any]] = {  # beside its configuration
    "option of a mount's driver": {
        "Mounts": [{**live.volume("nas", "/nas"), "DriverOptions": {"password": S}, "Options": [f"password={S}"]}]
    },
    "source of a mount": {"Mounts": [live.bind(f"https://me:{S}@nas/x", "/nas")]},
    "mode of a mount": {"Mounts": [live.bind("/nas", "/nas", mode=f"rw,password={S}")]},
    "mount that was asked for": {
        "HostConfig": {
            "Mounts": [{"Type": "volume", "VolumeOptions": {"DriverConfig": {"Options": {"o": f"password={S}"}}}}]
        }
    },
    "bind that was asked for": {"HostConfig": {"Binds": [f"//me:{S}@nas/x:/nas"]}},
    "option of a tmpfs": {"HostConfig": {"Tmpfs": {"/run": f"size=1m,password={S}"}}},
    "log option": {"HostConfig": {"LogConfig": {"Type": "splunk", "Config": {"splunk-token": S}}}},
    "address in a log option": {"HostConfig": {"LogConfig": {"Type": "gelf", "Config": {"a": f"tcp://me:{S}@x"}}}},
    "storage option": {"HostConfig": {"StorageOpt": {"password": S}}},
    "annotation": {"HostConfig": {"Annotations": {"token": S}}},
    "system control": {"HostConfig": {"Sysctls": {"net.password": S}}},
    "option of a device request": {"HostConfig": {"DeviceRequests": [{"Driver": "x", "Options": {"token": S}}]}},
    "security option": {"HostConfig": {"SecurityOpt": [f"credentialspec=password={S}"]}},
    "profile in a security option": {"HostConfig": {"SecurityOpt": ['seccomp={"comment": "' + S + '"}']}},
    "option of a network": {"NetworkSettings": {"Networks": {"builds": {"DriverOpts": {"token": S}}}}},
    "log of a health check": {"State": {"Status": "running", "Health": {"Log": [{"Output": S}]}}},
    "error of a state": {"State": {"Status": "exited", "Error": f"password={S}"}},
    "arguments": {"Path": "tool", "Args": ["--password", S]},
}
OF_AN_ENGINE: dict[str, dict[str, Any]] = {  # what it says of itself
    "proxy": {"HttpsProxy": f"http://me:{S}@proxy"},
    "label of an engine": {"Labels": [f"password={S}"]},
    "plugin": {"Plugins": {"Log": [{"Name": "x", "Settings": {"Env": [f"TOKEN={S}"]}}]}},
    "mirror": {"RegistryConfig": {"Mirrors": [f"https://me:{S}@mirror"], "IndexConfigs": {
        "docker.io": {"Name": "docker.io", "Mirrors": [f"https://me:{S}@mirror/"], "Secure": True}}}},
    "warning": {"Warnings": [f"the mirror https://me:{S}@mirror is not reachable"]},
    "swarm": {"Swarm": {"Cluster": {"JoinTokens": {"Worker": S}}}},
    "status of a driver": {"DriverStatus": [["Endpoint", f"https://me:{S}@store"]]},
}  # fmt: skip
VOLUMES: dict[str, dict[str, str]] = {
    "cifs": {"type": "cifs", "device": "//nas/x", "o": f"addr=nas,username=me,password={S}"},
    "cifs, other case": {"type": "cifs", "device": "//nas/x", "o": f"Password={S}"},
    "cifs, second password": {"type": "cifs", "device": "//nas/x", "o": f"password2={S},rw"},
    "credentials": {"type": "cifs", "device": "//nas/x", "o": f"cred={S}"},
    "domain": {"type": "cifs", "device": "//nas/x", "o": f"domain={S}"},
    "address": {"device": f"https://me:{S}@dav/x", "type": "davfs"},
    "ceph": {"type": "ceph", "device": "a:/", "o": f"name=admin,secret={S}"},
    "sshfs": {"sshcmd": f"me:{S}@host:/x", "password": S},
    "rclone": {"s3-secret-access-key": S},
}
NETWORKS: dict[str, dict[str, Any]] = {
    "option": {"Options": {"com.example.token": S}},
    "address management": {"IPAM": {"Driver": "infoblox", "Options": {"password": S}, "Config": [
        {"Subnet": "10.0.0.0/24", "AuxiliaryAddresses": {"x": S}}]}},
    "label": {"Labels": {"token": S}},
}  # fmt: skip


def test_there_are_enough() -> None:
    assert len(PLACEMENTS) >= 120


def plain(text: str) -> bool:
    return S in text or S.replace("-", "") in text


def test_no_placement_is_saved_or_said(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All in one engine: containers that are privileged, so that each has findings that could quote it."""
    made = [live.dind(f"c{number}", Config=config) for number, config in enumerate(PLACEMENTS.values())]
    audited(Api(*made), here, monkeypatch)
    saved = json.loads((here / "saved.json").read_text())
    leaking = [
        name
        for name, container in zip(PLACEMENTS, sorted(saved["containers"], key=number_of), strict=True)
        if plain(json.dumps(container))
    ]
    assert leaking == []


def audited(api: Api, here: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return what an audit saves; no report of it says a secret."""
    use(monkeypatch, api)
    for form in FORMATS:
        result = CliRunner().invoke(
            cli, ["audit", "docker", "-f", form, "--profile", "all", "-v", "--save", "saved.json"]
        )
        assert result.exit_code == 1, result.output
        assert not plain(result.output), form
    return (here / "saved.json").read_text()


@pytest.mark.parametrize("name", OF_A_CONTAINER)
def test_what_an_inspected_container_says_beside_its_configuration(
    name: str, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes = json.loads(json.dumps(OF_A_CONTAINER[name]))
    assert plain(json.dumps(changes))
    assert not plain(audited(Api(live.dind("it", **changes)), here, monkeypatch))


@pytest.mark.parametrize("name", OF_AN_ENGINE)
def test_what_an_engine_says_of_itself(name: str, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not plain(audited(Api(live.dind("it"), info=live.info(**OF_AN_ENGINE[name])), here, monkeypatch))


@pytest.mark.parametrize("name", VOLUMES)
def test_what_a_volume_is_made_of(name: str, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    api = Api(live.dind("it", Mounts=[live.volume("nas", "/var/lib/docker")]))
    volume = {"Name": "nas", "Mountpoint": "/m", "Driver": "x", "Options": VOLUMES[name], "Status": {"password": S}}
    monkeypatch.setattr(api, "volumes", lambda: {"Volumes": [volume]})
    saved = audited(api, here, monkeypatch)
    assert not plain(saved)
    assert json.loads(saved)["volumes"][0]["Options"].get("type") == VOLUMES[name].get("type")


@pytest.mark.parametrize("name", NETWORKS)
def test_what_a_network_is_made_of(name: str, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    api = Api(live.dind("it"))
    monkeypatch.setattr(api, "networks", lambda: [{"Name": "builds", "Driver": "bridge", **NETWORKS[name]}])
    assert not plain(audited(api, here, monkeypatch))


def test_what_volumes_and_networks_are_judged_by_is_kept() -> None:
    from dindguard.audit.snapshot import _network, _volume
    from dindguard.cli.audited import redaction

    options = {"type": "none", "device": "/srv/data", "o": "bind,rw"}
    volume = {"Name": "a", "Driver": "local", "Mountpoint": "/m", "Options": options}
    assert _volume(volume, redaction()) == volume
    network = {"Name": "a", "Driver": "bridge", "Internal": True, "IPAM": {"Config": [{"Subnet": "10.0.0.0/24"}]}}
    assert _network(network) == network


def number_of(container: dict[str, Any]) -> int:
    return int(container["Name"].removeprefix("/c"))


@pytest.mark.parametrize("name", CERTAINLY_KEPT)
def test_what_rules_need_is_kept(name: str) -> None:
    from dindguard.cli.audited import redaction

    assert redaction().words(CERTAINLY_KEPT[name]) == CERTAINLY_KEPT[name]


def pod(**spec: Any) -> dict[str, Any]:
    return {"kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "x", **spec}]}}


def annotated(**annotations: str) -> dict[str, Any]:
    return {"kind": "Pod", "metadata": {"name": "p", "annotations": annotations}, "spec": {"containers": []}}


OF_A_CLUSTER: dict[str, dict[str, Any]] = {
    "variable": pod(env=[{"name": "anything", "value": S}]),
    "variable that may be shown": pod(env=[{"name": "DOCKER_HOST", "value": f"tcp://me:{S}@docker:2376"}]),
    "hook": pod(lifecycle={"postStart": {"exec": {"command": ["tool", "--password", S]}}}),
    "header of a hook": pod(lifecycle={"preStop": {"httpGet": {"httpHeaders": [{"name": "X-Api-Key", "value": S}]}}}),
    "probe": pod(livenessProbe={"exec": {"command": ["redis-cli", "-a", S]}}),
    "header of a probe": pod(readinessProbe={"httpGet": {"httpHeaders": [
        {"name": "Authorization", "value": f"Basic {S}"}]}}),
    "path of a probe": pod(startupProbe={"httpGet": {"path": f"/health?token={S}"}}),
    "annotation": annotated(password=S),
    "address in an annotation": annotated(repository=f"https://me:{S}@git.example/x"),
    "JSON in an annotation": annotated(config='{"password": "' + S + '"}'),
    "copy of itself": annotated(**{"kubectl.kubernetes.io/last-applied-configuration": S}),
    "copy in a template": {"kind": "Deployment", "metadata": {"name": "d"}, "spec": {"template": {"metadata": {
        "annotations": {"kubectl.kubernetes.io/last-applied-configuration": S}}}}},
    "label": {"kind": "Pod", "metadata": {"name": "p", "labels": {"a": "ghp_" + S.replace("-", "") * 3}}},
    "attributes of a driver": {"kind": "PersistentVolume", "metadata": {"name": "v"}, "spec": {"csi": {
        "driver": "smb", "volumeAttributes": {"password": S, "source": f"https://me:{S}@nas/x"}}}},
    "options of a flexible volume": {"kind": "Pod", "metadata": {"name": "p"}, "spec": {"volumes": [
        {"name": "v", "flexVolume": {"driver": "x/cifs", "options": {"mountOptions": f"password={S}"}}}]}},
    "options of a mount": {"kind": "PersistentVolume", "metadata": {"name": "v"}, "spec": {
        "mountOptions": ["vers=3.0", f"password={S}"]}},
    "parameters": {"kind": "Job", "metadata": {"name": "j"}, "spec": {"parameters": [{"name": "token", "value": S}]}},
    "status": {"kind": "Pod", "metadata": {"name": "p"}, "status": {"message": S}},
    "arguments of an init container": {"kind": "Pod", "metadata": {"name": "p"}, "spec": {"initContainers": [
        {"name": "i", "command": ["mysql"], "args": [f"-p{S}"]}]}},
}  # fmt: skip


@pytest.mark.parametrize("name", OF_A_CLUSTER)
def test_an_object_of_a_cluster_shows_none(name: str) -> None:
    from dindguard.audit.kubernetes import _object
    from dindguard.cli.audited import redaction

    assert plain(json.dumps(OF_A_CLUSTER[name]))
    assert not plain(json.dumps(_object(OF_A_CLUSTER[name], redaction())))


def test_what_a_cluster_is_judged_by_is_kept() -> None:
    from dindguard.audit.kubernetes import _object
    from dindguard.cli.audited import redaction

    kept = {
        "kind": "Pod",
        "metadata": {"name": "login", "namespace": "auth", "labels": {"auth": "one", "app": "token"}},
        "spec": {
            "nodeSelector": {"login": "yes"},
            "automountServiceAccountToken": False,
            "imagePullSecrets": [{"name": "registry"}],
            "volumes": [
                {"name": "s", "secret": {"secretName": "docker-certs", "items": [{"key": "password", "path": "pw"}]}},
                {"name": "sock", "hostPath": {"path": "/var/run/docker.sock", "type": "Socket"}},
            ],
            "containers": [
                {
                    "name": "c",
                    "image": "example.org/login:1.2",
                    "env": [{"name": "DOCKER_HOST", "value": "tcp://docker:2376"}],
                    "securityContext": {"privileged": True},
                    "volumeMounts": [{"name": "sock", "mountPath": "/var/run/docker.sock"}],
                }
            ],
        },
    }
    assert _object(kept, redaction()) == kept


def test_a_cluster_shows_none_either() -> None:
    from dindguard.audit.kubernetes import _object
    from dindguard.cli.audited import redaction

    for words in (*WORDS.values(), *(["sh", "-c", line] for line in LINES.values())):
        pod = {
            "kind": "Pod",
            "metadata": {"name": "p"},
            "spec": {"containers": [{"name": "c", "command": words, "args": words}]},
        }
        assert not plain(json.dumps(_object(pod, redaction()))), words
