"""Who may see what: one decision, one guard, one audit chain."""
