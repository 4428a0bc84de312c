"""FHIR and OAuth face over HTTP."""
