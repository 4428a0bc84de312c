"""Mandates: who acts for a patient, in which parts of the record, from when until when."""
