"""What a person asks of their data, and its state."""
