"""How fast people are told, for administrators and steering."""
