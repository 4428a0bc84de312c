"""The residents of a home: where each of them is, and the screen of the night."""
