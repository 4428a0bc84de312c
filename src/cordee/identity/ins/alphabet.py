"""Names in the alphabet of the INS: capitals without accents, space, hyphen and apostrophe.

Rule: RNIV 1, recording of names: upper case, no diacritic, hyphens and apostrophes kept.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_LETTERS: Final = str.maketrans(
    {
        "Œ": "OE",
        "Æ": "AE",
        "ẞ": "SS",
        "Ø": "O",
        "Đ": "D",
        "Ð": "D",
        "Ł": "L",
        "Þ": "TH",
        "Ħ": "H",
        "İ": "I",
        "ı": "I",
        "ʼ": "'",
        "’": "'",
        "‘": "'",
        "`": "'",
        "´": "'",
        "‐": "-",
        "‑": "-",
        "–": "-",
        "—": "-",
        ".": " ",
        ",": " ",
        "_": " ",
    }
)
# A double hyphen stands between two family names given from 2005 to 2010.
_STRICT = re.compile(r"'?[A-Z]+(?:(?:--| - |[-' ]|' | ')[A-Z]+)*'?")


def strict_name(text: str) -> str:
    """`text` in the alphabet of the INS: `Noël d’Été` gives `NOEL D'ETE`.

    What has no place there (figures, other alphabets) is left for `is_strict_name` to refuse.
    """
    name = _folded(text)
    while (again := _folded(name)) != name:  # a sign can fold to signs that fold
        name = again
    return name


def is_strict_name(text: str) -> bool:
    """True for a name that the INS could hold: it starts and ends with a letter or apostrophe."""
    return _STRICT.fullmatch(text) is not None


def _folded(text: str) -> str:
    typed = text.upper().translate(_LETTERS)
    decomposed = unicodedata.normalize("NFKD", typed)
    kept = "".join(sign for sign in decomposed if not unicodedata.combining(sign))
    return " ".join(kept.split())
