"""TDDUI: the file of a person in the medico-social sector, from one home to another.

Line 1 (1.1.0-ballot 2025-02, CDA 1.0.1): a transaction of DocumentReferences that hold documents.
Line 2 (2026, in progress): the resources themselves. Decision 0071.
"""
