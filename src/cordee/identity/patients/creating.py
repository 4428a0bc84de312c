"""A new file: of a person who was searched first, of somebody unknown, of somebody under an alias.

Rules: A1.1, A1.10, A1.12; RNIV 1 (unknown and sensitive identities). Every new file is PROV.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

import orjson

from cordee.fhir.interactions.kernel import Kernel
from cordee.fhir.store.identifiers import new_id
from cordee.fhir.store.scope import Scope
from cordee.identity.ins.alphabet import strict_name
from cordee.identity.ins.births import date_of_age
from cordee.identity.ins.patient_writing import write_identity
from cordee.identity.ins.statuses import Attribute, Identity, Status
from cordee.identity.ins.traits import Sex, StrictTraits, strict_traits
from cordee.identity.matching.people import Person
from cordee.identity.patients.files import QUERIES, Change, File, Files, Json, need_professional
from cordee.identity.patients.light import is_light
from cordee.identity.patients.searching import Finder
from cordee.identity.principal import Principal
from cordee.runtime import clock
from cordee.runtime.errors import InvalidRequest, RuleBroken

SENSITIVE_SYSTEM = "http://terminology.hl7.org/CodeSystem/v3-ObservationValue"
_SENSITIVE = {"system": SENSITIVE_SYSTEM, "code": "PSEUDED", "display": "pseudonymized"}
_LETTERS = 26
_CODE = 4


class Sensitive(StrEnum):
    """Why somebody is cared for under an alias."""

    SECRET_BIRTH = "accouchement-secret"  # noqa: S105 -- a mode, no password
    PRISONER = "detenu"
    PROMINENT = "personne-exposee"
    ANONYMOUS_CARE = "soins-anonymes"


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of a new person; the address and the phone need not be known."""

    traits: StrictTraits
    used_name: str = ""
    phone: str = ""
    town: str = ""
    postcode: str = ""


class Creation:
    """Makes new files."""

    def __init__(self, kernel: Kernel, finder: Finder) -> None:
        """`finder` knows who searched for whom."""
        self._kernel = kernel
        self._finder = finder
        self._files = Files(kernel)

    async def create(self, principal: Principal, scope: Scope, told: Told) -> File:
        """The file of a person who was searched for; PROV.

        Raises `RuleBroken` without that search, `ResourceInvalid` for traits that cannot be.
        """
        need_professional(principal)
        traits = strict_traits(told.traits, today=clock.today())
        if not (traits.birth_name and traits.birth_given_names and traits.birth_date):
            raise InvalidRequest("Le nom de naissance, le prénom et la date sont nécessaires.")
        asked = Person(birth_name=traits.birth_name, birth_date=traits.birth_date.isoformat())
        if not await self._finder.was_made(scope, asked):
            raise RuleBroken("Cherchez d’abord cette personne avec ces mêmes nom et date.")
        patient = _patient(principal, told) | {"active": True}
        return await self._write(principal, write_identity(patient, Identity(traits)), "created")

    async def create_unknown(
        self, principal: Principal, sex: Sex, age: int, *, today: date | None = None
    ) -> File:
        """The file of somebody of whom an age is seen and nothing known: a name of a sequence."""
        need_professional(principal)
        code = await self._next()
        born = date_of_age(age, today or clock.today())
        traits = StrictTraits(f"INCONNU-{code}", "X", "X", born, sex, "")
        identity = Identity(traits, attributes=frozenset({Attribute.FICTIVE}))
        patient = _owned(principal) | {"active": True}
        return await self._write(principal, write_identity(patient, identity), "unknown")

    async def create_sensitive(
        self, principal: Principal, mode: Sensitive, sex: Sex, age: int
    ) -> File:
        """A file under an alias: no true trait, no INSi, as long as the mode lasts."""
        need_professional(principal)
        code = await self._next()
        born = date_of_age(age, clock.today())
        traits = StrictTraits(f"ALIAS-{code}", "X", "X", born, sex, "")
        identity = Identity(traits, attributes=frozenset({Attribute.FICTIVE}))
        patient = _owned(principal) | {"active": True, "meta": {"security": [_SENSITIVE]}}
        return await self._write(principal, write_identity(patient, identity), mode.value)

    async def reconcile(self, principal: Principal, patient: str, traits: StrictTraits) -> File:
        """The same file with the true traits of somebody who was unknown: its timeline stays.

        The name of the sequence stays as an old name. Raises `RuleBroken` for a file that is not
        fictive, or that is kept under an alias on purpose.
        """
        need_professional(principal)
        known = strict_traits(traits, today=clock.today())
        async with self._kernel.database.transaction() as connection:
            file = await self._files.get(connection, patient)
            if Attribute.FICTIVE not in file.identity.attributes:
                raise RuleBroken("Cette identité n’est pas fictive.")
            if is_sensitive(file.patient):
                raise RuleBroken("Ce dossier est tenu sous alias ; il le reste.")
            old = {"use": "old", "family": file.identity.traits.birth_name, "given": ["X"]}
            if is_light(file.patient):
                raise RuleBroken("Ce dossier est léger : il devient ordinaire si la personne veut.")
            others = file.identity.attributes - {Attribute.FICTIVE}
            made = replace(file.identity, traits=known, status=Status.PROV, attributes=others)

            def named(one: Json) -> Json:
                written = write_identity(one, made)
                return written | {"name": [*written.get("name", ()), old]}

            after = await self._files.change(connection, file, named, principal.user)
            await connection.execute(
                QUERIES["step"], patient, "fictif", "PROV", "reconciled", "", principal.user
            )
        return after

    async def _next(self) -> str:
        async with self._kernel.database.write.acquire() as connection:
            number: int = await connection.fetchval("SELECT nextval('identity_unknown')") or 0
        code = ""
        while number or len(code) < _CODE:
            number, rest = divmod(number, _LETTERS)
            code = chr(ord("A") + rest) + code
        return code

    async def _write(self, principal: Principal, patient: Json, how: str) -> File:
        key = new_id()
        body = orjson.dumps(patient | {"id": key})
        async with self._kernel.database.transaction() as connection:
            await self._files.write(connection, [Change("Patient", key, body, 0)], principal.user)
            await connection.execute(QUERIES["step"], key, "", "PROV", how, "", principal.user)
            return await self._files.get(connection, key)


def is_sensitive(patient: Json) -> bool:
    """Whether a file is kept under an alias."""
    labels = patient.get("meta", {}).get("security", ())
    return any(one.get("system") == SENSITIVE_SYSTEM for one in labels)


def _owned(principal: Principal) -> Json:
    """A Patient of the structure that receives the person, whose circle begins with it."""
    patient: Json = {"resourceType": "Patient"}
    if principal.structure:
        patient["managingOrganization"] = {"reference": principal.structure}
    elif principal.practitioner:
        patient["generalPractitioner"] = [{"reference": principal.practitioner}]
    return patient


def _patient(principal: Principal, told: Told) -> Json:
    patient = _owned(principal)
    used = told.used_name.strip()
    if used and strict_name(used) != strict_name(told.traits.birth_name):
        given = [told.traits.first_given_name or told.traits.birth_given_names.split(" ")[0]]
        patient["name"] = [{"use": "usual", "family": used, "given": given}]
    if told.phone:
        patient["telecom"] = [{"system": "phone", "value": told.phone}]
    address = {"city": told.town, "postalCode": told.postcode, "country": "FR"}
    if told.town or told.postcode:
        patient["address"] = [{name: text for name, text in address.items() if text}]
    return patient
