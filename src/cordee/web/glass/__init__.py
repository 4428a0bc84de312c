"""Exceptional access: the broken glass, the consent for one consultation, the refusal."""
