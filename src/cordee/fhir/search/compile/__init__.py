"""The only place that composes SQL: predicates, shapes, pages."""
