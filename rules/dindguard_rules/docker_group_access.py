"""A user is put into the group that owns the engine's socket.

## Why it matters
Membership of the `docker` group is root without a password: whoever has it can start a container with `/`
mounted. In an image it means that not running as root protects nothing, as soon as the socket is mounted.

## Instead
Leave the user out of the group. Give the one container that needs the engine the group at run time
(`group_add`), or use a rootless engine.

```yaml
services:
  agent:
    image: example/agent:1
    group_add: ["${DOCKER_GID:?the group of the socket}"]
```

Where the same file shows that the user may not become root otherwise (no `sudo`), the group undoes that: *medium*; so is
the account of a CI system (`gitlab-runner`, `jenkins`), which runs the jobs of others. To a user of an image who may
become root by `sudo` without a password it adds little: *low*.

## When it is fine
On a developer's own machine, where that user is an administrator anyway.

## References
- https://docs.docker.com/engine/install/linux-postinstall/#manage-docker-as-a-non-root-user
- CIS Docker Benchmark 1.1.2; CWE-250
"""

from collections.abc import Iterator

from dindguard.api import Invocation, InvocationKind, Problem, Severity, rule


@rule(
    "docker-group-access",
    each=Invocation,
    severity=Severity.MEDIUM,
    category="socket",
    cwe=250,
    since="0.1.0",
    asks=("kind is group grant",),
)
def check(invocation: Invocation) -> Iterator[Problem]:
    """Report commands that add a user to an engine's group."""
    if invocation.kind is not InvocationKind.GROUP_GRANT:
        return
    administrator, user = invocation.administrator, invocation.subject
    if user is not None and user.value == "root":
        return
    ordinary = administrator is not None and administrator.off
    adds_nothing = administrator is not None and administrator.on
    runs_jobs = invocation.lets_jobs_in
    gains = invocation.during_build or runs_jobs
    severity = Severity.MEDIUM if (gains and not adds_nothing) or ordinary else Severity.LOW
    whom = f"'{user}'" if user is not None else "a user"
    message = f"{invocation} makes {whom} root wherever the engine's socket is"
    more = ", and nothing else does" if ordinary else ", with every job that it runs" if runs_jobs else ""
    yield Problem(invocation, message + more, severity=severity)
