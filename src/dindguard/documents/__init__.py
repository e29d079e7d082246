"""Readers: text in, located tree out. A reader knows a syntax and no meaning."""
