"""The tables of facts: what a row of each says, and the view that makes it; pure.

Every event has the same columns, so that a definition of an indicator names kinds and codes alone.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import orjson

from cordee.population.views.definition import View, read
from cordee.population.views.dialects import Dialect
from cordee.runtime.resources import data_folder

PERSON: Final = "person"
KINDS: Final = (
    "act", "diagnosis", "dispensation", "encounter", "followup", "prescription", "request",
    "result", "vaccine",
)  # fmt: skip
"""Kinds of events: an act by CCAM, a diagnosis by ICD-10, a dispensation and a prescription by
ATC, a contact or stay by its HL7 class with its reason in `detail`, a result by LOINC..."""
PERSON_COLUMNS: Final = (
    "person", "sex", "birth", "commune", "died", "doctor", "structure", "source",
)  # fmt: skip
EVENT_COLUMNS: Final = (
    "person", "code", "day", "until", "value", "unit", "place", "detail", "source",
)  # fmt: skip
"""Days are dates; an event without an end has no `until`."""
_TYPES: Final = {"day": "DATE", "until": "DATE", "value": "DOUBLE"}


@cache
def view(kind: str) -> View:
    """The view that makes the rows of a kind of event, or of persons."""
    return read(definition(kind))


@cache
def definition(kind: str) -> dict[str, Any]:
    """The ViewDefinition of a kind, as it is shipped."""
    return orjson.loads(data_folder("population").joinpath("views", f"{kind}.json").read_bytes())


def shaped(kind: str, sql: str, given: tuple[str, ...], dialect: Dialect, source: str) -> str:
    """The SELECT of a view brought to the columns of its table of facts."""
    columns = PERSON_COLUMNS if kind == PERSON else EVENT_COLUMNS
    told = {name: dialect.name_of(name) for name in given}
    told |= {"source": dialect.text(source)}
    if "start" in told:
        told["day"] = _day(told["start"])
    for name in {"until", "died"} & told.keys():
        told[name] = _day(told[name])
    kinds = _TYPES | {"died": "DATE"}
    made = ", ".join(
        f"{told.get(one) or _nothing(kinds.get(one), dialect)} AS {dialect.name_of(one)}"
        for one in columns
    )
    return f"SELECT {made} FROM ({sql}) given WHERE {told['person']} IS NOT NULL"


def _day(column: str) -> str:
    """The first day of what a FHIR date tells."""
    return (
        f"CAST(CASE length({column}) WHEN 4 THEN concat({column}, '-01-01')"
        f" WHEN 7 THEN concat({column}, '-01') ELSE substring({column}, 1, 10) END AS DATE)"
    )


def _nothing(kind: str | None, dialect: Dialect) -> str:
    return f"CAST(NULL AS {kind or dialect.types['text']})"
