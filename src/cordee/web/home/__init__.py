"""Home: find a patient."""
