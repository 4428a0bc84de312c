"""The living gallery: every component with its states."""
