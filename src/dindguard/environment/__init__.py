"""The reference environment: a nested Docker engine that is safe, proves it, and leaves nothing behind.

With ``audit``, the only package that talks to an engine. The Docker SDK is imported by ``engine`` alone.
"""
