"""Text as searches compare it: without case, accents, ligatures or double spaces."""

from __future__ import annotations

import unicodedata

LIGATURES = str.maketrans({"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae"})


def normalise(text: str) -> str:
    """Text folded for comparison: "Cœur  d'ÉTÉ " becomes "coeur d'ete".

    NFKD, marks stripped, ligatures opened, casefolded, spaces collapsed and trimmed.
    """
    if not text.isascii():
        decomposed = unicodedata.normalize("NFKD", text.translate(LIGATURES))
        text = "".join(mark for mark in decomposed if not unicodedata.combining(mark)).casefold()
    else:
        text = text.lower()
    return " ".join(text.split())
