"""The door of the lake: a resource as it was written comes in, a row that names nobody goes out.

Ids of persons and of what is written of them are replaced, references follow; texts, names and
identifiers have no column (`lake.contents`). A birth keeps its month, a commune where few live
becomes a group of them, dates may be shifted, by one number of days a person. Rule: G1.1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any, Final

import pyarrow as pa

from cordee.population.lake.contents import MOMENT, PART, PERSON, TYPES, VERSION, schema
from cordee.population.lake.pseudonyms import Pseudonyms

STRUCTURES: Final = frozenset({"Organization", "Location", "HealthcareService"})
"""Types that are no person and tell of none: their ids stay."""
_INSEE: Final = "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-address-insee-code"
_REFERENCE: Final = frozenset({"reference"})
_MONTH, _DAY = 7, 10
Json = Mapping[str, Any]
Keep = Callable[[Any, "Passage"], Any]


@dataclass(frozen=True, slots=True)
class Passage:
    """What holds for one resource on its way in."""

    pseudonyms: Pseudonyms
    days: int = 0

    def reference(self, value: str) -> str | None:
        """A reference that stays inside; None for what points elsewhere or into the resource."""
        kind, _, rest = value.partition("/")
        name = rest.partition("/")[0]
        if not name or kind not in TYPES:
            return None
        return f"{kind}/{name if kind in STRUCTURES else self.pseudonyms.of(f'{kind}/{name}')}"

    def moment(self, value: str) -> str:
        """A date, moved by the person's days where it has a day."""
        if not self.days or len(value) < _DAY:
            return value
        moved = date.fromisoformat(value[:_DAY]) + timedelta(days=self.days)
        return moved.isoformat() + value[_DAY:]


@dataclass(frozen=True, slots=True)
class Door:
    """Who passes and how; `widened` gives the area that a commune is known by in the lake.

    `shift` is the greatest number of days that dates are moved by, 0 for none; `parts` into how
    many parts persons are dealt.
    """

    pseudonyms: Pseudonyms
    widened: Callable[[str], str]
    shift: int = 0
    parts: int = 1

    def row(self, kind: str, resource: Json, person: int | None, number: int) -> dict[str, Any]:
        """The row of a resource; `person` as the base hashes them, `number` in the journal."""
        days = self._days(person)
        row = _keeper(kind)(resource, Passage(self.pseudonyms, days))
        own = resource["id"]
        row["id"] = own if kind in STRUCTURES else self.pseudonyms.of(f"{kind}/{own}")
        row[PERSON] = None if person is None else self.pseudonyms.of_number(person)
        row[PART] = 0 if person is None else self.pseudonyms.number(person, "part") % self.parts
        row[VERSION] = number
        if "birthDate" in row:
            row["birthDate"] = row["birthDate"][:_MONTH]
        if code := commune(resource):
            lies = {"district": self.widened(code) if kind == "Patient" else code}
            row["address"] = lies if kind == "Location" else [lies]
        return row

    def gone(self, kind: str, own: str) -> str:
        """The id, in the lake, of a resource that is no more."""
        return own if kind in STRUCTURES else self.pseudonyms.of(f"{kind}/{own}")

    def _days(self, person: int | None) -> int:
        if person is None or not self.shift:
            return 0
        return self.pseudonyms.number(person, "shift") % (2 * self.shift + 1) - self.shift


def stays(kind: str, resource: Json) -> bool:
    """Whether a resource has a place in the lake: files out of use and errors have none."""
    if kind == "Patient":
        replaced = any(one.get("type") == "replaced-by" for one in resource.get("link", ()))
        return resource.get("active") is not False and not replaced
    return resource.get("status") != "entered-in-error"


def commune(resource: Json) -> str | None:
    """INSEE code of where a person lives or a structure stands; the home before the rest."""
    given = resource.get("address") or ()
    addresses = [given] if isinstance(given, dict) else list(given)
    addresses.sort(key=lambda one: one.get("use") not in {"home", "work"})
    for one in addresses:
        for extension in one.get("extension", ()):
            if extension.get("url") == _INSEE:
                return extension.get("valueCoding", {}).get("code")
    return None


@cache
def _keeper(kind: str) -> Keep:
    return _struct_keeper(tuple(schema(kind)))


def _struct_keeper(fields: tuple[pa.Field, ...]) -> Keep:
    known = {field.name: _field_keeper(field) for field in fields if field.name != "address"}

    def keep(value: Json, passage: Passage) -> dict[str, Any]:
        return {
            name: keeper(given, passage)
            for name, given in value.items()
            if (keeper := known.get(name)) is not None
        }

    return keep


def _field_keeper(field: pa.Field) -> Keep:
    if field.metadata == MOMENT and pa.types.is_string(field.type):
        return lambda value, passage: passage.moment(value)
    return _type_keeper(field.type, is_moment=field.metadata == MOMENT)


def _type_keeper(kind: pa.DataType, *, is_moment: bool) -> Keep:
    if pa.types.is_list(kind):
        inner = _type_keeper(kind.value_type, is_moment=is_moment)
        return lambda value, passage: [inner(one, passage) for one in value if one is not None]
    if pa.types.is_struct(kind):
        fields = tuple(kind)
        if {field.name for field in fields} == _REFERENCE:
            return _keep_reference
        return _struct_keeper(fields)
    if is_moment:
        return lambda value, passage: passage.moment(value)
    if pa.types.is_floating(kind):
        return lambda value, _: float(value)
    return lambda value, _: value


def _keep_reference(value: Json, passage: Passage) -> dict[str, Any]:
    given = value.get("reference")
    return {"reference": passage.reference(given) if given else None}
