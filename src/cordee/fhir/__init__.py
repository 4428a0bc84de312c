"""The FHIR kernel: model, path, terminology, validation, store, search, interactions."""
