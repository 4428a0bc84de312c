"""Versions, current rows and index rows in one transaction."""
