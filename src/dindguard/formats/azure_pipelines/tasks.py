"""What well-known tasks run: scripts, and the command lines that the tasks for Docker and Compose put together.

Source: microsoft/azure-pipelines-tasks, ``DockerV0`` to ``DockerV2``, ``DockerComposeV0``, ``DockerComposeV1``, ``BashV3``,
``CmdLineV2``, ``PowerShellV2``, ``AzureCLIV2``, ``SshV0``.
"""

from __future__ import annotations

from collections.abc import Iterator

from dindguard.documents.joined import Joined
from dindguard.formats.azure_pipelines.parts import Part
from dindguard.scripts.located import add_script

_INLINE = {"bash": "shell", "shellscript": "shell", "cmdline": "batch", "powershell": "powershell"}
_OF_AZURE_CLI = {"bash": "shell", "batch": "batch", "ps": "powershell", "pscore": "powershell"}
_BUILDS = ("", "buildandpush", "build", "build an image")
_RUN_OPTIONS = {"ports": "-p", "volumes": "-v", "envvars": "-e"}
_RUN_VALUES = {"containername": "--name", "entrypoint": "--entrypoint", "entrypointoverride": "--entrypoint"}


def script_of(step: Part, *, windows: bool) -> tuple[str, Part] | None:
    """Return the script of a step and what runs it (``shell``, ``powershell``, ``batch``); ``None`` if it has none."""
    for key, hint in (("script", "batch" if windows else "shell"), ("bash", "shell")):
        if key in step and step[key].raw.is_scalar:
            return hint, step[key]
    for key in ("pwsh", "powershell"):
        if key in step and step[key].raw.is_scalar:
            return "powershell", step[key]
    name, inputs = _task(step)
    hint, script = _INLINE.get(name, ""), inputs.get("script")
    if name == "azurecli":
        kind, script = inputs.get("scripttype"), inputs.get("inlinescript")
        hint = _OF_AZURE_CLI.get(kind.text.lower() if kind is not None else "", "")
    if not hint or script is None or not script.raw.is_scalar:
        return None
    return "shell" if hint == "batch" and not windows else hint, script


def command_of(step: Part) -> Joined | None:
    """Return the command line that a task puts together; ``None`` if it is none that is known."""
    name, inputs = _task(step)
    joined = Joined(step.raw.source)
    if name == "docker":
        _docker(joined, inputs)
    elif name == "dockercompose":
        _compose(joined, inputs)
    elif name == "ssh" and ("inline" in inputs or "commands" in inputs):
        joined.add_glue("ssh machine <<'EOF'\n")
        _add(joined, "", inputs.get("inline") or inputs.get("commands"))
        joined.add_glue("\nEOF\n")
    elif name in ("bash", "shellscript"):
        path = inputs.get("filepath") or inputs.get("scriptpath")
        if path is not None:
            _add(joined, "bash", path)
            _add(joined, "", inputs.get("arguments") or inputs.get("args"))
    return None if joined.empty else joined


def _task(step: Part) -> tuple[str, dict[str, Part]]:
    """Return a task's name without its version, and its inputs by name in lower case."""
    name = step["task"].text.partition("@")[0].lower()
    return name, {key.lower(): part for key, part in step["inputs"].pairs().items() if part.present} if name else {}


def _docker(joined: Joined, inputs: dict[str, Part]) -> None:
    written = inputs.get("command") or inputs.get("action")
    word = written.text.lower() if written is not None else ""
    if word in _BUILDS:
        _add(joined, "docker build", inputs.get("arguments") or inputs.get("buildarguments"), always=True)
        joined.add_glue(" .")
    elif word in ("run an image", "run") and "imagename" in inputs:
        _run(joined, inputs)
    elif "customcommand" in inputs or "dockercommand" in inputs:
        _add(joined, "docker", inputs.get("customcommand") or inputs.get("dockercommand"))
    elif written is not None and " " not in word:
        _add(joined, "docker", written)
        _add(joined, "", inputs.get("arguments"))


def _run(joined: Joined, inputs: dict[str, Part]) -> None:
    joined.add_glue("docker run")
    for key, option in _RUN_OPTIONS.items():
        for line in _lines(inputs.get(key)):
            _add(joined, f" {option}", line)
    for key, option in _RUN_VALUES.items():
        _add(joined, f" {option}", inputs.get(key))
    _add(joined, "", inputs.get("imagename"))
    _add(joined, "", inputs.get("containercommand"))


def _lines(part: Part | None) -> Iterator[Part]:
    """Yield a list's items, or the text itself if it is one line."""
    if part is not None and part.raw.is_sequence:
        yield from part.items()
    elif part is not None and part.raw.is_scalar and len(part.text.split()) == 1:
        yield part


def _compose(joined: Joined, inputs: dict[str, Part]) -> None:
    action = inputs["action"].text.lower() if "action" in inputs else ""
    command = inputs.get("dockercomposecommand")
    if command is None and action not in ("run services", "run a specific service"):
        return
    joined.add_glue("docker-compose")
    for file in (inputs.get("dockercomposefile"), *_lines(inputs.get("additionaldockercomposefiles"))):
        if file is not None and "*" not in file.text:
            _add(joined, " -f", file)
    _add(joined, "", command)
    _add(joined, "" if command is not None else " up -d", inputs.get("arguments"), always=True)


def _add(joined: Joined, before: str, part: Part | None, *, always: bool = False) -> None:
    """Add a word or words that a task puts into a command line, after what it writes before them."""
    there = part is not None and part.raw.is_scalar and part.present and part.raw.source is joined.parent
    if there or always:
        joined.add_glue(before)
    if there:
        assert part is not None
        joined.add_glue(" ")
        add_script(joined, part.node)
