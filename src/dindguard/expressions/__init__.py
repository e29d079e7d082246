"""Rules that are written as expressions over the model, in CEL, and what they need: types, values, a language.

Nothing of it is imported by a scan without such rules.
"""
