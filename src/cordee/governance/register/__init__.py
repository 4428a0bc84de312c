"""The register of processing and the impact assessment, from what is really on. Rule: A6.4."""
