"""Refusal of bad resources, with the path of each problem."""
