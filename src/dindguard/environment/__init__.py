"""The reference environment: a nested Docker engine that is safe, proves it, and leaves nothing behind.

It reaches the outer engine through ``engine_client`` alone, as ``audit`` does.
"""
