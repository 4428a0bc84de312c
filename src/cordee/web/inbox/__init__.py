"""What people are told: the inbox, its live count, whom to telephone."""
