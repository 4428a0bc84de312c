"""French typography: numbers, units, dates, ages, plural, no-break spaces.

Rules: Lexique des règles typographiques (Imprimerie nationale); units as clinicians write
them (`mmol/L`), never as CLDR prints them.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

NARROW = "\u202f"
NO_BREAK = "\u00a0"
GROUP = 3  # digits between two narrow spaces
MATRICULE_LENGTH = 15
MONTHS_OF_INFANCY = 36  # ages are told in months until three years
PARIS = ZoneInfo("Europe/Paris")
MONTHS = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)
DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")

_UNITS = {
    "mmol/l": "mmol/L",
    "umol/L": "µmol/L",
    "umol/l": "µmol/L",
    "nmol/l": "nmol/L",
    "pmol/l": "pmol/L",
    "g/l": "g/L",
    "mg/l": "mg/L",
    "g/dl": "g/dL",
    "mg/dl": "mg/dL",
    "ug/L": "µg/L",
    "ug/l": "µg/L",
    "ng/mL": "ng/mL",
    "ng/ml": "ng/mL",
    "pg/ml": "pg/mL",
    "ml/min": "mL/min",
    "mL/min/{1.73_m2}": "mL/min/1,73 m²",
    "mL/min/1.73m2": "mL/min/1,73 m²",
    "mL/min/{1.73m2}": "mL/min/1,73 m²",
    "10*9/L": "G/L",
    "10*9/l": "G/L",
    "10*3/uL": "G/L",
    "10*12/L": "T/L",
    "10*6/uL": "T/L",
    "U/L": "UI/L",
    "U/l": "UI/L",
    "[IU]/L": "UI/L",
    "m[IU]/L": "mUI/L",
    "m[IU]/mL": "UI/L",
    "mm[Hg]": "mmHg",
    "mm[hg]": "mmHg",
    "Cel": "°C",
    "cel": "°C",
    "/min": "/min",
    "{beats}/min": "/min",
    "{breaths}/min": "/min",
    "kg/m2": "kg/m²",
    "{score}": "points",
    "{#}": "",
    "1": "",
    "{INR}": "",
    "fL": "fL",
    "a": "ans",
    "wk": "semaines",
    "d": "jours",
    "h": "heures",
}


def number(value: Decimal | int | float | str) -> str:
    """`value` in French, with the digits it was recorded with: `12,10`, `1 124`.

    A float is written by its shortest form; pass a Decimal to keep trailing zeros.
    """
    text = f"{value:f}" if isinstance(value, Decimal) else str(value)
    sign = ""
    if text.startswith(("-", "+")):
        sign = "\u2212" if text[0] == "-" else "+"
        text = text[1:]
    whole, _, part = text.partition(".")
    if len(whole) > GROUP:
        whole = _grouped(whole)
    return f"{sign}{whole},{part}" if part else f"{sign}{whole}"


def unit(code: str | None) -> str:
    """Give the unit as French clinicians write it, from its UCUM code or from its text."""
    if not code:
        return ""
    return _UNITS.get(code, code).replace(" ", NO_BREAK)


def quantity(value: Decimal | float | str, code: str | None) -> str:
    """Write number and unit, bound by a no-break space: `6,1 mmol/L`."""
    spelled = unit(code)
    return f"{number(value)}{NO_BREAK}{spelled}" if spelled else number(value)


def dose(value: Decimal | int | float, code: str) -> str:
    """Give a dose: no trailing zero, no decimal that a smaller unit avoids, micrograms in full.

    Rule: NHS CUI MEDi-014 to 016 and 023.
    """
    amount = Decimal(str(value))
    smaller = {"g": "mg", "mg": "ug"}
    while amount < 1 and code in smaller and amount:
        amount, code = amount * 1000, smaller[code]
    if amount == amount.to_integral_value():
        amount = amount.quantize(Decimal(1))
    else:
        amount = amount.normalize()
    spelled = {"ug": "microgrammes", "mcg": "microgrammes", "µg": "microgrammes"}.get(code)
    return f"{number(amount)}{NO_BREAK}{spelled or unit(code)}"


def parse_moment(text: str | None) -> tuple[datetime | date | None, str]:
    """Give a FHIR date or instant, and its precision: `year`, `month`, `day`, `time` or `""`.

    An instant is returned in the time of Paris. Unreadable text gives `(None, "")`.
    """
    if not text:
        return None, ""
    try:
        if "T" in text:
            moment = datetime.fromisoformat(text)
            moment = moment.astimezone(PARIS) if moment.tzinfo else moment.replace(tzinfo=PARIS)
            return moment, "time"
        parts = [int(part) for part in text.split("-")]
        padded = (*parts, 1, 1)[:3]
        return date(*padded), ("year", "month", "day")[len(parts) - 1]
    except (ValueError, IndexError, TypeError, OverflowError):
        return None, ""


def short_date(text: str | date | None) -> str:
    """`12/03/1958`, `03/1958` or `1958`, as precise as recorded; `""` when there is none."""
    moment, precision = _moment(text)
    if moment is None:
        return ""
    return moment.strftime({"year": "%Y", "month": "%m/%Y"}.get(precision, "%d/%m/%Y"))


def long_date(text: str | date | None) -> str:
    """`12 mars 1958`, `1er mai 2026`, `mars 1958` or `1958`, for prose."""
    moment, precision = _moment(text)
    if moment is None:
        return ""
    month = MONTHS[moment.month - 1]
    if precision == "year":
        return str(moment.year)
    if precision == "month":
        return f"{month} {moment.year}"
    day = "1er" if moment.day == 1 else str(moment.day)
    return f"{day}{NO_BREAK}{month} {moment.year}"


def day_month(text: str | date | None) -> str:
    """`12/03`, for a column or a row whose year stands beside it."""
    moment, precision = _moment(text)
    if moment is None:
        return ""
    return moment.strftime({"year": "%Y", "month": "%m/%Y"}.get(precision, "%d/%m"))


def weekday(moment: date) -> str:
    """`mardi 24 novembre`."""
    day = "1er" if moment.day == 1 else str(moment.day)
    return f"{DAYS[moment.weekday()]} {day}{NO_BREAK}{MONTHS[moment.month - 1]}"


def clock(text: str | datetime | None) -> str:
    """`8 h 10`; `""` when no time was recorded."""
    moment, _ = _moment(text)
    if not isinstance(moment, datetime):
        return ""
    return f"{moment.hour}{NO_BREAK}h{NO_BREAK}{moment:%M}"


def age(born: str | date | None, on: date) -> str:
    """`87 ans`, `14 mois` under three years, `12 jours` under a month; `""` when unknown."""
    moment, precision = _moment(born)
    if moment is None:
        return ""
    birth = moment.date() if isinstance(moment, datetime) else moment
    if precision == "year":
        return f"environ {plural(on.year - birth.year, 'an', 'ans')}"
    months = (on.year - birth.year) * 12 + on.month - birth.month - (on.day < birth.day)
    if months < 0:
        return ""
    if months < 1:
        return plural((on - birth).days, "jour", "jours")
    if months < MONTHS_OF_INFANCY:
        return plural(months, "mois", "mois")
    return plural(months // 12, "an", "ans")


def plural(count: int, one: str, many: str) -> str:
    """Give the count and its noun: `0 résultat`, `1 résultat`, `2 résultats`."""
    return f"{number(count)}{NO_BREAK}{one if abs(count) <= 1 else many}"


def matricule(value: str) -> str:
    """Give the INS in groups, `2 39 04 70 550 000 33`, bound by no-break spaces."""
    digits = re.sub(r"\s", "", value)
    if len(digits) != MATRICULE_LENGTH:
        return digits
    cuts = (0, 1, 3, 5, 7, 10, 13, 15)
    groups = (digits[a:b] for a, b in pairwise(cuts))
    return NO_BREAK.join(groups)


def bound(text: str) -> str:
    """`text` where a title stays with its name: `Dr Anne Le Goff`."""
    return re.sub(r"\b(Dr|Pr|Mme|M\.) ", r"\1" + NO_BREAK, text)


def typeset(text: str) -> str:
    """`text` with French spaces: narrow before `; ! ?`, no-break before `:` and `%`."""
    text = re.sub(r" ([;!?])", NARROW + r"\1", text)
    text = re.sub(r"« ", "«" + NARROW, text)
    text = re.sub(r" »", NARROW + "»", text)
    return re.sub(r" (:|%(?![\w(]))", NO_BREAK + r"\1", text)


def _moment(value: str | date | None) -> tuple[datetime | date | None, str]:
    if isinstance(value, datetime):
        return (value.astimezone(PARIS) if value.tzinfo else value), "time"
    if isinstance(value, date):
        return value, "day"
    return parse_moment(value)


def _grouped(digits: str) -> str:
    head = len(digits) % GROUP
    groups = [digits[:head]] if head else []
    groups += [digits[i : i + GROUP] for i in range(head, len(digits), GROUP)]
    return NARROW.join(groups)
