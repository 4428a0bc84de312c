"""What a CPTS does for its territory: people without an attending physician. Rule: B6.3."""
