"""Pages of unscheduled care: the slots of a CPTS, those for a patient."""
