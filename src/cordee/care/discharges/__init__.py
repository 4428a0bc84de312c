"""Discharges from hospital: planned from the admission on, followed until a month after."""
