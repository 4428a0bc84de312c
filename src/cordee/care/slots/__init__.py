"""Slots of unscheduled care of a CPTS, and the fragile persons its members share. B6.2, B6.9."""
