"""Which containers a script starts several times over, so that their copies run beside each other."""

from __future__ import annotations

import pytest

from dindguard.scripts.commands import commands
from dindguard.scripts.meaning import script_model
from dindguard.source import Source

RUN = "docker run -d alpine"
SCRIPTS = [
    (f"for i in 1 2 3; do {RUN}; done", [3]),
    (f"for i in 1 2; do\n  sudo A=b {RUN} \\\n  sh\ndone", [2]),
    (f"for i in {{1..4}}; do {RUN}; done", [4]),
    (f"for i in $(seq 3); do {RUN}; done", [3]),
    (f"for i in $(seq 2 3); do {RUN}; done", [2]),
    ("for i in 1 2; do docker run --detach --name a-$i alpine; done", [2]),
    ("for i in 1 2; do docker run alpine & done", [2]),
    (f"f() {{ for i in 1 2; do {RUN}; done; }}\nf", [2]),
    (f"for i in 1 2; do for j in 3 4 5; do {RUN}; done; done", [3]),
    (f"for i in 1 2; do {RUN}; docker ps; done\n{RUN}", [2, None]),
    (RUN, [None]),
    (f"for i in 1; do {RUN}; done", [None]),
    (f"for i in {{3..3}}; do {RUN}; done", [None]),
    (f"for i in $WORDS; do {RUN}; done", [None]),
    (f"for i; do {RUN}; done", [None]),
    (f"while true; do {RUN}; done", [None]),
    ("for i in 1 2; do docker run alpine; done", [None]),
    ("for i in 1 2; do docker run -d --name a alpine; done", [None]),
    (f"for i in 1 2; do ssh $i {RUN}; done", [None]),
    (f"for i in 1 2; do {RUN} && break; done", [None]),
    (f"for i in 1 2; do if {RUN}; then break; fi; done", [None]),
    (f"for i in 1 2; do {RUN}; docker stop a; done", [None]),
    (f"for i in 1 2; do {RUN}; docker container rm -f a; done", [None]),
    (f"for i in 1 2; do {RUN}; sudo docker rm -f a; done", [None]),
    (f"for i in 1 2; do [ -f $i ] && {RUN}; done", [None]),
    (f"for i in 1 2; do if [ -f $i ]; then {RUN}; fi; done", [None]),
]


@pytest.mark.parametrize(("script", "counts"), SCRIPTS)
def test_how_often_a_loop_starts_a_container(script: str, counts: list[int | None]) -> None:
    source = Source("start.sh", f"#!/bin/bash\n{script}\n")
    found = script_model(commands(source), source, None).workloads
    replicas = [each.replicas for workload in found for each in workload.containers]
    assert [each.count if each is not None else None for each in replicas] == counts


def test_what_a_loop_goes_over_is_told_where_it_stands() -> None:
    source = Source("start.sh", f"#!/bin/sh\nfor i in a b; do\n  {RUN}\ndone\n")
    [workload] = script_model(commands(source), source, None).workloads
    [container] = workload.containers
    assert container.replicas is not None
    assert str(container.replicas.span) == "start.sh:2:10"
