"""Pages of a CPTS."""
