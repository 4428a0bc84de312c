"""Discharges: the board of a ward, the planner of a person, what follows."""
