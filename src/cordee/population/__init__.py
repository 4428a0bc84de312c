"""Population health on the pseudonymised lake."""
