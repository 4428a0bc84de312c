"""Figures of use for steering: counts by structure and month, never about one person."""
