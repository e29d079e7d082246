"""A nested engine keeps the default MTU on a network that may have a smaller one.

## Why it matters
Inner bridges take 1500. Overlay networks leave less (1450 with VXLAN, 1420 with WireGuard), and where path MTU discovery is
filtered, large packets vanish: `apt-get update` works, a TLS download inside a build hangs for ever.

## Instead
Set the pod network's MTU, for both kinds of networks:

```yaml
args:
  - --mtu=1400
  - --default-network-opt=bridge=com.docker.network.driver.mtu=1400
```

## When it is fine
Where the pod network's MTU is 1500 or more: the files do not tell, which is why this is information only.

## References
- https://docs.docker.com/engine/network/drivers/bridge/
- https://docs.docker.com/reference/cli/dockerd/
"""

from collections.abc import Iterator

from dindguard.api import Confidence, Engine, EngineProduct, Platform, Problem, Profile, Severity, rule


@rule(
    "default-mtu-in-pod",
    each=Engine,
    severity=Severity.INFO,
    category="operation",
    since="0.1.0",
    profile=Profile.ALL,
    precision=Confidence.LOW,
    formats="of the formats, only pods are usually on an overlay network",
)
def check(engine: Engine) -> Iterator[Problem]:
    """Report docker engines in pods that nobody told an MTU."""
    if engine.container is None or engine.product is not EngineProduct.DOCKER or not engine.launch.certain:
        return
    on_overlay = engine.container.workload.platform is Platform.KUBERNETES
    if on_overlay and engine.container.namespaces.host("network") is None and not engine.settings("mtu"):
        message = f"{engine} uses an MTU of 1500, which is too large for many pod networks"
        yield Problem(engine.container, message, confidence=Confidence.LOW)
