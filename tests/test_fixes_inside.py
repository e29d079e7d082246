"""Fixes in documents inside of files: written as the document is written there, or refused with the reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from dindguard.fixes.mending import Mended, mend
from dindguard.scanning import Options

CONFIG_MAP = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: engine}
data:
  daemon.json: |
    {
      "mtu": 1400,
      "storage-driver": "aufs"
    }
  other: kept
"""
CLOUD_INIT = """\
#cloud-config
write_files:
  - path: /etc/docker/daemon.json
    content: |
      {
        "storage-driver": "aufs"
      }
runcmd:
  - systemctl restart docker
"""
ENTITLEMENTS = 'insecure-entitlements = ["network.host", "security.insecure"]'
BUILDKIT = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: builds}
data:
  settings: |
    # what builds may do
    ENTITLEMENTS

    [worker.oci]
      enabled = true
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: builds}
spec:
  template:
    spec:
      containers:
        - name: builds
          image: moby/buildkit:v0.31.1
          securityContext: {privileged: true}
          volumeMounts: [{name: settings, mountPath: /etc/buildkit}]
      volumes:
        - name: settings
          configMap: {name: builds, items: [{key: settings, path: buildkitd.toml}]}
""".replace("ENTITLEMENTS", ENTITLEMENTS)
SCRIPT = """\
#!/bin/sh
if true; then
cat <<'END' > /etc/docker/daemon.json
{
  "storage-driver": "devicemapper", "mtu": 1400
}
END
fi
"""
TABS = """\
FROM docker:29.10.0-dind
RUN <<END
cat > /etc/docker/daemon.json <<-'X'
\t{
\t\t"mtu": 1400,
\t\t"storage-driver": "aufs"
\t}
\tX
END
"""
PRINTED = """echo '{"storage-driver": "aufs", "mtu": 1400}' > /etc/docker/daemon.json\n"""
IN_CLOUD_INIT = """\
#cloud-config
runcmd:
  - |
    cat > /etc/docker/daemon.json <<END
    {"mtu": 1400, "storage-driver": "aufs"}
    END
"""
COMPOSE = """\
services:
  dind:
    image: docker:29.10.0-dind
    configs: [{source: engine, target: /etc/docker/daemon.json}]
configs:
  engine:
    content: |
      {
        "mtu": 1400
      }
"""
IN_THE_IMAGE = """\
FROM docker:29.10.0-dind
COPY <<END /etc/docker/daemon.json
{
  "mtu": 1400
}
END
RUN true
"""

DRIVER, ENTITLEMENT, LOGS = "removed-storage-driver", "insecure-build-entitlement", "unbounded-container-logs"
LIMITS = '"log-opts": {"max-size": "10m", "max-file": "3"}'

CASES = {
    "ConfigMap": ("map.yaml", CONFIG_MAP, DRIVER, ',\n      "storage-driver": "aufs"', ""),
    "cloud-init": ("user-data", CLOUD_INIT, DRIVER, '        "storage-driver": "aufs"\n', ""),
    "TOML": ("map.yaml", BUILDKIT, ENTITLEMENT, f"    {ENTITLEMENTS}\n", ""),
    "here-document": ("setup.sh", SCRIPT, DRIVER, '"storage-driver": "devicemapper", ', ""),
    "here-document with tabs": ("Dockerfile", TABS, DRIVER, ',\n\t\t"storage-driver": "aufs"', ""),
    "single quotes": ("setup.sh", PRINTED, DRIVER, '"storage-driver": "aufs", ', ""),
    "here-document in cloud-init": ("user-data", IN_CLOUD_INIT, DRIVER, ', "storage-driver": "aufs"', ""),
    "Compose": ("compose.yaml", COMPOSE, LOGS, '"mtu": 1400', f'"mtu": 1400,\n        {LIMITS}'),
    "COPY": ("Dockerfile", IN_THE_IMAGE, LOGS, '"mtu": 1400', f'"mtu": 1400,\n  {LIMITS}'),
}


def mended(folder: Path, name: str, text: str, rule: str) -> Mended:
    (folder / name).write_text(text, "utf-8")
    return mend(Options(paths=(folder,), root=folder), unsafe=True, select=(rule,))


@pytest.mark.parametrize(("name", "text", "rule", "old", "new"), CASES.values(), ids=CASES)
def test_what_stands_there_as_it_is_is_changed(
    name: str, text: str, rule: str, old: str, new: str, tmp_path: Path
) -> None:
    assert text.count(old) == 1
    result = mended(tmp_path, name, text, rule)
    assert not result.refused
    assert result.texts == {name: text.replace(old, new)}


ENCODED = CLOUD_INIT.replace(
    'content: |\n      {\n        "storage-driver": "aufs"\n      }\n',
    "encoding: b64\n    content: eyJzdG9yYWdlLWRyaXZlciI6ICJhdWZzIn0K\n",
)
FOLDED = CONFIG_MAP.replace("daemon.json: |", "daemon.json: >").replace("      ", "    ")
ESCAPED = """echo "{\\"storage-driver\\": \\"aufs\\"}" > /etc/docker/daemon.json\n"""
QUOTED = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  daemon.json: "{\\"storage-driver\\": \\"aufs\\"}"\n'

PUT_TOGETHER = {
    "base64": ("user-data", ENCODED),
    "folded lines": ("map.yaml", FOLDED),
    "escapes of a shell": ("setup.sh", ESCAPED),
    "escapes of YAML": ("map.yaml", QUOTED),
}


@pytest.mark.parametrize(("name", "text"), PUT_TOGETHER.values(), ids=PUT_TOGETHER)
def test_what_is_written_otherwise_is_left_alone_and_said(name: str, text: str, tmp_path: Path) -> None:
    result = mended(tmp_path, name, text, DRIVER)
    assert not result.texts
    assert [each.why for each in result.refused] == [
        "the document inside is encoded, escaped or put together: its characters are not those of the file"
    ]


def test_no_quote_is_put_into_quotes(tmp_path: Path) -> None:
    """``log-opts`` needs no single quote, and JSON in a single-quoted scalar may have it."""
    text = COMPOSE.replace('|\n      {\n        "mtu": 1400\n      }', "'{\"mtu\": 1400}'")
    result = mended(tmp_path, "compose.yaml", text, LOGS)
    assert result.texts["compose.yaml"] == text.replace("1400}", f"1400, {LIMITS}}}")
