"""Facts: a table of persons and one table a kind of event, made from the lake by our views."""
