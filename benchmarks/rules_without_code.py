"""What rules that are expressions cost, against the built-in ones: both judge the same model, in turn, in one process.

``python benchmarks/rules_without_code.py [CONTAINERS] [REPETITIONS]`` takes the ten rules of ``docs/example/rules`` five times
over. One container in ten runs an engine, as in a tree that is looked at for its engines.
"""

from __future__ import annotations

import re
import statistics
import sys
import tempfile
import time
from pathlib import Path

from dindguard import judging
from dindguard.scanning import Options, Scan

EXAMPLES = Path(__file__).parent.parent / "docs/example/rules/organisation.yaml"
SERVICE = (
    "  s{n}:\n    image: {image}\n    privileged: {privileged}\n    environment: {{A: b, DOCKER_TLS_CERTDIR: /certs}}\n"
    "    volumes: ['v{n}:/var/lib/docker']\n    networks: [n{n}]\n"
)


def written(folder: Path, containers: int) -> tuple[Path, Path]:
    """Write the services and five copies of the rules."""
    services = "".join(
        SERVICE.format(
            n=n, image="docker:29.5.1-dind" if n % 10 == 0 else "nginx:1", privileged=str(n % 10 == 0).lower()
        )
        for n in range(containers)
    )
    networks = "".join(f"  n{n}: {{}}\n" for n in range(containers))
    compose, rules = folder / "compose.yaml", folder / "rules.yaml"
    compose.write_text(f"services:\n{services}networks:\n{networks}", "utf-8")
    body = EXAMPLES.read_text("utf-8").partition("rules:\n")[2]
    copies = (re.sub(r"id: (acme[\w-]*)", rf"id: \1-{copy}", body) for copy in range(5))
    rules.write_text("rules:\n" + "".join(copies), "utf-8")
    return compose, rules


def main() -> None:
    containers = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    repetitions = int(sys.argv[2]) if len(sys.argv) > 2 else 9
    with tempfile.TemporaryDirectory() as folder:
        compose, rules = written(Path(folder), containers)
        scan = Scan.of(Options(paths=compose, root=folder, untrusted=True, rule_files=(rules,)))
        model = scan.judge(scan.find()).model
        own, ours = ([rule for rule in scan.rules if bool(rule.pack) is mine] for mine in (True, False))
        times: dict[str, list[float]] = {"expressions": [], "built-in": []}
        for _ in range(repetitions):
            for name, chosen in (("expressions", own), ("built-in", ours)):
                start = time.process_time()
                judging.run(model, chosen)
                times[name].append(time.process_time() - start)
    print(
        f"{containers} containers, {len(own)} expressions and {len(ours)} built-in rules, {repetitions} times in turn"
    )
    for name, taken in times.items():
        print(f"{name:12} min {min(taken) * 1000:6.1f} ms CPU  median {statistics.median(taken) * 1000:6.1f} ms")
    ratio = statistics.median(times["expressions"]) / statistics.median(times["built-in"])
    print(f"expressions against built-in: {ratio:.2f} x")


if __name__ == "__main__":
    main()
