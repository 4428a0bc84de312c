"""Notes of the shared liaison book, on the national guide Cahier de liaison."""
