"""An engine gets network settings that exclude each other.

## Why it matters
dockerd checks them at the start and exits: a custom bridge and an address for the default one ("You specified
-b & --bip, mutually exclusive options"), or no traffic between containers without the iptables rules that would
prevent it ("you specified --iptables=false with --icc=false").

## Instead
Set one of the two: `bip` for the engine's own bridge or `bridge` for one that exists; `icc: false` with iptables left on:

```json
{"bip": "10.200.0.1/24", "iptables": true, "icc": false}
```

## When it is fine
Never: the daemon does not start.

## References
- https://docs.docker.com/reference/cli/dockerd/
- moby `daemon/daemon_unix.go`, verifyDaemonSettings
"""

from collections.abc import Iterator

from dindguard.api import Engine, Problem, Severity, Step, come_together, rule


@rule(
    "conflicting-network-settings",
    each=Engine,
    severity=Severity.HIGH,
    category="operation",
    since="0.1.0",
    asks=("launch.settings", "configuration"),
)
def check(engine: Engine) -> Iterator[Problem]:
    """Report the two pairs that make dockerd exit."""
    values = {setting.name: setting for setting in reversed(engine.written_settings)}
    bridge, address = values.get("bridge"), values.get("bip")
    own = bridge is not None and bridge.value.value not in (None, "", "none")
    if bridge and address and own and address.value.value and come_together(bridge, address):
        message = f"{engine} refuses to start: it gets a bridge and an address for another one"
        yield Problem(address, message, because=(Step("the bridge", bridge.span),))
    filters, between = values.get("iptables"), values.get("icc")
    off = filters is not None and between is not None and filters.value.value == between.value.value == "false"
    if filters and between and off and come_together(filters, between):
        message = f"{engine} refuses to start: without iptables it cannot keep containers apart"
        yield Problem(between, message, because=(Step("iptables is off", filters.span),))
