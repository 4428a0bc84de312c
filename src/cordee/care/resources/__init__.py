"""The resources of the region: found, with how they have answered, and asked. Rule: B4.6."""
