"""Areas: communes, what they belong to, outlines, neighbours; read from documented files."""
