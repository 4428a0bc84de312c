"""What should follow a discharge and has not: looked for by itself, handled by who has to."""
