"""Provisioning: the people of a structure as its own register of staff says them (SCIM 2.0)."""
