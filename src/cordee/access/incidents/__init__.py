"""Incidents: what an account could read and did read, the 72 hours, the letters. Rule: A6.5."""
