"""Documents of care: the one door that they come in by, their versions, their way to the DMP."""
