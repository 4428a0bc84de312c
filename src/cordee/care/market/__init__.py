"""Place de marché of unscheduled care: volunteers, rounds, who accepts first, equity. C3.4."""
