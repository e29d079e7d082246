"""``python -m dindguard``, and the command that an installation brings: a process of its own.

It is too short-lived for the cycle collector to earn its price, the import of the command line included.
"""

import gc


def main() -> None:
    """Run the command line."""
    gc.disable()
    from dindguard import deferred

    deferred.begin()
    from dindguard.cli import main as run

    run()


if __name__ == "__main__":
    main()
