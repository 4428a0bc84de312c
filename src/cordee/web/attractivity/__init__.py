"""Pages of what draws colleagues to a territory: offers, trainings."""
