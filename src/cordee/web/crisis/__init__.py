"""Pages of the crisis cell of a CPTS."""
