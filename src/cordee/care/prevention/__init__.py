"""What a CPTS does for prevention: a board of actions, days of vaccination with places. B6.6."""
