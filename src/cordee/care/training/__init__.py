"""Nights of training: invented calls on the real screens of a centre apart, and their scores."""
