"""Coordination of care: record, circle, plan, agenda, regulation."""
