"""Groovy, as far as a pipeline's text decides it: calls, their arguments and blocks, as a located tree."""
