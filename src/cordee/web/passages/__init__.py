"""Residents sent to an emergency department: the form, the follow-up, who is expected."""
