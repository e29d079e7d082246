"""The shell language, as far as it decides which commands a text runs, and with what words."""
