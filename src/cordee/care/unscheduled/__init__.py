"""Unscheduled care found by regulation: slots that are held, then booked. C3."""
