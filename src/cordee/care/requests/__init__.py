"""Requests to a DAC, a facility or a service: who can be asked, who answers, what became of it."""
