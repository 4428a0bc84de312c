"""Cordée: the open platform that a French health region runs on."""
