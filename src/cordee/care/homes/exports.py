"""The file of a resident given as TDDUI, of both lines. Rule: B7.2, decision 0071."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

import orjson

from cordee.care.homes.events import KIND as EVENT
from cordee.care.homes.events import KINDS as EVENT_KINDS
from cordee.care.homes.files import ResidentFiles
from cordee.care.homes.leaving import Leaving, resources, sections
from cordee.care.homes.living import need_home
from cordee.care.homes.projects import is_running
from cordee.care.homes.stays import KIND, KINDS, Stays, read_stay
from cordee.care.store import Resource, Store
from cordee.formats.tddui.document import Whose, cda
from cordee.formats.tddui.vocabulary import CDA_MEDIA, FHIR_MEDIA
from cordee.formats.tddui.writing import File, documents_bundle, resources_bundle
from cordee.identity.ins.patient_reading import birth_name, read_identity
from cordee.identity.principal import Principal
from cordee.runtime.clock import instant
from cordee.runtime.database import Database
from cordee.runtime.errors import RuleBroken

_FINESS: Final = ("urn:oid:1.2.250.1.71.4.2.2", "https://finess.esante.gouv.fr")
SORTS: Final = ",".join(
    [f"{KIND}|{one}" for one in KINDS] + [f"{EVENT}|{one}" for one in EVENT_KINDS]
)
"""Types of the Encounters that are stays and events of residents."""


class Exports:
    """The files that leave one installation."""

    def __init__(self, database: Database, store: Store, files: ResidentFiles) -> None:
        """`store` reads through the guard."""
        self._store = store
        self._files = files
        self._stays = Stays(database, store)

    async def of(self, principal: Principal, patient: str, at: datetime) -> tuple[bytes, bytes]:
        """The file of who lives here: the transaction of line 1, that of line 2.

        Raises `AccessDenied` for another home, `RuleBroken` for a home without a FINESS.
        """
        leaving = await self._leaving(principal, patient)
        number = uuid4().int
        native = orjson.dumps(resources_bundle(resources(leaving)))
        document = cda(_whose(leaving, number, at), sections(leaving))
        title = "Dossier usager informatisé"
        files = [
            File(f"urn:oid:2.25.{number}", title, CDA_MEDIA, document, instant(at)),
            File(
                f"urn:oid:2.25.{uuid4().int}", f"{title}, éléments structurés", FHIR_MEDIA, native,
                instant(at),
            ),
        ]  # fmt: skip
        return orjson.dumps(documents_bundle(files)), native

    async def _leaving(self, principal: Principal, patient: str) -> Leaving:
        person, _stay = await need_home(self._store, self._stays, principal, patient)
        about = f"patient=Patient/{patient}&type={SORTS}&_sort=-date&_count=500"
        kind, _, key = principal.structure.partition("/")
        place, rows, file = await asyncio.gather(
            self._store.read(principal, kind, key),
            self._store.search(principal, "Encounter", about),
            self._files.of(principal, patient),
        )
        finess = finess_of(place)
        if not finess:
            raise RuleBroken("La structure n’a pas de FINESS dans l’annuaire : complétez-le.")
        stays = [read_stay(one) for one in rows]
        running = [one for one in file.projects if is_running(one)]
        return Leaving(
            person, finess, str(place.get("name", "")), tuple(one for one in stays if one.kind),
            tuple(one for one in rows if not read_stay(one).kind),
            next(iter([*running, *file.projects]), None), tuple(file.transmissions),
            tuple(one for one in file.evaluations if one.get("status") == "completed"),
        )  # fmt: skip


def finess_of(place: Resource) -> str:
    """The nine characters of the FINESS of a structure, "" where none is known."""
    for one in place.get("identifier", ()):
        if one.get("system") in _FINESS:
            return str(one.get("value", "")).removeprefix("1")[-9:]
    return ""


def _whose(leaving: Leaving, number: int, at: datetime) -> Whose:
    name, identity = birth_name(leaving.patient), read_identity(leaving.patient)
    ins = None
    if identity.ins is not None and identity.may_send_matricule:
        ins = (identity.ins.authority.value, identity.ins.matricule)
    return Whose(
        str(name.get("family", "")), tuple(str(one) for one in name.get("given", ())),
        str(leaving.patient.get("gender", "")), str(leaving.patient.get("birthDate", "")), ins,
        leaving.local, leaving.home, leaving.finess, UUID(int=number).int, at,
    )  # fmt: skip
