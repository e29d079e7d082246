"""The built-in rules, one module per rule. They import :mod:`dindguard.api` and nothing else of dindguard."""
