"""Requests of persons about their data: register, legal clock, answers. Rule: A6.3."""
