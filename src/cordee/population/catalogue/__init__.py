"""The catalogue of the warehouse: datasets as they are, their lineage, as JSON-LD."""
