"""FHIRPath: text to tree, tree to closures."""
