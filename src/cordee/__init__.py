"""Cordée: the open platform that a French health region runs on."""

__version__ = "0.1.0"
