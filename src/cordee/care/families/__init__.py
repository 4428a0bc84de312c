"""Those close to a resident: what the home tells them, as far as the resident chose."""
