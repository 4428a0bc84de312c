"""PATCH bodies applied to a resource: JSON Patch, FHIRPath Patch, XML Patch."""
