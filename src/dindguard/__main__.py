"""``python -m dindguard``."""

from dindguard.cli import main

main()
