"""An image comes from a registry that the organisation does not allow.

## Why it matters
Containers that run or command other containers are the ones whose content matters most: whoever can push to the
registry runs code with their reach. The configuration's `allowed-registries` lists those that may be trusted;
without that list this rule says nothing.

## Instead
Mirror the image, and name it in full:

```yaml
services:
  dind:
    image: registry.example.com/mirror/docker:29.10.0-dind
```

## When it is fine
When the registry belongs on the list: `allowed-registries: [registry.example.com, ghcr.io/your-team]`.

## References
- https://owasp.org/www-project-top-10-ci-cd-security-risks/
- CIS Docker Benchmark 4.2; CWE-829
"""

from collections.abc import Iterator

from dindguard.api import Model, Problem, Severity, Undecided, rule


@rule(
    "disallowed-registry",
    each=Model,
    severity=Severity.MEDIUM,
    category="image",
    cwe=829,
    since="0.1.0",
    asks=("policy.allowed_registries",),
)
def check(model: Model) -> Iterator[Problem | Undecided]:
    """Report images whose registry is known and not on the list."""
    allowed = model.policy.allowed_registries
    if not allowed:
        return
    for container in model.containers:
        image = container.image
        if image is None or container.build is not None:
            continue
        trusted = image.comes_from(allowed)
        if trusted is None:
            yield Undecided(image, image.reference.variable, container)
        elif not trusted:
            message = f"{container} uses '{image}' from {image.registry}, which is not among the allowed registries"
            yield Problem(image, message, subject=container)
