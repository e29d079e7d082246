"""TeamCity's settings in Kotlin (``.teamcity/settings.kts``): steps, the containers that they run in, and their scripts."""

from __future__ import annotations

from dindguard.formats.row import FormatRow

FORMAT = FormatRow(
    name="teamcity",
    title="TeamCity",
    syntaxes=("kotlin",),
    names=r"(^|/)\.teamcity/([^/]+/){0,20}[^/]+\.kts?$",
    perhaps=r"(^|/)teamcity/([^/]+/){0,20}[^/]+\.kts?$",
    beginning=r"\A[\s\S]{0,4000}?\bimport +jetbrains\.buildServer\.configs\.kotlin\b",
    words=("docker", "podman", "plugin.docker", "custompod"),
    apart=True,
    not_read=(
        "settings in XML, and pipelines in YAML",
        "what the code computes, and what other files of the settings define",
    ),
)
