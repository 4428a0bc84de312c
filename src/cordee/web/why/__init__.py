"""Why: the decision on an access in words, and what a professional says of one element."""
