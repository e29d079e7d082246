"""The page on fixes: what is promised, and which rule has which."""

from __future__ import annotations

from collections.abc import Iterator

from dindguard.rules import Rule

PROSE = """\
# Mending findings

```sh
dindguard fix                     # shows what it would change, as a diff that git apply takes, with credentials masked
dindguard fix --apply             # changes the files
dindguard fix --unsafe --apply    # also what changes how containers run
dindguard fix --select published-engine-api compose.yaml
```

## What is promised

* **Proven.** A change is only made when a scan of the edited files shows that the finding is gone and that no other has come
  or become graver. All changes of one run are proven together. The one new finding that is allowed is an approval
  that the fix itself needs.
* **Nothing else moves.** Only the characters that are meant are changed: comments, quotes, indentation and line ends stay. No
  file is parsed and written out again. A parse shows that all other values are what they were.
* **Done once.** A second run changes nothing.
* **Safe first.** Without `--unsafe`, only what is broken, unused or open by mistake is changed. `--unsafe` adds fixes after which
  containers run differently: without a capability, without the host's network. Read the diff, then test. A filtering proxy
  takes a socket's place only for tools that read and whose makers say what (Diun, Dozzle, Netdata, Traefik), in a Compose
  file, with those rights alone. It shows them every container, which is a finding under `--profile all`: there it is not made.
* **Whole or not at all.** Files are replaced in one step, never through a link, and not when they have changed since they were
  read.

`dindguard scan --fixes -f sarif` (or `json`) puts the proven fixes beside the findings, for programs that show or
make them. Each is proven by itself or together with others that it does not touch. Those that change what runs say so.

## What is not fixed

`-v` says of each finding why it is not. Not changed are: values that come from a variable; actions of templates, and
files that can only be read as a template; what others use too (an anchor, a base file, a global variable), unless all
of them want it; files that were not scanned; documents inside other documents whose characters are not the file's own
(base64, escapes, folded lines, variables in a here-document); options that stand in quotes or beside variables in a
script; records of what was found running. A `daemon.json` in a ConfigMap, a Compose file's `content: |`, cloud-init or
a here-document is changed like a file; a value that a chart's templates take is changed in the chart's values, if all
places that take it want that. Of fixes that overlap the second waits for the next round, which the same run makes.

Not proposed, because it would not be right: an engine without root in a pod (`dind-rootless` needs `/proc` unmasked,
which Kubernetes gives to pods with a user namespace of their own only; BuildKit without root does without, and is
proposed); a filtering proxy in a pod (all of a pod's containers could ask it, nodes of today have no Docker socket, and
the tools that a proxy is proposed for ask the cluster there); anything for privileged mode in a GitLab pipeline (the
runner's `config.toml` grants it, and is changed there).

## How it is tried

By the tests, with every fix of every unsafe fixture, and with the readers that people's files are for: Compose, Kubernetes'
schemas, BuildKit's parser. On 2026-11-28:

* **438 fixtures** of rules with a fix: 534 fixes in 278 of them; in the others the place is one that is left alone. Compose
  took 121 files before and after, and refused 2 before; 67 manifests have no more faults; 4 Dockerfiles the same instructions.
* **50 files of 50 public repositories**, drawn by lot from those that speak of engines or privileges (151 drawn, 101 without
  anything to fix): 115 fixes of 25 rules. Of 25 manifests 24 could be asked for and have no more faults, 17 of them none at all.
  Compose took 4 of 13 files before and after; the other 9 it refused as they were.
* **25 more files called compose** (62 drawn), which Compose was told to read without the files and variables that lie elsewhere:
  49 fixes; it took 23 before and after, and refused 1 before. Among 32 Dockerfiles drawn one had something to fix.

In none of them was a mended finding told again or a new one told, was a comment lost, or did a second run change anything.
Of other YAML it was only asked that it parses.

## Which rules

"""


def page(rules: tuple[Rule, ...]) -> str:
    """Return the page; the table is made of the rules."""
    return PROSE + "\n".join(_rows(rules)) + "\n"


def _rows(rules: tuple[Rule, ...]) -> Iterator[str]:
    fixable = [rule for rule in rules if rule.fixes]
    yield f"{len(fixable)} rules have a fix.\n"
    yield "| rule | `dindguard fix` | with `--unsafe` only |\n|---|---|---|"
    for rule in sorted(fixable, key=lambda each: each.id):
        for fixer in rule.fixes:
            yield f"| [{rule.id}](rules/{rule.id}.md) | {fixer.says} | {'yes' if fixer.unsafe else ''} |"
