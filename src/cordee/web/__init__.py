"""HTML face: pages and fragments, in French."""
