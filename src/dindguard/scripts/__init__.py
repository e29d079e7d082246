"""What scripts mean: the commands that a text runs, and what those do to engines and containers."""
