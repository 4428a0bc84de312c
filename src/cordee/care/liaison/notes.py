"""A note of the shared liaison book as a DocumentReference. Rule: Cahier de liaison 3.0.0.

The value sets of types (JDV_J23) and of visibility (JDV_J110) are not published with the guide:
known is the code of its example, "demande d'avis". Other types are ours and say so; visibility is
that of documents (JDV_J08), which the statements enforce. Decision 0055.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from cordee.access.labels import kind_of
from cordee.access.purposes import Kind
from cordee.care.record.concepts import person
from cordee.care.store import Also, Resource, Store, Write
from cordee.care.workflow.forms import Forms
from cordee.identity.principal import Principal
from cordee.runtime.clock import PARIS
from cordee.runtime.database import Database
from cordee.runtime.errors import AccessDenied, RuleBroken

_CDL: Final = "https://interop.esante.gouv.fr/ig/fhir/cdl/StructureDefinition/"
PROFILE: Final = f"{_CDL}cdl-document-reference"
EMERGENCY: Final = f"{_CDL}cdl-ext-is-emergency"
_NATIONAL: Final = "https://mos.esante.gouv.fr/NOS/TRE_R234-TypeNote/FHIR/TRE-R234-TypeNote"
_OWN: Final = "https://cordee.example/CodeSystem/type-note-liaison"
_LABELS: Final = (
    "https://mos.esante.gouv.fr/NOS/TRE_A07-StatutVisibiliteDocument/FHIR/"
    "TRE-A07-StatutVisibiliteDocument"
)
ANY_NOTE: Final = "NOTE-LIAISON"
"""The class of every note in the habilitation matrix."""
TYPES: Final[dict[str, str]] = {
    "transmission": "Transmission",
    "DEM-AVIS": "Demande d’avis",
    "surveillance": "À surveiller",
    "organisation": "Organisation des passages",
}
EVERYBODY: Final = "tous"
PROFESSIONALS: Final = "professionnels"
VISIBILITIES: Final[dict[str, str]] = {
    EVERYBODY: "Professionnels, la personne et ses proches",
    PROFESSIONALS: "Professionnels seulement",
}
LONGEST: Final = 4000
_HIDDEN: Final = ("INVISIBLE_PATIENT", "INVISIBLE_REPRESENTANTS_LEGAUX")


@dataclass(frozen=True, slots=True)
class Note:
    """A note to be written."""

    type: str
    words: str
    visibility: str = EVERYBODY
    is_urgent: bool = False


@dataclass(frozen=True, slots=True)
class Read:
    """A note as it stands in the record."""

    id: str
    type: str
    label: str
    words: str
    at: str
    author: str
    is_urgent: bool
    visibility: str


class Notes:
    """The liaison book of one installation."""

    def __init__(self, database: Database, store: Store) -> None:
        """`store` writes through the guard."""
        self._store = store
        self._forms = Forms(database)

    async def write(
        self, principal: Principal, patient: str, note: Note, at: datetime, number: str = ""
    ) -> str:
        """A new note of a professional; its id. The event NOT follows from what is written.

        `number` is that of the form, which is taken once.

        Raises `NotFound` for a patient who is not seen, `RuleBroken` for what is missing.
        """
        if kind_of(principal) is not Kind.PROFESSIONAL:
            raise AccessDenied("only professionals write in the liaison book here")
        if note.type not in TYPES or note.visibility not in VISIBILITIES:
            raise RuleBroken("Choisissez une sorte de note, et qui la lit.")
        if not note.words.strip() or len(note.words) > LONGEST:
            raise RuleBroken(f"Écrivez la note, en {LONGEST} caractères au plus.")
        await self._store.read(principal, "Patient", patient)
        written = [Write(resource_of(principal, patient, note, at))]

        async def write(also: Also) -> str:
            return (await self._store.write(principal, written, also))[0].id

        return await self._forms.once(number or str(uuid4()), write)


def resource_of(principal: Principal, patient: str, note: Note, at: datetime) -> dict[str, Any]:
    """The DocumentReference of a note."""
    coding = {"system": _OWN, "code": note.type, "display": TYPES[note.type]}
    if note.type == "DEM-AVIS":
        coding = {"system": _NATIONAL, "code": note.type, "display": "Demande d'avis"}
    authors = [one for one in (principal.practitioner, principal.structure) if one]
    made: dict[str, Any] = {
        "resourceType": "DocumentReference",
        "meta": {"profile": [PROFILE]},
        "status": "current",
        "type": {
            "coding": [
                coding,
                {"system": _OWN, "code": ANY_NOTE, "display": "Note du cahier de liaison"},
            ],
            "text": TYPES[note.type],
        },
        "subject": {"reference": f"Patient/{patient}"},
        "date": at.astimezone(PARIS).isoformat(timespec="milliseconds"),
        "author": [{"reference": one} for one in authors],
        "description": f"Cahier de liaison : {TYPES[note.type].lower()}",
        "content": [
            {
                "attachment": {
                    "contentType": "text/plain",
                    "language": "fr",
                    "data": base64.b64encode(note.words.strip().encode()).decode(),
                    "title": TYPES[note.type],
                }
            }
        ],
    }
    if note.is_urgent:
        made["extension"] = [{"url": EMERGENCY, "valueBoolean": True}]
    if note.visibility == PROFESSIONALS:
        made["securityLabel"] = [{"coding": [{"system": _LABELS, "code": c} for c in _HIDDEN]}]
    return made


def notes_of(documents: Iterable[Resource], names: Mapping[str, str]) -> tuple[Read, ...]:
    """Notes among the documents of a record, the newest first."""
    found = [_read(one, names) for one in documents if is_note(one)]
    return tuple(sorted(found, key=lambda one: one.at, reverse=True))


def is_note(document: Resource) -> bool:
    """Whether a document is a note of the liaison book that is in use."""
    profiles = (document.get("meta") or {}).get("profile") or ()
    return document.get("status") == "current" and PROFILE in {
        str(one).partition("|")[0] for one in profiles
    }


def chosen(notes: Sequence[Read], type_: str, since: str, *, urgent: bool) -> list[Read]:
    """Notes of a sort, since a day, urgent ones alone; "" stands for any."""
    return [
        one
        for one in notes
        if (not type_ or one.type == type_)
        and (not since or one.at[:10] >= since)
        and (one.is_urgent or not urgent)
    ]


def _read(one: Resource, names: Mapping[str, str]) -> Read:
    codings: list[Mapping[str, Any]] = list((one.get("type") or {}).get("coding") or ())
    first: Mapping[str, Any] = next(iter(codings), {})
    code = str(first.get("code", ""))
    label = TYPES.get(code) or str((one.get("type") or {}).get("text") or first.get("display", ""))
    authors = [person(a, names) for a in one.get("author") or ()]
    return Read(
        str(one["id"]), code, label, _words(one), str(one.get("date", "")),
        ", ".join(name for name in authors if name), _is_urgent(one),
        PROFESSIONALS if _is_hidden(one) else EVERYBODY,
    )  # fmt: skip


def _words(one: Resource) -> str:
    attachment: Mapping[str, Any] = next(iter(one.get("content") or ()), {}).get("attachment") or {}
    if not str(attachment.get("contentType", "")).startswith("text/plain"):
        return ""
    try:
        return base64.b64decode(str(attachment.get("data", ""))).decode()
    except ValueError:
        return ""


def _is_urgent(one: Resource) -> bool:
    extensions: list[Mapping[str, Any]] = list(one.get("extension") or ())
    return any(e.get("url") == EMERGENCY and e.get("valueBoolean") is True for e in extensions)


def _is_hidden(one: Resource) -> bool:
    labels: list[Mapping[str, Any]] = list(one.get("securityLabel") or ())
    return any(c.get("code") == _HIDDEN[0] for label in labels for c in label.get("coding") or ())
