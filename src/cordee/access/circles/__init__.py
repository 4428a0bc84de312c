"""The circles of care in which something happened lately, for the paper of a bad day."""
