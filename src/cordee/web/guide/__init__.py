"""Short help pages: the keys, the map of the site."""
