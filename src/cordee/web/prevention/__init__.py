"""Pages of prevention: the board of actions, the days of vaccination."""
