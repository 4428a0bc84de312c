"""A synthetic region written straight to a lake of its own: rows as the door would make them.

Nobody in it is real and nothing of anybody real is read. Facts are then made by the very views that
read the lake of an installation: a test holds them equal to those drawn directly. Rule: G1.12.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final

import numpy as np
import pyarrow as pa

from cordee.population.areas.geography import Geography
from cordee.population.lake.contents import PART, PERSON, VERSION, schema
from cordee.population.lake.place import Place
from cordee.population.lake.tables import Tables
from cordee.population.synthesis.drawing import Drawn, events
from cordee.population.synthesis.people import drawn
from cordee.population.synthesis.writing import Plan, dates, named, persons

_do: Final[Any] = import_module("pyarrow.compute")
_ERA: Final = "synthese"
_AT_ONCE: Final = 500_000
_ICD10: Final = "http://hl7.org/fhir/sid/icd-10"
_ATC: Final = "http://www.whocc.no/atc"
_LOINC: Final = "http://loinc.org"
Told = Mapping[str, Any]


def write_lake(geography: Geography, plan: Plan, place: Place) -> dict[str, int]:
    """Writes the tables of a lake that is empty, and puts it in force; how many rows each has."""
    tables = place.tables(_ERA)
    rng = np.random.default_rng(plan.seed)
    people = drawn(geography.communes, plan.count, plan.weights, rng)
    names = named(plan, people.count)
    facts = persons(geography, people, plan, names, rng)
    counts = {"Patient": people.count}
    tables.append("Patient", _rows("Patient", people.count, names, _patients(facts), 0))
    waiting: dict[str, list[pa.Table]] = {}
    for one in events(people, plan.day, plan.years, rng):
        kind, told = _RESOURCES[one.kind]
        who = names.take(pa.array(one.who))
        made = _rows(kind, len(who), who, told(one, who), counts.get(kind, 0))
        counts[kind] = counts.get(kind, 0) + len(who)
        waiting.setdefault(kind, []).append(made)
        if sum(map(len, waiting[kind])) >= _AT_ONCE:
            _flush(tables, kind, waiting)
    for kind in sorted(waiting):
        _flush(tables, kind, waiting)
    place.enter(_ERA)
    return counts


def _flush(tables: Tables, kind: str, waiting: dict[str, list[pa.Table]]) -> None:
    held = waiting.pop(kind, [])
    waiting[kind] = []
    if held:
        tables.append(kind, pa.concat_tables(held))


def _rows(kind: str, count: int, who: pa.Array, told: Told, first: int) -> pa.Table:
    """The rows of a table: what is told of each column, nothing in the others."""
    own = who if kind == "Patient" else _joined(f"{kind}-", pa.array(range(first, first + count)))
    head = {"id": own, PERSON: who, PART: 0, VERSION: 0}
    shape = schema(kind)
    columns = [_column(one.type, (head | dict(told)).get(one.name), count) for one in shape]
    return pa.Table.from_arrays(columns, schema=shape)


def _column(kind: pa.DataType, told: Any, count: int) -> pa.Array:
    """A column: an array, one value for all, the parts of a structure, or a list of one of them."""
    if told is None:
        return pa.nulls(count, kind)
    if isinstance(told, pa.Array | pa.ChunkedArray):
        return told.cast(kind)
    if isinstance(told, Mapping):
        fields = list(kind)
        parts = [_column(one.type, told.get(one.name), count) for one in fields]
        return pa.StructArray.from_arrays(parts, fields=fields)
    if isinstance(told, list):
        places = pa.array(np.arange(count + 1, dtype=np.int32))
        inner = _column(kind.value_type, told[0], count)
        return pa.ListArray.from_arrays(places, inner).cast(kind)
    return pa.repeat(pa.scalar(told, kind), count)


def _patients(facts: pa.Table) -> Told:
    doctor = facts["doctor"].combine_chunks()
    has = _do.is_valid(doctor)
    lengths = np.concatenate([[0], np.cumsum(has.to_numpy(zero_copy_only=False))])
    links = pa.StructArray.from_arrays(
        [_joined("Practitioner/", doctor.filter(has))], names=["reference"]
    )
    return {
        "active": True,
        "gender": facts["sex"].combine_chunks(),
        "birthDate": facts["birth"].combine_chunks(),
        "address": [{"district": facts["commune"].combine_chunks()}],
        "generalPractitioner": pa.ListArray.from_arrays(pa.array(lengths, pa.int32()), links),
    }


def _subject(who: pa.Array) -> Told:
    return {"reference": _joined("Patient/", who)}


def _coded(system: str, code: str) -> Told:
    return {"coding": [{"system": system, "code": code}]}


def _condition(one: Drawn, who: pa.Array) -> Told:
    return {"subject": _subject(who), "code": _coded(_ICD10, one.code),
            "onsetDateTime": _moments(one.day)}  # fmt: skip


def _dispense(one: Drawn, who: pa.Array) -> Told:
    return {"subject": _subject(who), "status": "completed",
            "medicationCodeableConcept": _coded(_ATC, one.code),
            "whenHandedOver": _moments(one.day)}  # fmt: skip


def _encounter(one: Drawn, who: pa.Array) -> Told:
    until = None if one.until is None else _moments(one.until)
    reason = {"reasonCode": [_coded(_ICD10, one.detail)]} if one.detail else {}
    return {"subject": _subject(who), "status": "finished", "class": {"code": one.code},
            "period": {"start": _moments(one.day), "end": until}, **reason}  # fmt: skip


def _observation(one: Drawn, who: pa.Array) -> Told:
    value = None if one.value is None else pa.array(one.value, pa.float64())
    quantity = (
        {} if value is None else {"valueQuantity": {"value": value, "code": one.unit or None}}
    )
    return {"subject": _subject(who), "status": "final", "code": _coded(_LOINC, one.code),
            "effectiveDateTime": _moments(one.day), **quantity}  # fmt: skip


def _procedure(one: Drawn, who: pa.Array) -> Told:
    return {"subject": _subject(who), "status": "completed", "code": _coded("", one.code),
            "performedDateTime": _moments(one.day)}  # fmt: skip


def _immunization(one: Drawn, who: pa.Array) -> Told:
    return {"patient": _subject(who), "status": "completed", "vaccineCode": _coded(_ATC, one.code),
            "occurrenceDateTime": _moments(one.day)}  # fmt: skip


_RESOURCES: Final = {
    "act": ("Procedure", _procedure),
    "diagnosis": ("Condition", _condition),
    "dispensation": ("MedicationDispense", _dispense),
    "encounter": ("Encounter", _encounter),
    "result": ("Observation", _observation),
    "vaccine": ("Immunization", _immunization),
}


def _moments(days: Any) -> pa.Array:
    return _do.strftime(dates(days), "%Y-%m-%d")


def _joined(head: str, texts: pa.Array) -> pa.Array:
    return _do.binary_join_element_wise(head, texts.cast(pa.string()), "")
