"""What the professions of the social field open of a record: cells of types of resources.

A profession of care that belongs to the team opens what is no document; one of the social field
opens its cells alone, and what no cell names is closed. Documents go by the habilitation matrix,
as for everybody. Rule: B7.7; CSP L.1110-4, R.1110-2; decision 0074.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from typing import Final

from cordee.access.mandates.parts import OF_NOBODY
from cordee.access.matrix import State
from cordee.fhir.indexing.document_types import DOCUMENT_TYPES
from cordee.fhir.model.definitions import RESOURCE_TYPES
from cordee.fhir.store.scope import Limit
from cordee.identity.principal import Principal
from cordee.runtime.resources import data_folder

_READING: Final = frozenset("rs")
_SORTS: Final = "https://cordee.example/CodeSystem/intervention"
_OPEN_SORTS: Final = ("visite", "sortie", "animation", "transport", "aide")
"""Sorts of `care.agenda.interventions` that say nothing of health."""
_MACHINES: Final = "https://cordee.example/fhir/CodeSystem/workflow"
_WORK: Final = (
    "care-plan-action", "dac-request", "decision", "discharge", "facility-request", "handover",
    "home-care", "orientation", "personal-project", "rupture",
)  # fmt: skip
"""Machines of `workflows` whose requests to a whole structure are work of the social field; what
the others say (why somebody is sent to the emergency department, drugs, acts) is health."""
_NEWS: Final = "https://cordee.example/fhir/CodeSystem/nouvelles|famille"
"""What a home tells those close to a resident (`care.families.news`)."""
_ALWAYS: Final = frozenset({"Patient", *DOCUMENT_TYPES}) | OF_NOBODY
"""Who the person is, what the matrix itself judges, and what speaks of no patient."""


@cache
def cells() -> Mapping[str, frozenset[str]]:
    """Types of resources that each profession of the social field opens, by code of TRE_R94."""
    text = data_folder("matrix").joinpath("social.csv").read_text("utf-8")
    found: dict[str, set[str]] = {}
    for row in csv.DictReader(text.splitlines()):
        opened = found.setdefault(row["profession"], set())
        if State(row["state"]) is State.OPEN:
            opened.add(row["resource"])
    return {code: frozenset(kinds) for code, kinds in found.items()}


def is_social(profession: str) -> bool:
    """Whether a profession is of the social field: its cells alone open."""
    return profession in cells()


def opens_type(profession: str, kind: str) -> bool:
    """Whether a profession opens a type of resource; those of care open what they are tied to."""
    return not is_social(profession) or kind in _ALWAYS or kind in cells()[profession]


@cache
def closed_letters(profession: str) -> Mapping[str, str]:
    """The types that are closed to a profession, each with no letter; {} for those of care."""
    if not is_social(profession):
        return {}
    return {kind: "" for kind in RESOURCE_TYPES if not opens_type(profession, kind)}


def narrowed(
    principal: Principal, rights: Mapping[str, str], limits: tuple[Limit, ...]
) -> tuple[dict[str, str], tuple[Limit, ...]]:
    """The rights of a social profession: agenda, requests, messages in part, the rest as it was.

    Of the agenda, what says nothing of care and what they, or their structure, take part in; of
    requests, those that they are asked or ask, and of their structure those of the social field; of
    messages, those that they send or are sent, and
    the news of families. Others say why, and transmissions of care go to a whole home: health.
    """
    every = rights.get("*", "")
    made = {kind: "".join(sorted({*every, *rights.get(kind, "")})) for kind in RESOURCE_TYPES}
    who = ",".join(one for one in (principal.practitioner, principal.structure) if one)
    added: list[Limit] = []
    for kind, criteria in _parts(who, principal.practitioner, principal.structure).items():
        reading = "".join(one for one in made[kind] if one in _READING)
        made[kind] = "".join(one for one in made[kind] if one not in _READING)
        if reading:
            added += [Limit(kind, reading, "", one) for one in criteria]
    return made, (*limits, *added)


def _parts(who: str, person: str, home: str) -> dict[str, list[tuple[tuple[str, str], ...]]]:
    """What a resource of each type must meet, one of these at least, each as a whole."""
    agenda = [(("service-type", ",".join(f"{_SORTS}|{one}" for one in _OPEN_SORTS)),)]
    agenda += [(("actor", who),)] if who else []
    messages = [(("category", _NEWS),)]
    own: list[tuple[tuple[str, str], ...]] = []
    work = ("code", ",".join(f"{_MACHINES}|{one}" for one in _WORK))
    if person:
        messages += [(("sender", person),), (("recipient", person),)]
        own += [(("owner", person),), (("requester", person),)]
    if home:
        own += [(("owner", home), work), (("requester", home), work)]
    return {"Appointment": agenda, "Task": own, "Communication": messages}
