"""Find a resource of the region, see how it answers, ask it for somebody."""
