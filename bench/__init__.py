"""Benchmarks: figures beside a reference of the same run, never a timed assertion in a test."""
