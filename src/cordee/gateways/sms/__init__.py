"""Texts that leave by a gateway of an operator, over HTTP."""
