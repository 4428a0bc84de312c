"""Faces on other wires: mail, MLLP, DMP, SAMU hub, ROR."""
