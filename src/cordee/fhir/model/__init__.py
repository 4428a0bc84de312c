"""FHIR R4 values: definitions, datatypes, outcomes, XML."""
