"""Where policy's own files lie in a tree."""

from __future__ import annotations

BASELINE_FILE = ".dindguard/baseline.json"
WAIVER_FILE = ".dindguard/waivers.yaml"
SIDECAR = ".allow.yaml"
"""``FILE`` with this behind it holds the allows of a JSON file, which has no comments."""
