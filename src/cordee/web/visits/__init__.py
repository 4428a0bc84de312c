"""Pages of a visit at home."""
