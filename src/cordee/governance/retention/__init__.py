"""How long each class of data is kept, why, and what was destroyed. Rule: A6.11."""
