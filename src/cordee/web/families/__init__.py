"""Pages of families: what a home tells, what a relative reads."""
