"""What coordination has done in a period, as counts that recognise nobody. Rule: B4.10."""
