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

## When it is fine
On a developer's own machine, where that user is an administrator anyway.

## References
- https://docs.docker.com/engine/install/linux-postinstall/#manage-docker-as-a-non-root-user
- CIS Docker Benchmark 1.1.2; CWE-250
"""

from collections.abc import Iterator

from dindguard.api import Invocation, InvocationKind, Problem, Severity, rule


@rule("docker-group-access", each=Invocation, severity=Severity.MEDIUM, category="socket", cwe=250, since="0.1.0")
def check(invocation: Invocation) -> Iterator[Problem]:
    """Report commands that add a user to an engine's group."""
    if invocation.kind is not InvocationKind.GROUP_GRANT:
        return
    severity = Severity.MEDIUM if invocation.during_build else Severity.LOW
    user = f"'{invocation.subject}'" if invocation.subject is not None else "a user"
    yield Problem(invocation, f"{invocation} makes {user} root wherever the engine's socket is", severity=severity)
