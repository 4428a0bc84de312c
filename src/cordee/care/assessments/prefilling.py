"""What a record knows already of the questions of a form, with the day that it knows it of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from cordee.care.assessments.answers import plain_number
from cordee.care.assessments.forms import NO, YES, Form
from cordee.care.record.ports import RecordRows, Resource

_WEIGHT, _HEIGHT = "29463-7", "8302-2"
_HALF_YEAR, _LONG_AGO = timedelta(days=182), timedelta(days=400)
_STAYS: Final = frozenset({"EMER", "IMP", "ACUTE", "NONAC", "SS"})
_MANY: Final = 5
_ANTICOAGULANTS: Final = (
    "apixaban", "rivaroxaban", "dabigatran", "warfarine", "fluindione", "acénocoumarol",
    "énoxaparine", "tinzaparine", "edoxaban", "coumadine", "previscan", "eliquis", "xarelto",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Known:
    """A value that stands in the record, and of which day; "" for a day that nothing says."""

    value: str
    day: str = ""


def prefill(form: Form, rows: RecordRows, today: date) -> dict[str, Known]:
    """What the record knows, by the code of the question; nothing of it is an answer yet."""
    found: dict[str, Known] = {}
    for item in form.items():
        known = KNOWN[item.from_](rows, today) if item.from_ in KNOWN else None
        if known is not None:
            found[item.code] = known
    return found


def _weight(rows: RecordRows, today: date) -> Known | None:
    return _latest(rows, _WEIGHT, today - _LONG_AGO, today)


def _weight_before(rows: RecordRows, today: date) -> Known | None:
    return _latest(rows, _WEIGHT, today - _LONG_AGO, today - _HALF_YEAR + timedelta(days=31))


def _height(rows: RecordRows, today: date) -> Known | None:
    found = _latest(rows, _HEIGHT, date.min, today)
    if found and float(found.value) < 3:  # noqa: PLR2004 -- metres
        return Known(plain_number(str(float(found.value) * 100)), found.day)
    return found


def _drugs(rows: RecordRows, _: date) -> Known | None:
    return Known(str(len(_current(rows))))


def _five_drugs(rows: RecordRows, _: date) -> Known | None:
    return Known(YES) if len(_current(rows)) >= _MANY else None


def _anticoagulant(rows: RecordRows, _: date) -> Known | None:
    names = " ".join(_name(one) for one in _current(rows)).casefold()
    return Known(YES) if any(one in names for one in _ANTICOAGULANTS) else None


def _attending(rows: RecordRows, _: date) -> Known | None:
    return Known(YES if rows.patient.get("generalPractitioner") else NO)


def _no_attending(rows: RecordRows, _: date) -> Known | None:
    return None if rows.patient.get("generalPractitioner") else Known(YES)


def _two_stays(rows: RecordRows, today: date) -> Known | None:
    since = (today - _HALF_YEAR).isoformat()
    stays = [
        one
        for one in rows.encounters
        if str((one.get("class") or {}).get("code", "")) in _STAYS
        and one.get("status") not in {"planned", "cancelled", "entered-in-error"}
        and str((one.get("period") or {}).get("start", ""))[:10] >= since
    ]
    return Known(YES) if len(stays) > 1 else None


KNOWN: Final[Mapping[str, Callable[[RecordRows, date], Known | None]]] = {
    "weight": _weight,
    "weight-before": _weight_before,
    "height": _height,
    "drugs": _drugs,
    "five-drugs": _five_drugs,
    "anticoagulant": _anticoagulant,
    "attending": _attending,
    "no-attending": _no_attending,
    "two-stays": _two_stays,
}
"""What `from` of an item can name."""


def _latest(rows: RecordRows, code: str, since: date, until: date) -> Known | None:
    found = [
        (day, value)
        for one in rows.results
        if code in _codes(one.get("code"))
        and one.get("status") not in {"entered-in-error", "cancelled"}
        and (value := (one.get("valueQuantity") or {}).get("value")) is not None
        and since.isoformat() <= (day := str(one.get("effectiveDateTime", ""))[:10])
        and day <= until.isoformat()
    ]
    if not found:
        return None
    day, value = max(found, key=lambda one: one[0])
    return Known(plain_number(str(value)), day)


def _current(rows: RecordRows) -> list[Resource]:
    return [one for one in rows.treatments if one.get("status") == "active"]


def _name(treatment: Resource) -> str:
    concept: Mapping[str, Any] = treatment.get("medicationCodeableConcept") or {}
    texts: Iterable[str] = (
        str(concept.get("text", "")),
        *(str(one.get("display", "")) for one in concept.get("coding", ())),
    )
    return " ".join(texts)


def _codes(concept: Any) -> set[str]:
    return {str(one.get("code", "")) for one in (concept or {}).get("coding", ())}
