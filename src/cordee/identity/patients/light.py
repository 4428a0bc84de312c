"""Light files of reception, lodging and insertion (AHI): no INS asked for, a pseudonym allowed.

A light file bears a mark of its own; under a pseudonym its identity is fictive as well, so that
nothing of the INS is asked or sent. Nothing brings it near another file by itself. It becomes an
ordinary one when the person wishes so, and who heard it says so. Rule: B7.8; decision 0075.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson

from cordee.directory.vocabulary import terminology
from cordee.fhir.interactions.kernel import Kernel
from cordee.fhir.store.identifiers import new_id
from cordee.fhir.store.repository import version_of
from cordee.identity.ins.alphabet import strict_name
from cordee.identity.ins.births import date_of_age
from cordee.identity.ins.patient_reading import read_identity
from cordee.identity.ins.patient_writing import write_identity
from cordee.identity.ins.statuses import Attribute, Identity, Status
from cordee.identity.ins.traits import Sex, StrictTraits, strict_traits
from cordee.identity.patients.files import QUERIES, Change, File, Files, Json, need_professional
from cordee.identity.principal import Principal
from cordee.runtime import clock
from cordee.runtime.database import Connection
from cordee.runtime.errors import InvalidRequest, RuleBroken

SYSTEM: Final = "https://cordee.example/fhir/CodeSystem/dossier"
LIGHT: Final = "leger"
_TAG: Final = {"system": SYSTEM, "code": LIGHT, "display": "Dossier léger (AHI)"}
_CATEGORIES: Final = terminology("TRE_R66-CategorieEtablissement")
RECEIVING: Final = frozenset({"214", "219", "258", "442", "443"})
"""Categories of FINESS (TRE_R66) that receive, lodge and help to insert: C.H.R.S., other centres,
maisons relais, C.P.H., C.A.D.A."""
_LONGEST: Final = 60
_OLDEST: Final = 120
NOT_RECEIVING: Final = (
    "Un dossier léger se crée dans une structure d’accueil, d’hébergement ou d’insertion."
)


@dataclass(frozen=True, slots=True)
class Received:
    """Who is received: under a pseudonym, or under the name that they gave (`traits`)."""

    pseudonym: str = ""
    sex: Sex = Sex.UNKNOWN
    age: int | None = None
    traits: StrictTraits | None = None


class LightFiles:
    """Light files: made, and made ordinary."""

    def __init__(self, kernel: Kernel) -> None:
        """All parts of the kernel are open."""
        self._kernel = kernel
        self._files = Files(kernel)

    async def create(self, principal: Principal, received: Received) -> File:
        """A new light file of the structure of the principal; PROV, without a search before.

        Raises `RuleBroken` for a structure of another kind, `InvalidRequest` and
        `ResourceInvalid` for a name that cannot be.
        """
        need_professional(principal)
        identity = _identity(received)
        key = new_id()
        patient = {
            "resourceType": "Patient", "id": key, "active": True, "meta": {"tag": [_TAG]},
            "managingOrganization": {"reference": principal.structure},
        }  # fmt: skip
        body = orjson.dumps(write_identity(patient, identity))
        async with self._kernel.database.transaction() as connection:
            await self._need_receiving(connection, principal)
            await self._files.write(connection, [Change("Patient", key, body, 0)], principal.user)
            await connection.execute(QUERIES["step"], key, "", "PROV", "light", "", principal.user)
            return await self._files.get(connection, key)

    async def make_ordinary(
        self, principal: Principal, patient: str, traits: StrictTraits, *, wished: bool
    ) -> File:
        """The same file, ordinary from now on, under the traits that the person gives.

        The pseudonym stays as an old name. Raises `RuleBroken` without the person's wish, or for
        a file that is not light; `ResourceInvalid` for traits that cannot be.
        """
        need_professional(principal)
        if not wished:
            raise RuleBroken("C’est à la personne de le souhaiter : dites qu’elle l’a demandé.")
        known = strict_traits(traits, today=clock.today())
        if not (known.birth_name and known.birth_given_names and known.birth_date):
            raise InvalidRequest("Le nom de naissance, le prénom et la date sont nécessaires.")
        async with self._kernel.database.transaction() as connection:
            file = await self._files.get(connection, patient)
            if not is_light(file.patient):
                raise RuleBroken("Ce dossier est déjà un dossier ordinaire.")
            before = file.identity
            old = {"use": "old", "family": before.traits.birth_name}
            others = before.attributes - {Attribute.FICTIVE}
            made = replace(before, traits=known, status=Status.PROV, attributes=others)

            def named(one: Json) -> Json:
                written = write_identity(_without_mark(one), made)
                if Attribute.FICTIVE not in before.attributes:
                    return written
                return written | {"name": [*written.get("name", ()), old]}

            after = await self._files.change(connection, file, named, principal.user)
            await connection.execute(
                QUERIES["step"], patient, "leger", "PROV", "ordinary", "", principal.user
            )
        return after

    async def _need_receiving(self, connection: Connection, principal: Principal) -> None:
        kind, _, key = principal.structure.partition("/")
        rows = await connection.fetch(QUERIES["structure_names"], [key] if kind else [])
        if not any(
            receives(orjson.loads(version_of("Organization", row["id"], row).json()))
            for row in rows
        ):
            raise RuleBroken(NOT_RECEIVING)


def is_light(patient: Mapping[str, Any]) -> bool:
    """Whether a file is light."""
    tags = (patient.get("meta") or {}).get("tag", ())
    return any(one.get("system") == SYSTEM and one.get("code") == LIGHT for one in tags)


def is_under_pseudonym(patient: Mapping[str, Any]) -> bool:
    """Whether the name of a light file is none of the civil state."""
    return is_light(patient) and Attribute.FICTIVE in read_identity(patient).attributes


def receives(organization: Mapping[str, Any]) -> bool:
    """Whether a structure is of reception, lodging and insertion, as the directory has it."""
    codings = (
        coding for one in organization.get("type", ()) for coding in one.get("coding", ())
    )  # fmt: skip
    return any(one.get("system") == _CATEGORIES and one.get("code") in RECEIVING for one in codings)


def _identity(received: Received) -> Identity:
    if received.traits is not None:
        known = strict_traits(received.traits, today=clock.today())
        if not known.birth_name or not known.birth_given_names:
            raise InvalidRequest("Donnez le nom et le prénom, ou un pseudonyme.")
        return Identity(known)
    name = strict_name(received.pseudonym)
    if not name or len(name) > _LONGEST:
        raise InvalidRequest("Donnez le pseudonyme que la personne a choisi, en lettres.")
    if received.age is not None and not 0 <= received.age <= _OLDEST:
        raise InvalidRequest("Donnez un âge en années, ou aucun.")
    born = date_of_age(received.age, clock.today()) if received.age is not None else None
    traits = strict_traits(
        StrictTraits(name, "X", "X", born, received.sex, ""), today=clock.today()
    )
    return Identity(traits, attributes=frozenset({Attribute.FICTIVE}))


def _without_mark(patient: Json) -> Json:
    meta = dict(patient.get("meta") or {})
    meta["tag"] = [one for one in meta.get("tag", ()) if one.get("system") != SYSTEM]
    if not meta["tag"]:
        del meta["tag"]
    return patient | {"meta": meta}
