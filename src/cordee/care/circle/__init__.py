"""The circle of care: opened once for a person, its members, what the person said. B1.2 to B1.4."""
