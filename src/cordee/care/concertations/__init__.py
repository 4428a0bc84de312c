"""Concertations about a person: invited, held, written down, decided. Rule: B4.7."""
