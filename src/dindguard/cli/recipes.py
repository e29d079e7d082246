"""The lines that run dindguard in CI and before commits, with the place that this installation came from."""

from __future__ import annotations

import re

from dindguard.installation import source

ADDRESS = "git+https://<host>/<owner>/dindguard@<commit>"
"""Stands where nobody knows from where dindguard can be had; whoever copies the lines fills it in."""

_OWN_COPY = "# a copy of your clone on your own host will do"

CHECKOUT = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1"
UPLOAD = "github/codeql-action/upload-sarif@5595ccaf912efad79be6eef63a5619ff05969be3 # v4.37.6"
"""Actions of others, pinned; the project's own action and workflows have the same, as a test says."""

_WORKFLOW = f"""\
# .github/workflows/dindguard.yml
name: dindguard
on: [push, pull_request]
permissions: {{}}
jobs:
  scan:
    runs-on: ubuntu-latest
    permissions:
      contents: read
      security-events: write
    steps:
      - uses: {CHECKOUT}
        with: {{persist-credentials: false, fetch-depth: 0}}
"""

ACTION = f"""\
{_WORKFLOW}\
      - uses: %s
"""

GITHUB = f"""\
{_WORKFLOW}\
      # A pull request is judged by the policy of what it is merged into.
      - run: >-
          pipx run --spec "$DINDGUARD" dindguard scan ${{BASE:+--trust "$BASE"}}
          --format sarif --output dindguard.sarif --format github
        env:
          DINDGUARD: "%s"
          BASE: ${{{{ github.event.pull_request.base.sha }}}}
      # Whatever the verdict, if there is one; a pull request from a fork may not upload.
      - if: >-
          ${{{{ !cancelled() && hashFiles('dindguard.sarif') != '' && (!github.event.pull_request ||
          github.event.pull_request.head.repo.full_name == github.repository) }}}}
        uses: {UPLOAD}
        with: {{sarif_file: dindguard.sarif, category: dindguard}}
"""

GITLAB = """\
# .gitlab-ci.yml
dindguard:
  image: python:3.13
  variables: {DINDGUARD: "%s", GIT_DEPTH: "0"}
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
  script:
    - pip install --quiet "$DINDGUARD"
    # A merge request is judged by the policy of the branch that it is merged into, as that is now.
    - target=$CI_MERGE_REQUEST_TARGET_BRANCH_NAME
    - test -z "$target" || git -c safe.directory="$PWD" fetch --quiet --no-tags origin "+refs/heads/$target:refs/dindguard/target"
    - dindguard scan ${target:+--trust refs/dindguard/target}
      -f gitlab -o gl-code-quality-report.json -f gitlab-sast -o gl-sast-report.json -f text
  artifacts:
    when: always
    reports:
      codequality: gl-code-quality-report.json
      sast: gl-sast-report.json
"""

LOCAL = """\
# .pre-commit-config.yaml
repos:
  - repo: local
    hooks:
      - id: dindguard
        name: dindguard
        entry: dindguard scan
        language: python
        additional_dependencies: ["%s"]
        types: [text]
        require_serial: true
"""

LOCAL_ON_PATH = """\
# .pre-commit-config.yaml; whoever commits has dindguard on the PATH
repos:
  - repo: local
    hooks:
      - id: dindguard
        name: dindguard
        entry: dindguard scan
        language: system
        types: [text]
        require_serial: true
"""


def recipe(template: str) -> str:
    """Return the lines with the address of this installation's source, else with :data:`ADDRESS`, and say so.

    Before a commit, an installation without an address is run as it is.
    """
    address = source()
    if template is GITHUB and (action := _action(address)):
        return ACTION % action
    if address:
        return template % f"dindguard @ {address}" if template is LOCAL else template % address
    if template is LOCAL:
        return LOCAL_ON_PATH
    return f"# replace {ADDRESS} by the place of dindguard's source;\n{_OWN_COPY}\n{template % ADDRESS}"


def _action(address: str) -> str:
    """Return the source as GitHub names an action, when it is kept there."""
    found = re.fullmatch(r"git\+https://github\.com/([\w.-]+/[\w.-]+?)(?:\.git)?@([0-9a-f]{40})", address)
    return f"{found[1]}@{found[2]}" if found else ""
