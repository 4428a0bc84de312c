"""From a search URL to one SQL statement and a Bundle."""
