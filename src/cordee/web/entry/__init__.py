"""Enter and leave."""
