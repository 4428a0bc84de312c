"""Assessments on the screen: begun, filled in part by part, finished, read and printed."""
