"""Quality of what the sources tell: rules as data, measures, tickets to the source."""
