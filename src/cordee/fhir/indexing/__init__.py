"""From a resource to the rows that make it findable."""
