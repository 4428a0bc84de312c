"""The switchboard by SIP: third party call control, the voice staying outside."""
