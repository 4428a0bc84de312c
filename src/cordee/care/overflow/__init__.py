"""Overflow between centres: when, by which convention, which calls, and how they change hands."""
