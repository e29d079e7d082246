"""The pages of the policy's own rules."""

from __future__ import annotations

_REFERENCES = """
## References
- https://csrc.nist.gov/glossary/term/risk_acceptance
"""


def _page(title: str, why: str, instead: str, fine: str = "Never.") -> str:
    return f"{title}\n\n## Why it matters\n{why}\n\n## Instead\n{instead}\n\n## When it is fine\n{fine}\n{_REFERENCES}".strip()


_PAGES: dict[str, str] = {
    "allow-malformed": _page(
        "An allow cannot be read.",
        "It silences nothing, and whoever wrote it believes that it does.",
        "Write the rule and a reason in words; the reason is mandatory, `until=` is not.",
    ),
    "allow-expired": _page(
        "An allow has run out.",
        "Somebody promised to look again by that date.",
        "Look again: fix the setting, or give a new date and a reason that holds today.",
    ),
    "allow-unused": _page(
        "An allow silences nothing.",
        "What it excused is gone, or it names the wrong rule or line; the next danger there would be excused unseen.",
        "Remove it, or move it to the line that a finding points at.",
        "In a template that is used with and without the setting.",
    ),
    "allow-not-enough": _page(
        "An allow cannot silence what needs an approval.",
        "Privileged engines and host sockets are for architects and security to approve, not for the author of the file.",
        "Write a waiver: `dindguard waive`.",
        "When the configuration takes the mode off `approval.require`.",
    ),
    "waiver-malformed": _page(
        "A waiver cannot be read or lacks what it must hold.",
        "It silences nothing. An approval without reason, owner, approvers, dates or a fingerprint cannot be answered for.",
        "Write it with `dindguard waive`, or add what the message names.",
    ),
    "waiver-expired": _page(
        "A waiver has run out.",
        "The approval was for a time; the danger has outlived it.",
        "Mend the setting, or have it approved again: `dindguard waive --renew`.",
    ),
    "waiver-too-long": _page(
        "A waiver lasts longer than the policy lets it.",
        "An approval that never comes up again is a decision that nobody makes any more.",
        "Shorten `expires`, or change `approval.max-days` in the configuration, where it is seen.",
    ),
    "waiver-self-approved": _page(
        "The owner of a waiver is among its approvers.",
        "Four eyes are the point of an approval.",
        "Have somebody else approve it.",
    ),
    "waiver-lacks-role": _page(
        "A waiver lacks the approval of a required role.",
        "Privileged mode and host sockets are to be seen by architecture and by security, each from its side.",
        "Add an approver with that role.",
    ),
    "waiver-approver-unknown": _page(
        "An approver does not own the waiver file.",
        "With `approval.codeowners` the people who approve must be those whom CODEOWNERS names for it.",
        "Name the owner as CODEOWNERS does (`@name`), or correct CODEOWNERS.",
    ),
    "waiver-changed": _page(
        "What a waiver covers has changed since it was approved.",
        "The approval was for other settings: a mount, a capability, a port or the image is another one now.",
        "Look at the change; if it stands, have it approved again: `dindguard waive --renew`.",
    ),
    "waiver-unused": _page(
        "A waiver covers nothing any more.",
        "What it excused is gone; left in place it would excuse it again when it comes back.",
        "Remove it, or correct what it covers.",
        "For a file that this scan was not given.",
    ),
    "waiver-twice": _page(
        "Two waivers cover the same thing.",
        "Nobody can tell which approval holds.",
        "Keep the newer one.",
    ),
    "policy-weakened": _page(
        "A change would weaken the policy by which it is judged.",
        "Whoever adds a danger could add its excuse beside it. With `--trust REF` the policy of that revision holds: what the "
        "change adds to configuration, ignore files, allows, waivers, baseline and CODEOWNERS is proposed, and people see it.",
        "Have the right people review the line. Once it is merged it is part of what is trusted.",
        "When those who own the policy agree. Give the rule a severity of your own where it shall stop a merge. A selection of "
        "rules leaves this one on; only its name or category in `disable` or `--ignore` turns it off.",
    ),
    "baseline-grace-over": _page(
        "The time in which old findings could wait for an approval is over.",
        "`dindguard init` let what needs an approval wait once, so that a team could start. Nobody approved it since.",
        "Mend the settings, or have each approved: `dindguard waive`. Grace is not given a second time.",
    ),
    "baseline-entry-gone": _page(
        "A finding of the baseline is gone.",
        "That is good news; an entry left behind would silence the same danger when it comes back.",
        "`dindguard baseline update` removes it.",
        "For a file that this scan was not given.",
    ),
}

_EXAMPLES = {
    "allow-malformed": ("yaml", "privileged: true  # dindguard: allow[privileged-engine] until=2027-03-01 until the VM is there"),
    "allow-expired": ("yaml", "privileged: true  # dindguard: allow[privileged-engine] until=2027-06-01 the VM comes in May"),
    "allow-unused": ("console", "$ dindguard scan -v compose.yaml"),
    "allow-not-enough": ("console", "$ dindguard waive --rule privileged-engine --file compose.yaml --at services.dind"),
    "baseline-entry-gone": ("console", "$ dindguard baseline update"),
    "baseline-grace-over": (
        "console", "$ dindguard waive --rule host-engine-socket --file compose.yaml --at services.agent"
    ),
    "policy-weakened": ("console", "$ dindguard scan --trust origin/main"),
    "waiver-approver-unknown": ("yaml", 'approvers: [{name: "@sec", role: security}]'),
    "waiver-changed": ("console", "$ dindguard waive --renew --rule privileged-engine --file compose.yaml"),
    "waiver-expired": ("console", "$ dindguard waive --renew --rule privileged-engine --file compose.yaml"),
    "waiver-lacks-role": (
        "yaml", 'approvers: [{name: "@sec", role: security}, {name: "@arch", role: architecture}]'
    ),
    "waiver-malformed": ("console", "$ dindguard waive --rule privileged-engine --file compose.yaml --at services.dind"),
    "waiver-self-approved": ("yaml", 'owner: "@dev"\napprovers: [{name: "@sec", role: security}]'),
    "waiver-too-long": ("yaml", "approval: {max-days: 180}"),
    "waiver-twice": ("console", "$ dindguard waivers"),
    "waiver-unused": ("console", "$ dindguard waivers"),
}  # fmt: skip
"""What to write, by rule: a language and its lines."""


def _shown(name: str) -> str:
    """Return a rule's page, with its example after the advice."""
    language, code = _EXAMPLES[name]
    return _PAGES[name].replace("\n\n## When it is fine", f"\n\n```{language}\n{code}\n```\n\n## When it is fine", 1)


PAGES: dict[str, str] = {name: _shown(name) for name in _PAGES}
