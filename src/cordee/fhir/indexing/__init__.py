"""From a resource to the rows that make it findable: `extract.Extractor` is the way in."""
