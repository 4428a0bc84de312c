"""Slots of several vendors on the national SAS guide: aggregator, emulator. Decision 0081."""
