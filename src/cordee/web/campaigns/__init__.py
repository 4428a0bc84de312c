"""Campaigns of prevention on screen: for who steers, who cares, who is invited. Rules: G3, G2.6."""
