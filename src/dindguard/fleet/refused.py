"""A source that is not read, and why."""


class RefusedError(Exception):
    """A source is refused as a whole; the message says why, for people."""
