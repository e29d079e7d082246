"""A command opens an engine's socket to everybody.

## Why it matters
`chmod 666 /var/run/docker.sock` makes every user and every process of the machine root on it: the file's mode is
all that guards the engine. The mode also survives into whatever else mounts the socket.

## Instead
Run the one process that needs the engine with the socket's group (`group_add`), use `sudo docker`, or a rootless
engine that belongs to the user.

```sh
docker run --rm --group-add "$(stat -c %g /var/run/docker.sock)" -v /var/run/docker.sock:/var/run/docker.sock example/agent:1
```

## When it is fine
On a throw-away machine with one user, such as a hosted CI runner's own virtual machine.

## References
- https://docs.docker.com/engine/install/linux-postinstall/
- CIS Docker Benchmark 3.4; CWE-732
"""

from collections.abc import Iterator

from dindguard.api import Invocation, InvocationKind, Problem, Severity, rule

BY_UNIT = (
    "Take the line away: the packaged socket unit has 0660, for the group docker; whoever needs the engine uses sudo docker, or a"
    " rootless engine of its own"
)


@rule(
    "engine-socket-permissions",
    each=Invocation,
    severity=Severity.HIGH,
    category="socket",
    cwe=732,
    since="0.1.0",
    asks=("kind is socket permission",),
)
def check(invocation: Invocation) -> Iterator[Problem]:
    """Report commands that open an engine's socket to everybody."""
    if invocation.kind is InvocationKind.SOCKET_PERMISSION:
        socket = invocation.subject or "the engine's socket"
        message = f"{invocation} lets every user command the engine through {socket}"
        yield Problem(invocation, message, instead=BY_UNIT if invocation.program == "systemd" else "")
