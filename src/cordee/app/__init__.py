"""Starts processes and binds ports to adapters; nothing imports it."""
