"""Concertations on the screen: invited, answered, concluded."""
