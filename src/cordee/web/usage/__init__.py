"""How the platform is used, for steering."""
