"""Pages of one patient's record."""
