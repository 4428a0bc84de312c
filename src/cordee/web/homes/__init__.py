"""Pages of homes for the elderly: treatments compared at a return, outbreaks."""
