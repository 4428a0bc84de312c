"""Questionnaires as data: asked, kept while they are filled in, scored, read. Rules: B4.4, B4.5."""
