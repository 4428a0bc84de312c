"""Treatments of one record: what is taken, how much, how often, since when, by whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from cordee.care.record.concepts import code_of, first_text, label, person
from cordee.care.record.ports import RecordRows, Resource

_LIVE = frozenset({"active", "on-hold", "draft", "intended", "unknown", ""})
_HIDDEN = frozenset({"entered-in-error", "cancelled", "not-taken"})
_HIGH_RISK = (
    ("anticoagulant", "B01AA"),
    ("anticoagulant", "B01AB"),
    ("anticoagulant", "B01AE"),
    ("anticoagulant", "B01AF"),
    ("insuline", "A10A"),
)


@dataclass(frozen=True, slots=True)
class Dosage:
    """One dosage instruction; `text` when it was written in words."""

    text: str = ""
    amount: Decimal | None = None
    amount_high: Decimal | None = None
    amount_unit: str = ""
    frequency: int | None = None
    period: Decimal | None = None
    period_unit: str = ""
    moments: tuple[str, ...] = ()  # codes such as MORN, NIGHT, AC
    route: str = ""
    as_needed: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Treatment:
    """One MedicationRequest or MedicationStatement."""

    name: str
    dosages: tuple[Dosage, ...]
    status: str
    since: str
    until: str
    author: str
    reason: str
    risk: str  # "anticoagulant", "insuline" or ""
    is_current: bool


def read_treatments(rows: RecordRows) -> tuple[Treatment, ...]:
    """Treatments, the current ones first by name, then those stopped, the newest first."""
    found = [
        _treatment(row, rows)
        for row in rows.treatments
        if row.get("status") not in _HIDDEN and row.get("doNotPerform") is not True
    ]
    current = sorted((t for t in found if t.is_current), key=lambda t: t.name.casefold())
    stopped = sorted(
        (t for t in found if not t.is_current), key=lambda t: t.until or t.since, reverse=True
    )
    return (*current, *stopped)


def _treatment(row: Resource, rows: RecordRows) -> Treatment:
    concept = row.get("medicationCodeableConcept") or _contained(row)
    name = label(concept) or person(row.get("medicationReference"), rows.names)
    instructions = row.get("dosageInstruction") or row.get("dosage") or ()
    status = str(row.get("status", ""))
    reasons = (label(reason) for reason in row.get("reasonCode", ()))
    bound = next(iter(instructions), {}).get("timing", {}).get("repeat", {}).get("boundsPeriod", {})
    return Treatment(
        name=name,
        dosages=tuple(_dosage(instruction) for instruction in instructions),
        status=status,
        since=str(bound.get("start", ""))
        or first_text(row, "effectivePeriod.start", "effectiveDateTime", "authoredOn"),
        until=str(bound.get("end", "")) or first_text(row, "effectivePeriod.end"),
        author=person(row.get("requester") or row.get("informationSource"), rows.names),
        reason=", ".join(text for text in reasons if text),
        risk=_risk(concept),
        is_current=status in _LIVE,
    )


def _contained(row: Resource) -> Mapping[str, Any]:
    wanted = str(row.get("medicationReference", {}).get("reference", "")).removeprefix("#")
    inside = (r for r in row.get("contained", ()) if r.get("id") == wanted)
    return next(inside, {}).get("code", {})


def _risk(concept: Mapping[str, Any]) -> str:
    for coding in concept.get("coding", ()):
        code = str(coding.get("code", ""))
        for risk, stem in _HIGH_RISK:
            if code.startswith(stem):
                return risk
    return ""


def _dosage(instruction: Mapping[str, Any]) -> Dosage:
    repeat = instruction.get("timing", {}).get("repeat", {})
    rate = next(iter(instruction.get("doseAndRate", ())), {})
    low = rate.get("doseQuantity") or rate.get("doseRange", {}).get("low", {})
    high = rate.get("doseRange", {}).get("high", {})
    need = instruction.get("asNeededCodeableConcept")
    return Dosage(
        text=str(instruction.get("text", "")),
        amount=_decimal(low.get("value")),
        amount_high=_decimal(high.get("value")),
        amount_unit=str(low.get("unit") or low.get("code") or high.get("unit", "")),
        frequency=repeat.get("frequency"),
        period=_decimal(repeat.get("period")),
        period_unit=str(repeat.get("periodUnit", "")),
        moments=tuple(repeat.get("when", ())),
        route=label(instruction.get("route")),
        as_needed=instruction.get("asNeededBoolean") is True or need is not None,
        reason=label(need) or code_of(need),
    )


def _decimal(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))
