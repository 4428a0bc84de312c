"""Open data as they are published: one small reader a file format, each described as data."""
