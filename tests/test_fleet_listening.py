"""The cluster inside the command is for the command alone: nothing of it can be reached from another machine."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytest.importorskip("distributed", reason="the extra 'fleet' is not installed: pip install 'dindguard[fleet]'")

SCRIPT = """
import psutil
from dindguard.fleet.cluster import local

with local(1):
    for each in psutil.Process().net_connections(kind="inet"):
        if each.status == psutil.CONN_LISTEN:
            print(each.laddr.ip)
"""


def test_the_cluster_of_one_machine_listens_on_loopback_alone() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= {"127.0.0.1", "::1"}
    assert "Port" not in done.stderr
