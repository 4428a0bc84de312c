"""The page of an effector: slots opened in two taps, seen, withdrawn, proven."""
