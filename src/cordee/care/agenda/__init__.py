"""What is to happen around a patient, whoever comes: planned, seen together, moved, followed."""
