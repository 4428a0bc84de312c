"""Data folders of the repository, carried in the wheel."""
