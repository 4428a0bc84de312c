"""Areas: communes, what they belong to, their outlines and neighbours; read from documented files."""
