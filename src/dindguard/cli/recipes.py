"""The lines that run dindguard in CI and before commits, with the place that this installation came from."""

from __future__ import annotations

from dindguard.installation import source

ADDRESS = "git+https://<host>/<owner>/dindguard@<commit>"
"""Stands where nobody knows from where dindguard can be had; whoever copies the lines fills it in."""

GITHUB = """\
# .github/workflows/dindguard.yml
name: dindguard
on: [push, pull_request]
permissions:
  contents: read
jobs:
  scan:
    runs-on: ubuntu-latest
    permissions:
      contents: read
      security-events: write
    steps:
      - uses: actions/checkout@v7
        with: {persist-credentials: false}
      - run: pipx run --spec "$DINDGUARD" dindguard scan --format sarif --output dindguard.sarif
        env: {DINDGUARD: "%s"}
      # Whatever the verdict; a pull request from a fork may not upload.
      - if: >-
          ${{ always() && (!github.event.pull_request ||
          github.event.pull_request.head.repo.full_name == github.repository) }}
        uses: github/codeql-action/upload-sarif@v4
        with: {sarif_file: dindguard.sarif, category: dindguard}
"""

GITLAB = """\
# .gitlab-ci.yml
dindguard:
  image: python:3.13
  variables: {DINDGUARD: "%s"}
  script:
    - pip install --quiet "$DINDGUARD"
    - dindguard scan --format gitlab --output gl-code-quality-report.json
  artifacts:
    when: always
    reports:
      codequality: gl-code-quality-report.json
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


def recipe(template: str) -> str:
    """Return the lines with the address of this installation's source, else with :data:`ADDRESS`, and say so."""
    address = source()
    if address:
        return template % f"dindguard @ {address}" if template is LOCAL else template % address
    return f"# replace {ADDRESS} by the place of dindguard's source\n{template % ADDRESS}"
