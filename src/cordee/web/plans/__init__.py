"""Coordinated plans in the record, the actions of effectors, the nomenclature. Rules: B3, B1.8."""
