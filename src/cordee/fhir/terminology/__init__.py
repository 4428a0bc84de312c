"""Code systems and value sets held here."""
