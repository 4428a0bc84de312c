"""Who saw my record: the patient's page."""
