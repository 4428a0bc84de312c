"""Identities of patients in the base: search before create, statuses, duplicates, fusions."""
