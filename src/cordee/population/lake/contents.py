"""What of a resource enters the lake, with its Arrow type: by R4, without free text; pure.

An element enters by its type: codes, references, quantities, moments, numbers. Texts, names,
addresses, identifiers, narratives, attachments and extensions do not. Rule: G1.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

import pyarrow as pa

from cordee.fhir.model.definitions import Element, type_definition

PERSON, PART, VERSION = "person", "part", "journal"
"""Columns beside those of FHIR: the person's pseudonym, their part, the number in the journal."""
TYPES: Final = frozenset(
    {
        "AllergyIntolerance", "Appointment", "CarePlan", "CareTeam", "Claim", "Condition",
        "DiagnosticReport", "Encounter", "EpisodeOfCare", "ExplanationOfBenefit", "Flag", "Goal",
        "HealthcareService", "Immunization", "Location", "MedicationAdministration",
        "MedicationDispense", "MedicationRequest", "MedicationStatement", "Observation",
        "Organization", "Patient", "Practitioner", "PractitionerRole", "Procedure",
        "ServiceRequest", "Task",
    }
)  # fmt: skip
"""Resource types that enter; every other one stays out."""
MOMENT: Final = {b"kind": b"moment"}
"""Metadata of the columns that hold a date: what a shift of dates moves."""
_SCALARS: Final[Mapping[str, pa.DataType]] = {
    "boolean": pa.bool_(),
    "integer": pa.int32(),
    "positiveInt": pa.int32(),
    "unsignedInt": pa.int32(),
    "decimal": pa.float64(),
    "code": pa.string(),
    "time": pa.string(),
}
_CODING: Final = {"system": pa.string(), "code": pa.string()}
_QUANTITY: Final = {
    "value": pa.float64(), "comparator": pa.string(), "system": pa.string(), "code": pa.string(),
}  # fmt: skip
_QUANTITIES: Final = ("Quantity", "SimpleQuantity", "Age", "Duration", "Count", "Distance")


def _struct(fields: Mapping[str, pa.DataType]) -> pa.DataType:
    return pa.struct(list(fields.items()))


def _moment(name: str) -> pa.Field:
    return pa.field(name, pa.string(), metadata=MOMENT)


_COMPLEX: Final[Mapping[str, pa.DataType]] = {
    "Coding": _struct(_CODING),
    "CodeableConcept": _struct({"coding": pa.list_(_struct(_CODING))}),
    "Reference": _struct({"reference": pa.string()}),
    "Period": pa.struct([_moment("start"), _moment("end")]),
    "Range": _struct({"low": _struct(_QUANTITY), "high": _struct(_QUANTITY)}),
    "Ratio": _struct({"numerator": _struct(_QUANTITY), "denominator": _struct(_QUANTITY)}),
    **dict.fromkeys(_QUANTITIES, _struct(_QUANTITY)),
}
_LIES: Final = _struct({"district": pa.string()})
_DEEPEST: Final = 3
_MOMENTS: Final = frozenset({"date", "dateTime", "instant"})
_APART: Final = frozenset({"contained", "extension", "modifierExtension", "identifier", "id"})
_PATIENT: Final[Mapping[str, pa.DataType]] = {
    "active": pa.bool_(),
    "gender": pa.string(),
    "birthDate": pa.string(),
    "deceasedBoolean": pa.bool_(),
    "address": pa.list_(_LIES),
    "generalPractitioner": pa.list_(_COMPLEX["Reference"]),
    "managingOrganization": _COMPLEX["Reference"],
}
"""Of a person: no more than this. The district is the INSEE code, widened where few live."""
_PLACES: Final = frozenset({"Organization", "Location"})


@cache
def schema(kind: str) -> pa.Schema:
    """The columns of a resource type in the lake; raises `KeyError` for one that stays out."""
    if kind not in TYPES:
        raise KeyError(kind)
    if kind == "Patient":
        fields = [*map(_field, _PATIENT.items()), _moment("deceasedDateTime")]
    elif kind == "Practitioner":
        fields = [pa.field("active", pa.bool_())]
    else:
        fields = _elements(kind, 1)
    if kind in _PLACES:
        fields.append(pa.field("address", _LIES if kind == "Location" else pa.list_(_LIES)))
    head = {"id": pa.string(), PERSON: pa.string(), PART: pa.int32(), VERSION: pa.int64()}
    return pa.schema([*map(_field, head.items()), *fields])


def _field(given: tuple[str, pa.DataType]) -> pa.Field:
    return pa.field(*given)


def _elements(kind: str, depth: int) -> list[pa.Field]:
    """Properties of a type that enter, in the order of the specification."""
    found = []
    for name, (element, given) in type_definition(kind).properties.items():
        made = _of(name, element, given, depth)
        if made is not None:
            many = element.maximum != 1
            found.append(pa.field(name, pa.list_(made), metadata=made.metadata) if many else made)
    return found


def _of(name: str, element: Element, given: str, depth: int) -> pa.Field | None:
    if element.name in _APART or name == "language":
        return None
    if given in _MOMENTS:
        return _moment(name)
    known = _SCALARS.get(given) or _COMPLEX.get(given)
    if known is not None:
        return pa.field(name, known)
    inner = element.children or given
    if "." in inner and depth < _DEEPEST and (fields := _elements(inner, depth + 1)):
        return pa.field(name, pa.struct(fields))
    return None
