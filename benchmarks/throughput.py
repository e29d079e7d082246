"""What a scan of a large tree costs, against walking the same tree and reading the same files.

``python benchmarks/throughput.py [FILES] [REPETITIONS]`` makes a tree (one file in ten is ours: Compose, Kubernetes, GitLab
CI, Dockerfiles, scripts; the others are source code and data), and prints times and ratios of one run.
"""

from __future__ import annotations

import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

OURS = {
    "{n}/compose.yaml": "services:\n" + "".join(
        f"  s{i}:\n    image: docker:29-dind\n    privileged: true\n    environment: {{A: b, DOCKER_TLS_CERTDIR: /certs}}\n"
        f"    volumes:\n      - data{i}:/var/lib/docker\n      - /srv/{i}:/data:ro\n" for i in range(8)),
    "{n}/deploy.yaml": "---\n".join(
        f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: d{i}}}\nspec:\n  template:\n    spec:\n      containers:\n"
        f"        - name: c\n          image: example/app:1.{i}\n          securityContext: {{privileged: false}}\n"
        for i in range(8)),
    "{n}/.gitlab-ci.yml": "".join(
        f"job{i}:\n  image: docker:29\n  services: ['docker:29-dind']\n  script:\n    - docker build .\n    - docker push x\n"
        for i in range(8)),
    "{n}/Dockerfile": "FROM debian:13\n" + "".join(f"RUN apt-get update && apt-get install -y p{i}\n" for i in range(20)),
    "{n}/build.sh": "#!/bin/sh\nset -e\n" + "".join(f"docker run --rm -v \"$PWD:/src\" image{i} make\n" for i in range(20)),
}  # fmt: skip
OTHERS = {
    "{n}/module.py": "def function(argument):\n    return argument + 1\n\n\n" * 60,
    "{n}/data.json": '{"key": "value", "list": [1, 2, 3]}\n' * 80,
    "{n}/values.yaml": "key:\n  nested: value\n  list: [a, b, c]\n" * 60,
    "{n}/README.md": "Some words about something else.\n" * 80,
}


def make_tree(root: Path, files: int) -> int:
    """Write the files and return their bytes."""
    chance = random.Random(1)
    total = 0
    for number in range(files):
        ours = number % 10 == 0
        name, text = chance.choice(list((OURS if ours else OTHERS).items()))
        path = root / f"f{number // 50}" / name.format(n=number)
        path.parent.mkdir(parents=True, exist_ok=True)
        total += path.write_text(text, encoding="utf-8")
    return total


def walk_and_read(root: str) -> None:
    for folder, _, names in os.walk(root):
        for name in names:
            Path(folder, name).read_bytes()


def main() -> None:
    files = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    repetitions = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    reading: list[float] = []
    scanning: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        size = make_tree(Path(folder), files)
        command = [sys.executable, "-m", "dindguard", "scan", "--exit-zero", "-o", os.devnull, folder]
        for _ in range(repetitions):
            start = time.perf_counter()
            walk_and_read(folder)
            reading.append(time.perf_counter() - start)
            start = time.perf_counter()
            subprocess.run(command, cwd=folder, check=True, capture_output=True)
            scanning.append(time.perf_counter() - start)
    print(
        f"{files} files, {size / 1e6:.1f} MB, one in ten ours, {repetitions} repetitions in turn, load {os.getloadavg()[0]:.1f}"
    )
    for name, taken in (("walk and read", reading), ("dindguard scan", scanning)):
        print(f"{name:16} min {min(taken):6.3f} s  median {statistics.median(taken):6.3f} s")
    least, middle = min(scanning) / min(reading), statistics.median(scanning) / statistics.median(reading)
    print(f"scan against reading: min {least:.1f} x  median {middle:.1f} x  {size / 1e6 / min(scanning):.1f} MB/s")


if __name__ == "__main__":
    main()
