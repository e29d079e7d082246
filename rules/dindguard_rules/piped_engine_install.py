"""An engine is installed by a script piped straight from the network into a shell.

## Why it matters
`get.docker.com` installs whatever is newest that day, the *daemon* included, which most images do not need; two
builds of one commit differ. Whoever controls the connection, a redirect or the host runs commands as root in
the build. The script says itself that it is not meant for production.

## Instead
Install the client alone, from the official image:

```dockerfile
COPY --from=docker:29.10.0-cli /usr/local/bin/docker /usr/local/bin/
COPY --from=docker:29.10.0-cli /usr/local/libexec/docker/cli-plugins /usr/local/libexec/docker/cli-plugins
```
Or a version of a package from the signed repository: `apt-get install docker-ce-cli=5:29.10.0*`,
and `docker-ce` on a machine that runs containers.

## When it is fine
To set up a machine for an afternoon; outside of an image build the finding is *low*.

## References
- https://docs.docker.com/engine/install/ubuntu/#install-using-the-convenience-script
- https://github.com/docker/docker-install
- CWE-494; CWE-829
"""

from collections.abc import Iterator

from dindguard.api import Invocation, InvocationKind, Problem, Severity, reason, rule

ON_A_MACHINE = (
    "Install a named version from the signed repository of Docker or of the distribution"
    " (apt-get install docker-ce=5:29.10.0*)"
)


@rule(
    "piped-engine-install",
    each=Invocation,
    severity=Severity.HIGH,
    category="build",
    cwe=494,
    since="0.1.0",
    asks=("kind is piped install",),
)
def check(invocation: Invocation) -> Iterator[Problem]:
    """Report installation scripts that are run as they are downloaded; without TLS as *high*."""
    if invocation.kind is not InvocationKind.PIPED_INSTALL or invocation.subject is None:
        return
    severity = Severity.MEDIUM if invocation.during_build else Severity.LOW
    if invocation.subject.pattern.startswith("http://"):
        severity = Severity.HIGH
    where = "the image" if invocation.during_build else "the machine"
    message = f"{where} installs its engine with whatever script '{invocation.subject}' serves at that moment"
    yield Problem(
        invocation.subject,
        message,
        because=(reason("it runs what it gets, unseen", invocation),),
        severity=severity,
        instead="" if invocation.during_build else ON_A_MACHINE,
    )
