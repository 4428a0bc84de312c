"""The declaration of accessibility (RGAA 4.1): its grid as data, and its page."""
