"""Pages of the place de marché: of a volunteer, of a centre, of the distribution."""
