"""The floor of regulation on the screen."""
