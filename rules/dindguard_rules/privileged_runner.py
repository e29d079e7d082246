"""A CI runner makes every job's container privileged.

## Why it matters
The flag is in the runner's configuration, so it holds for every job of every project that may use the
runner: whoever can push a branch with a pipeline is root on the runner's machine, and finds the other jobs'
source, caches and credentials there. A nested engine in one pipeline needs it; all others get it as well.

## Exploit
A job with `script: ["mkdir /h && mount /dev/sda1 /h && chroot /h"]`, in any project.

## Instead
A runner of its own for the pipelines that need an engine, tagged and protected, one machine per job; privileged
services without privileged jobs; or Sysbox and no privilege at all:

```toml
[[runners]]
  name = "nested-engines"
  executor = "docker"
  [runners.docker]
    privileged = false
    services_privileged = true
    allowed_privileged_services = ["docker:29.10.0-dind"]
```
```toml
  [runners.docker]
    runtime = "sysbox-runc"
```

## When it is fine
When every job gets a machine of its own that is thrown away afterwards (`max_use_count = 1`, `MaxBuilds = 1`):
the finding is *low* then. Otherwise with an approval record, for a runner that only trusted projects may use.

## References
- https://docs.gitlab.com/runner/security/
- https://docs.gitlab.com/runner/configuration/advanced-configuration/
- CIS Docker Benchmark 5.4; OWASP CICD-SEC-7; MITRE ATT&CK T1611
"""

from collections.abc import Iterator

from dindguard.api import (
    Container,
    ContainerKind,
    Edit,
    Fixer,
    Give,
    Platform,
    Problem,
    Sandbox,
    Set,
    Severity,
    Step,
    reason,
    rule,
)


def fix(container: Container, _: Problem) -> Iterator[Edit]:
    """Let Sysbox give jobs and their services what privileged mode gave them."""
    if container.workload.platform is not Platform.GITLAB:
        return  # pods get their runtime otherwise
    yield Set(container.privileged, False)
    yield Give(container, "runtime", "sysbox-runc")


@rule(
    "privileged-runner",
    each=Container,
    severity=Severity.HIGH,
    category="privilege",
    cwe=250,
    since="0.1.0",
    asks=("privileged and kind is runner default",),
    contained_by={Sandbox.VM, Sandbox.GVISOR, Sandbox.USER_NAMESPACE},
    needs_approval="privileged",
    replaces=("privileged-container", "privileged-engine"),
    fixes=(
        Fixer(
            "runs jobs and their services under Sysbox instead of privileged",
            fix,
            unsafe=True,
            brings=("sysbox-without-approval",),
        ),
    ),
    formats="the other formats describe single jobs, not what a runner gives to all of them",
)
def check(container: Container) -> Iterator[Problem]:
    """Report privileged mode as the default of all jobs."""
    if container.kind is ContainerKind.RUNNER_DEFAULT and container.privileged.on:
        disposable = container.workload.disposable
        message = f"{container} makes every job's container privileged: whoever runs a job is root on the runner"
        severity = None if disposable is None else Severity.LOW
        thrown_away = reason("each job gets a machine of its own, thrown away afterwards", disposable)
        jobs = (Step(f"{job} runs so", job.span) for job in container.workload.jobs)
        yield Problem(container.privileged, message, because=(thrown_away, *jobs), severity=severity)
