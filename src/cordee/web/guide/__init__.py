"""Short help pages: the keys."""
