"""Shell scripts, as files and inside other documents."""

from __future__ import annotations

from dindguard.formats.row import SHELL_ENDINGS, FormatRow
from dindguard.vocabulary import ENGINES_FILES

FORMAT = FormatRow(
    name="shell",
    title="Shell scripts",
    syntaxes=("shell",),
    words=tuple((verb, rf"\b(?:kubectl|oc)\b[^\n]{{0,200}}?\b{verb}\b") for verb in ("debug", "patch")),
    apart=True,
    names=rf"(?i:\.({SHELL_ENDINGS})$)",
    first_line=r"#!.*\b(ba|da|z|k|a)?sh\b",
    unmodelled=(
        (
            "sed ",
            (
                r"\bsed(?:\s+-(?!\S*(?:i|\bsed\b))\S*+)*+\s+-\S*?i(?:(?:(?!\bsed\b)[^\n])*?--privileged\b"
                rf"|(?!(?:(?!\bsed\b)[^\n])*?(?:{'|'.join(ENGINES_FILES.values())}\b))"
                r"(?:(?!\bsed\b)[^\n])*?tcp://(?:0\.0\.0\.0|\[?::\]?|\*)?:2375\b)"
            ),
            "edit of a file in place",
        ),
        (
            "ctr ",
            r"(?<![\w./-])ctr [^\n|;&]{0,200}?\brun [^\n|;&]{0,300}?--(?:privileged|net-host)\b",
            "containerd's own client",
        ),
        (
            "k3d ",
            (
                r"\bk3d +cluster +create\b(?:[^\n]{0,300}\\\n){0,20}[^\n]{0,300}?\s(?:-v|--volume)[ =][^\s]{0,200}?"
                r"(?:docker\.sock|:/var/lib/docker)"
            ),
            "k3d's nodes",
        ),
        (
            "security.privileged",
            (
                r"\b(?:incus|lxc)[ \t][^\n|;&]{0,300}?\bsecurity\.privileged[= ][\"']?(?:true|1|on|yes)\b"
                r"|(?<=\n)[ \t]*+security\.privileged:[ \t]*+[\"']?(?:true|1|on|yes)\b"
            ),
            "a container of LXD or Incus",
        ),
        (
            "unprivileged",
            r"\bpct +(?:create|restore|set)\b(?:[^\n]{0,300}\\\n){0,20}[^\n]{0,300}?\s--?unprivileged[= ](?:0|false|no|off)\b",
            "a container of Proxmox",
        ),
    ),
)
