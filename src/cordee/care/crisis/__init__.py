"""The crisis cell of a CPTS: a plan kept ready, opened by one press, followed day by day. B6.5."""
