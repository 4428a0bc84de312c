"""What the application tells whoever is signed in."""
