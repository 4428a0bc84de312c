"""The emergency department: who is expected, who is here, what is decided, what is free. C4."""
