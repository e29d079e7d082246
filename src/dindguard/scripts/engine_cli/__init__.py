"""The command lines of the container engines: their flags, options, mounts, and the small languages of values."""
