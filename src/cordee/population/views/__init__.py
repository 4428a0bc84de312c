"""SQL on FHIR v2: view definitions, compiled to SQL over typed columns."""
