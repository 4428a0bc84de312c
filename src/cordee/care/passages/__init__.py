"""Residents sent to an emergency department: the sheet, the arrival, the decision, the return."""
