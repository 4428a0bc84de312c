"""Campaigns that territories share: who is invited is known in care alone. Rules: G3, G2.6."""
