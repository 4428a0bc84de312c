"""Words typed in the search box, read as names, a date of birth and an INS."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

_MONTH_WORDS = (
    ("janvier", "janv"),
    ("fevrier", "fev", "fevr"),
    ("mars",),
    ("avril", "avr"),
    ("mai",),
    ("juin",),
    ("juillet", "juil"),
    ("aout",),
    ("septembre", "sept"),
    ("octobre", "oct"),
    ("novembre", "nov"),
    ("decembre", "dec"),
)
_MONTHS = {word: index for index, words in enumerate(_MONTH_WORDS, 1) for word in words}
_YEAR_LENGTH, _SHORT_YEAR_LENGTH, _DECEMBER = 4, 2, 12
_FEWEST_LETTERS = 2  # before a search starts by itself
_INS = re.compile(r"(?<!\d)[1-478](?:[ .\u00a0\u202f]?[0-9AB]){12}(?:[ .\u00a0\u202f]?\d){2}(?!\d)")
_ISO = re.compile(r"(?<!\d)(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)")
_FRENCH = re.compile(r"(?<!\d)(\d{1,2})\s?[/.\-]\s?(\d{1,2})\s?[/.\-]\s?(\d{4}|\d{2})(?!\d)")
_COMPACT = re.compile(r"(?<!\d)(\d{2})(\d{2})(\d{4})(?!\d)")
_WORDED = re.compile(r"(?<!\d)(\d{1,2})(?:er)?\s+([a-z]{3,9})\.?\s+(\d{4})(?!\d)")
_MONTH_YEAR = re.compile(r"(?<![\d/.\-])(\d{1,2})/(\d{4})(?!\d)")
_YEAR = re.compile(r"(?<![\d/.\-])(1[89]\d{2}|20\d{2})(?![\d/.\-])")
_FILLERS = frozenset({"ne", "nee", "le", "en", "ins", "m", "mme", "monsieur", "madame"})


@dataclass(frozen=True, slots=True)
class PatientQuery:
    """What is looked for: all given parts must match.

    `names` are plain words (no accent, lower case), each a prefix of a birth name, a used
    name or a first name. `birth_date` is an ISO date, as precise as typed: `1939-04-04`,
    `1939-04` or `1939`. `ins` is fifteen characters.
    """

    names: tuple[str, ...] = ()
    birth_date: str | None = None
    ins: str | None = None

    @property
    def is_empty(self) -> bool:
        """Nothing was understood that could be looked for."""
        return not (self.names or self.birth_date or self.ins)

    @property
    def is_broad(self) -> bool:
        """Too little to start a search while typing: one letter, or only a year."""
        if self.ins or (self.birth_date and (self.names or len(self.birth_date) > _YEAR_LENGTH)):
            return False
        return sum(len(name) for name in self.names) < _FEWEST_LETTERS


def plain(text: str) -> str:
    """`text` without accents, ligatures or case, with single spaces: `Bœuf É.` -> `boeuf e.`."""
    decomposed = unicodedata.normalize("NFKD", text)
    kept = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return " ".join(kept.casefold().replace("œ", "oe").replace("æ", "ae").split())


def parse_query(text: str, *, today: date) -> PatientQuery:
    """Give the query that `text` says: names, a date in any usual French form, an INS.

    What cannot be read as a date stays a word; a two-digit year is the last one past.
    """
    rest = text[:200].upper()
    ins, rest = _take_ins(rest)
    birth_date, rest = _take_date(plain(rest), today)
    words = re.findall(r"[^\W_]+", rest)
    names = tuple(word for word in words if word not in _FILLERS and not word.isdigit())
    return PatientQuery(names=names[:6], birth_date=birth_date, ins=ins)


def _take_ins(text: str) -> tuple[str | None, str]:
    found = _INS.search(text)
    if not found:
        return None, text
    value = re.sub(r"[ .\u00a0\u202f]", "", found.group())
    return value, text[: found.start()] + " " + text[found.end() :]


def _take_date(text: str, today: date) -> tuple[str | None, str]:
    for pattern, order in ((_ISO, "ymd"), (_WORDED, "dmy"), (_FRENCH, "dmy"), (_COMPACT, "dmy")):
        for found in pattern.finditer(text):
            day = _day(dict(zip(order, found.groups(), strict=True)), today)
            if day:
                return day.isoformat(), text[: found.start()] + " " + text[found.end() :]
    if (found := _MONTH_YEAR.search(text)) and 1 <= int(found[1]) <= _DECEMBER:
        rest = text[: found.start()] + " " + text[found.end() :]
        return f"{found[2]}-{int(found[1]):02d}", rest
    if found := _YEAR.search(text):
        return found[1], text[: found.start()] + " " + text[found.end() :]
    return None, text


def _day(parts: dict[str, str], today: date) -> date | None:
    month = _MONTHS.get(parts["m"]) if parts["m"].isalpha() else int(parts["m"])
    year = int(parts["y"])
    if len(parts["y"]) == _SHORT_YEAR_LENGTH:
        year += 2000 if year <= today.year % 100 else 1900
    try:
        return date(year, month or 0, int(parts["d"]))
    except ValueError:
        return None
