"""Screens of overflow between centres: live, conventions, simulator."""
