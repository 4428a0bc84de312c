"""Pages of the cart of a home."""
