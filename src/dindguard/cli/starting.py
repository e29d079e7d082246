"""What ``dindguard init`` asks and offers: what an engine is for, who approves, and the configuration that follows."""

from __future__ import annotations

WAYS = {
    "builds": (
        "only to build images",
        (
            "Image builds need no engine: BuildKit without privileges (a rootless buildkitd behind 'docker buildx'), or\n"
            "Buildah and Podman in the job itself. A BuildKit on a machine of its own serves many jobs."
        ),
    ),
    "tests": (
        "to start containers for tests",
        (
            "Most CI systems start services beside a job ('services:'), and a pod can hold them as further containers: no\n"
            "engine inside. Where the tests must command one: docker:dind-rootless, or docker:dind under Sysbox with TLS."
        ),
    ),
    "deploys": (
        "to deploy, update or watch containers of a host",
        (
            "A deployment can go through SSH ('docker context' with ssh://) or pull by itself on the host; what only\n"
            "watches does with a filtering socket proxy that permits reading."
        ),
    ),
    "other": (
        "something else",
        (
            "Whoever commands an engine is root on its host. Give it an engine of its own: rootless, or in a sandbox\n"
            "(Sysbox, Kata, a virtual machine), and reach it through TLS with client certificates only."
        ),
    ),
}
"""What an engine may be for: the choice in words, and the ways to do without one."""

_HEAD = """\
# yaml-language-server: $schema=.dindguard/config.schema.json
# What dindguard looks for here. Every setting: docs/configuration.md; what holds: dindguard config

profile: recommended
fail-on: high

# disable: [rule-id]                       # dindguard rules lists them
# exclude: [vendor/, "**/testdata/"]       # patterns as in .gitignore
# allowed-registries: [registry.example.com]
# socket-users: [registry.example.com/our/runner]
"""

_ALONE = """
approval:                                  # what only a waiver silences
  alone: true                              # you approve for yourself, and reports say so
  require: [privileged, socket]
  max-days: 365                            # then you look again
"""

_TEAM = """
severity:
  sysbox-without-approval: high

approval:                                  # what only a waiver silences, and who approves it
  require: [privileged, socket, sysbox]
  roles: [architecture, security]          # each a person of its own, never the owner
  max-days: 180
  max-days-critical: 90
"""

_ORGANISATION = """\
  codeowners: true                         # approvers must own .dindguard/ in CODEOWNERS
  # people:                                # one person's spellings
  #   ada: ["@ada", ada@example.com]
"""

WHO = {
    "alone": ("one person: you approve for yourself, for a year at most", _HEAD + _ALONE),
    "team": ("a team: architecture and security approve", _HEAD + _TEAM),
    "organisation": ("an organisation: approvers are code owners, a floor holds for all repositories",
                     _HEAD + _TEAM + _ORGANISATION),
}  # fmt: skip
"""Who works on a repository: the choice in words, and the configuration."""

GUARDS = """
so that the right people are asked, in CODEOWNERS:

/.dindguard/      @your-org/architecture @your-org/security
/.dindguard.yaml  @your-org/architecture @your-org/security
"""

FLOOR = """
what no repository may weaken stands in a file of the organisation ('dindguard scan --policy FILE', or DINDGUARD_POLICY):

fail-on: high
keep: [privilege, socket]
approval:
  require: [privileged, socket, sysbox]
  roles:                                   # and who holds them
    architecture: ["@ada"]
    security: ["@bob", "@eve"]
"""
