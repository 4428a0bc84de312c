"""A synthetic region: people and their events, drawn from rates that we chose; nobody real."""
