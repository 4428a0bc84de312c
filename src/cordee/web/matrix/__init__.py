"""The habilitation matrix: read, compare, propose, settle, replay."""
