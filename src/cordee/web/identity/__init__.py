"""Identities: search before create, the identity of a file, the cell's worklist."""
