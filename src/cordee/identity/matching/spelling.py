"""Names freed from what does not tell people apart: accents, hyphens, apostrophes, particles."""

from __future__ import annotations

import re
from typing import Final

from cordee.identity.ins.alphabet import strict_name

PARTICLES: Final = frozenset(
    {"D", "DE", "DU", "DES", "L", "LE", "LA", "LES", "DA", "DI", "DEL", "DOS", "VAN", "VON", "DER",
     "DEN", "EL", "AL", "BEN", "BENT", "IBN", "ABOU", "SAINT", "ST", "SAINTE", "STE", "MC", "MAC",
     "O"}
)  # fmt: skip
_OTHER = re.compile(r"[^A-Z]+")
_NOT_TEXT = re.compile(r"[^A-Z0-9]+")


def letters(name: str) -> str:
    """The letters of a name alone: `de l’Étoile-Roux` gives `DELETOILEROUX`."""
    return _OTHER.sub("", strict_name(name))


def words(name: str) -> tuple[str, ...]:
    """The words of a name: `Jean-Pierre Marie` gives `JEAN`, `PIERRE`, `MARIE`."""
    return tuple(word for word in _OTHER.split(strict_name(name)) if word)


def core(name: str) -> str:
    """The letters of a family name without its particles; all of them when nothing else is."""
    parts = words(name)
    kept = [word for word in parts if word not in PARTICLES]
    return "".join(kept or parts)


def plain(text: str) -> str:
    """Letters and figures in capitals, one space between words: for addresses."""
    return " ".join(_NOT_TEXT.split(strict_name(text))).strip()
