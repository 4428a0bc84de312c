"""The library of protocols, and those that are followed for a person."""
