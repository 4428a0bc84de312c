"""The cart of a home: consent of the resident, sessions at a distance, what became of them."""
