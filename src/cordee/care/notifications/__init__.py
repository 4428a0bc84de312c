"""Who is told what, by which channel, when; and what became of it."""
