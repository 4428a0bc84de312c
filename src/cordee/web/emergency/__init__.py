"""The pages of an emergency department: board, wall, stays, capacities."""
