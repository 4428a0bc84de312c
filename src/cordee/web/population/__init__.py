"""Pages of population health: indicators as a map, a table and a file, from the same rows."""
