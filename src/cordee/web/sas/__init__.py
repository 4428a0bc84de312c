"""The SAS guide for administrators. Rule: C3.7."""
