"""A TLS option is set that does not do what it says.

## Why it matters
`--tls=false` beside the official image's own `--tlsverify` changes nothing: TLS stays on. It reads as if the port
were plain, so clients get set up for plain text, fail, and the next edit empties `DOCKER_TLS_CERTDIR` as well:
then the option *does* what it says.

## Instead
Remove the option.

```yaml
services:
  dind:
    image: docker:29.10.0-dind    # without arguments TLS is on, as DOCKER_TLS_CERTDIR says
```

## When it is fine
It is harmless as long as nobody relies on it.

## References
- https://docs.docker.com/reference/cli/dockerd/
- moby `daemon/command/options.go`
"""

from collections.abc import Iterator

from dindguard.api import (
    Engine,
    Problem,
    Profile,
    Severity,
    removal,
    rule,
)


@rule(
    "misleading-tls-option",
    each=Engine,
    severity=Severity.LOW,
    category="daemon-api",
    since="0.1.0",
    profile=Profile.ALL,
    asks=("launch.settings",),
    fixes=(removal("removes the option, which changes nothing here"),),
)
def check(engine: Engine) -> Iterator[Problem]:
    """Report ``--tls=false`` where TLS stays on."""
    option = engine.launch["tls"]
    if option is None or option.value.value != "false":
        return
    if any(each.encrypted is not None and each.encrypted.on for each in engine.listens):
        yield Problem(option, f"{engine} keeps TLS on although it is told '--tls=false'")
