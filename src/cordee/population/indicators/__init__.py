"""Indicators: definitions as readable data, compiled to the engines, computed as cells to count."""
