"""Functions that need two factors: how a page asks for them."""
