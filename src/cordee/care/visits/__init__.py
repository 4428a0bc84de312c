"""A visit at home: prepared before leaving, written through a cut, photos with consent. B4.8."""
