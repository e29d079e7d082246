"""Dockerfiles: instructions, flags, words, here-documents and stages, each with its exact place."""
