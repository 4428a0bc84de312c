"""The shared agenda on the screen: of a patient, of who comes to them, by a link."""
