"""Evenings of regulation played beforehand, with the very rules of the overflow that runs."""
