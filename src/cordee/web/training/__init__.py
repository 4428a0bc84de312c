"""Nights of training on the screen: begun, played, scored. Requirement C1.13."""
