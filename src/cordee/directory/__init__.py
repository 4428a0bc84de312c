"""Professionals, organisations and services: RPPS, FINESS, ROR."""
