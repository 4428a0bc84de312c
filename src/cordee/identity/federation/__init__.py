"""Signing in by somebody else's word: Pro Santé Connect, a hospital's provider, a citizen's."""
