"""Photos of a visit at home: none without consent, which is kept with it; gone when that is.

A photo is a document of the record: it comes in by the door of documents (decision 0044), its
consent is an extension of it. Rule: B4.8; decision 0073.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from cordee.care.caseload.desk import person_name
from cordee.care.documents.intake import Intake, patient_of
from cordee.care.documents.metadata import Submission
from cordee.care.documents.ports import Content
from cordee.care.documents.vocabulary import CONSENT, JPEG
from cordee.care.store import Resource, Store
from cordee.care.visits.images import cleaned
from cordee.identity.principal import Principal
from cordee.runtime.clock import instant
from cordee.runtime.errors import NotFound, RuleBroken

TYPE: Final = "52040-3"
"""« Document encapsulant une image d’illustration non DICOM »."""
WHO: Final[Mapping[str, str]] = {
    "personne": "La personne elle-même",
    "representant": "Son représentant légal",
    "parent": "Un titulaire de l’autorité parentale",
}
PURPOSES: Final[Mapping[str, str]] = {
    "plaie": "Suivre une plaie ou la peau",
    "logement": "Montrer le logement, les obstacles",
    "materiel": "Montrer un matériel ou une installation",
    "traitement": "Montrer des boîtes de médicaments",
}
MOST: Final = 100


@dataclass(frozen=True, slots=True)
class Consent:
    """Who consented to a photo, for what, when."""

    who: str
    purpose: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo that stands in a record; `author` is the name of who took it."""

    id: str
    who: str
    purpose: str
    at: str
    author: str


class Photos:
    """The photos of visits of one installation."""

    def __init__(self, intake: Intake, store: Store) -> None:
        """`intake` is the door of documents, where a file goes with what stood on a consent."""
        self._intake = intake
        self._store = store

    async def take(
        self, principal: Principal, patient: str, number: str, consent: Consent | None, data: bytes
    ) -> str:
        """The id of the document of a photo; the same form (`number`) sent again gives the same.

        Raises `RuleBroken` without consent, `ResourceInvalid` for what is no photo, and what the
        door of documents raises.
        """
        if consent is None or consent.who not in WHO or consent.purpose not in PURPOSES:
            raise RuleBroken(
                "Sans accord noté (qui, pour quoi), la photo n’est pas gardée.",
                expression=("accord",),
            )
        image = await cleaned(data)
        submission = Submission(
            TYPE, f"Photo de visite : {PURPOSES[consent.purpose].lower()}", consent.at,
            principal.practitioner, principal.structure, Content(JPEG, image),
            f"urn:oid:2.25.{UUID(number).int}", extensions=(_extension(consent),),
        )  # fmt: skip
        made = await self._intake.deposit(principal, patient, submission, to_dmp=False)
        return made.document

    async def of_patient(self, principal: Principal, patient: str) -> list[Photo]:
        """The photos that stand in a record, the newest first; at most 100."""
        query = (
            f"patient=Patient/{patient}&type={TYPE}&status=current&_sort=-date&_count={MOST}"
            "&_include=DocumentReference:author:Practitioner"
        )
        rows = await self._store.search(principal, "DocumentReference", query)
        names = {
            f"Practitioner/{one['id']}": person_name(one)
            for one in rows
            if one["resourceType"] == "Practitioner"
        }
        documents = [one for one in rows if one["resourceType"] == "DocumentReference"]
        return [found for one in documents if (found := _photo(one, names)) is not None]

    async def withdraw(self, principal: Principal, patient: str, key: str) -> None:
        """Takes a photo out of the record: consent was taken back. Its file goes too.

        Raises `NotFound` for what is no photo of this person, `AccessDenied` for who neither took
        it nor is of their structure.
        """
        document = await self._store.read(principal, "DocumentReference", key)
        if patient_of(document) != patient or _facts(document) is None:
            raise NotFound("there is no such photo")
        if document.get("status") == "current":  # else it was taken out before
            await self._intake.withdraw(principal, key, "Accord de la personne retiré.")


def _extension(consent: Consent) -> dict[str, Any]:
    return {
        "url": CONSENT,
        "extension": [
            {"url": "who", "valueCode": consent.who},
            {"url": "purpose", "valueCode": consent.purpose},
            {"url": "at", "valueDateTime": instant(consent.at)},
        ],
    }


def _facts(document: Resource) -> dict[str, str] | None:
    for one in document.get("extension", ()):
        if one.get("url") == CONSENT:
            return {
                str(part["url"]): str(part.get("valueCode") or part.get("valueDateTime") or "")
                for part in one.get("extension", ())
            }
    return None


def _photo(document: Resource, names: Mapping[str, str]) -> Photo | None:
    facts = _facts(document)
    if facts is None:
        return None
    authors = [str(one.get("reference", "")) for one in document.get("author", ())]
    author = next((names[one] for one in authors if one in names), "")
    return Photo(
        str(document["id"]), facts.get("who", ""), facts.get("purpose", ""), facts.get("at", ""),
        author,
    )  # fmt: skip
