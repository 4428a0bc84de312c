"""Bytes to values and back, no I/O: HL7v2, CDA, XDM, MIME, EMSI."""
