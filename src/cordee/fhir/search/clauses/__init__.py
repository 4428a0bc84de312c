"""From one search parameter and its value to a predicate."""
