"""Continuity: what a service prints before, or in, a bad day. Rule: A6.8."""
